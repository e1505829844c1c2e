import type { Component } from '../model/component.ts';
import { isList, isObject, type JsonObject, own } from '../model/json.ts';
import type { NodeComponent } from '../model/node-component.ts';
import { valueAt } from '../model/path.ts';
import { groupKind } from '../model/workload.ts';
import { type CiliumFeature, ciliumFeature } from '../semantics/wire-encryption/cilium-features.ts';
import { apiComponents } from './api-components.ts';
import { defineFact, type Facts } from './facts.ts';
import { readNode } from './nodes.ts';

/** Whether what a vulnerability needs besides a version is there. Evidence that is missing is `unknown`. */
export type Holds = 'yes' | 'no' | 'unknown';

export interface Condition {
  /** What must hold, in words that go on "if". */
  readonly says: string;
  readonly holds: (facts: Facts, where: Place) => Holds;
}

/** Where a program of a version runs. */
export interface Place {
  /** The operating system of its node; undefined where that is not told. */
  readonly os?: string | undefined;
}

/**
 * What a cluster has or has not; what whoever attacks brings along, such as a pod with a subPath, is no condition.
 * Sources: the announcement of each vulnerability that `data/cves.json` names them with.
 */
export const conditions: ReadonlyMap<string, Condition> = new Map<string, Condition>([
  ['windows-nodes', { says: 'nodes run Windows', holds: onWindows }],
  ['image-policy-webhook', { says: 'ImagePolicyWebhook is on', holds: withPlugin('ImagePolicyWebhook') }],
  [
    'node-restriction',
    {
      says: 'NodeRestriction is on and OwnerReferencesPermissionEnforcement is not',
      holds: inComponent('kube-apiserver', (server) => {
        const plugins = pluginsOf(server);
        return plugins && plugins.has('NodeRestriction') && !plugins.has('OwnerReferencesPermissionEnforcement');
      }),
    },
  ],
  [
    'dynamic-resource-allocation',
    {
      says: 'the gate DynamicResourceAllocation is on',
      holds: inComponent('kube-apiserver', ({ config }) => {
        const gates = config.get('feature-gates')?.value;
        return isObject(gates) ? own(gates, 'DynamicResourceAllocation') === true : undefined;
      }),
    },
  ],
  [
    'read-only-port',
    {
      says: 'the read-only port of the kubelet is open',
      holds: inComponent('kubelet', ({ config }) => {
        const port = config.get('readOnlyPort')?.value;
        return typeof port === 'number' ? port !== 0 : undefined;
      }),
    },
  ],
  [
    'mountable-secrets',
    {
      says: 'service accounts enforce mountable secrets',
      holds: inObjects('/ServiceAccount', enforcesMountableSecrets),
    },
  ],
  [
    'aggregated-api',
    {
      says: 'a server of its own extends the API',
      holds: inObjects('apiregistration.k8s.io/APIService', (value) => isObject(valueAt(value, ['spec', 'service']))),
    },
  ],
  [
    'node-webhook',
    {
      says: 'a validating webhook judges changes of Nodes',
      holds: inObjects('admissionregistration.k8s.io/ValidatingWebhookConfiguration', judgesNodes),
    },
  ],
  [
    'portworx-class',
    {
      says: 'a StorageClass uses the built-in Portworx driver',
      holds: inObjects(
        'storage.k8s.io/StorageClass',
        (value) => own(value, 'provisioner') === 'kubernetes.io/portworx-volume',
      ),
    },
  ],
  ['shared-crd-group', { says: 'custom resources share a group', holds: sharesGroup }],
  ['cilium-wireguard', { says: 'Cilium encrypts with WireGuard', holds: inCilium('wireguard') }],
  ['cilium-ipsec', { says: 'Cilium encrypts with IPsec', holds: inCilium('ipsec') }],
  ['cilium-l7-proxy', { says: "Cilium's proxy for layer 7 is on", holds: inCilium('l7-proxy') }],
  ['cilium-kvstore', { says: 'Cilium has an external key-value store', holds: inCilium('external-kvstore') }],
  ['etcd-auth', { says: 'etcd has users and roles of its own', holds: () => 'unknown' }],
  [
    'etcd-revocation-list',
    {
      says: 'etcd has a list of revoked certificates and separate HTTP listeners',
      holds: inComponent('etcd', ({ config }) => {
        const [list, urls] = ['client-crl-file', 'listen-client-http-urls'].map((name) => config.get(name)?.value);
        if (list === null || urls === null) return undefined;
        return isSet(list) && isSet(urls);
      }),
    },
  ],
]);

function isSet(value: unknown): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** Whether the evidence is that of a cluster, and not of some manifests: what it does not show is not there. */
const showsCluster = defineFact('shows-cluster', ({ snapshot: { cluster, objects } }): boolean => {
  if (cluster !== undefined) return cluster.namespaces === undefined;
  return objects.some((object) => groupKind(object) === '/Node');
});

function onWindows(facts: Facts, { os }: Place): Holds {
  if (os !== undefined) return os === 'windows' ? 'yes' : 'no';
  const systems = facts.snapshot.objects
    .filter((object) => groupKind(object) === '/Node')
    .map(({ value }) => valueAt(value, ['status', 'nodeInfo', 'operatingSystem']));
  if (systems.includes('windows')) return 'yes';
  return systems.length > 0 && systems.every((system) => typeof system === 'string') ? 'no' : 'unknown';
}

const knownComponents = defineFact('vulnerable-known-components', (facts): readonly NodeComponent[] => [
  ...facts.get(apiComponents),
  ...(facts.snapshot.nodes ?? []).flatMap((node) => facts.get(readNode)(node).components),
]);

/** Of all that run such a component, one is enough; undefined answers are unknown. */
function inComponent(name: Component, has: (component: NodeComponent) => boolean | undefined): Condition['holds'] {
  return (facts) => {
    const answers = facts
      .get(knownComponents)
      .filter(({ component }) => component === name)
      .map(has);
    if (answers.includes(true)) return 'yes';
    return answers.length > 0 && !answers.includes(undefined) ? 'no' : 'unknown';
  };
}

/** By its configuration; of several clusters in one repository, one is enough. */
function inCilium(feature: CiliumFeature): Condition['holds'] {
  return (facts) => {
    const answers = facts.get(ciliumConfigurations).map((data) => ciliumFeature(data, feature));
    if (answers.includes(true)) return 'yes';
    return answers.length > 0 && !answers.includes(undefined) ? 'no' : 'unknown';
  };
}

const ciliumConfigurations = defineFact('cilium-configurations', ({ snapshot }): readonly JsonObject[] =>
  snapshot.objects.flatMap((object) => {
    if (object.name !== 'cilium-config' || groupKind(object) !== '/ConfigMap') return [];
    const data = own(object.value, 'data');
    return isObject(data) ? [data] : [];
  }),
);

function withPlugin(plugin: string): Condition['holds'] {
  return inComponent('kube-apiserver', (server) => pluginsOf(server)?.has(plugin));
}

function pluginsOf({ config }: NodeComponent): ReadonlySet<unknown> | undefined {
  const plugins = config.get('admission-plugins')?.value;
  return isList(plugins) ? new Set(plugins) : undefined;
}

/** Kinds that a dump of a cluster may leave out: without one of them, only a scan of the cluster itself says "none". */
function inObjects(kind: string, has: (value: JsonObject) => boolean): Condition['holds'] {
  return (facts) => {
    const { objects, cluster } = facts.snapshot;
    const there = objects.filter((object) => groupKind(object) === kind);
    if (there.some(({ value }) => has(value))) return 'yes';
    if (there.length === 0 && cluster === undefined) return 'unknown';
    return facts.get(showsCluster) ? 'no' : 'unknown';
  };
}

function enforcesMountableSecrets(value: JsonObject): boolean {
  return valueAt(value, ['metadata', 'annotations', 'kubernetes.io/enforce-mountable-secrets']) === 'true';
}

function judgesNodes(value: JsonObject): boolean {
  const webhooks = own(value, 'webhooks');
  if (!isList(webhooks)) return false;
  return webhooks.some((webhook) => {
    const rules = isObject(webhook) ? own(webhook, 'rules') : undefined;
    return isList(rules) && rules.some((rule) => isObject(rule) && namesNodes(own(rule, 'resources')));
  });
}

function namesNodes(resources: unknown): boolean {
  return Array.isArray(resources) && resources.some((each) => each === 'nodes' || each === '*' || each === '*/*');
}

function sharesGroup(facts: Facts): Holds {
  const groups = new Set<unknown>();
  const { objects, cluster } = facts.snapshot;
  const definitions = objects.filter((object) => groupKind(object) === 'apiextensions.k8s.io/CustomResourceDefinition');
  for (const { value } of definitions) {
    const group = valueAt(value, ['spec', 'group']);
    if (groups.has(group)) return 'yes';
    groups.add(group);
  }
  if (definitions.length === 0 && cluster === undefined) return 'unknown';
  return facts.get(showsCluster) ? 'no' : 'unknown';
}
