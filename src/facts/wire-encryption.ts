import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { EncryptionState } from '../semantics/storage/drivers.ts';
import {
  antreaEncryption,
  calicoEncryption,
  ciliumEncryption,
  flannelEncryption,
  ovnEncryption,
} from '../semantics/wire-encryption/configurations.ts';
import type { PluginEncryption } from '../semantics/wire-encryption/plugin-encryption.ts';
import { defineFact } from './facts.ts';
import { type NetworkPlugin, networkPlugins } from './network-plugin.ts';

/** What is known of the encryption of one network plugin, and the object to which people go to change it. */
export interface WireEncryption extends PluginEncryption {
  readonly plugin: string;
  readonly object: KubeObject;
  /** Tags of its images. */
  readonly versions: readonly (string | undefined)[];
}

/**
 * Every plugin of the snapshot, told by its configuration; and by its DaemonSet, where no configuration of it was read.
 * Sources: the documentation of each plugin, as named at its function.
 */
export const wireEncryption = defineFact('wire-encryption', (facts): readonly WireEncryption[] => {
  const plugins = facts.get(networkPlugins);
  const found: WireEncryption[] = [];
  const add = (plugin: string, object: KubeObject, answer: PluginEncryption): void => {
    const versions = plugins.filter(({ name }) => name === plugin).map(({ version }) => version);
    found.push({ ...answer, plugin, object, versions });
  };
  for (const object of facts.snapshot.objects) {
    const configured = configuredIn(object);
    if (configured !== undefined) add(...configured);
  }
  const isTold = new Set(found.map(({ plugin }) => plugin));
  for (const plugin of plugins) {
    if (isTold.has(plugin.name)) continue;
    isTold.add(plugin.name);
    add(plugin.name, plugin.object, byProgram(plugin));
  }
  return found;
});

/** The same by the object that says it. */
export const wireEncryptionOf = defineFact(
  'wire-encryption-of',
  (facts): ReadonlyMap<KubeObject, WireEncryption> =>
    new Map(facts.get(wireEncryption).map((each) => [each.object, each])),
);

/** Whether what pods of different nodes exchange is encrypted. Canal is Flannel's traffic with Calico's policies. */
export const podTraffic = defineFact('pod-traffic', (facts): EncryptionState => {
  const states = facts.get(wireEncryption).map(({ state }) => state);
  if (states.includes('encrypted')) return 'encrypted';
  return states.length > 0 && states.every((state) => state === 'unencrypted') ? 'unencrypted' : 'unknown';
});

type Configured = readonly [plugin: string, object: KubeObject, answer: PluginEncryption];

function configuredIn(object: KubeObject): Configured | undefined {
  const { kind, name, value } = object;
  if (kind === 'ConfigMap' && object.apiVersion === 'v1') {
    const data = own(value, 'data');
    return isObject(data) ? configuredByMap(object, data) : undefined;
  }
  const spec = own(value, 'spec');
  const fields: JsonObject = isObject(spec) ? spec : {};
  if (kind === 'FelixConfiguration' && name === 'default' && calicoGroups.has(groupKind(object))) {
    return ['Calico', object, calicoEncryption(fields)];
  }
  if (kind !== 'Network' || groupKind(object) !== 'operator.openshift.io/Network') return undefined;
  const type = valueAt(fields, ['defaultNetwork', 'type']);
  return type === undefined || type === 'OVNKubernetes' ? ['OVN-Kubernetes', object, ovnEncryption(fields)] : undefined;
}

const calicoGroups: ReadonlySet<string> = new Set([
  'projectcalico.org/FelixConfiguration',
  'crd.projectcalico.org/FelixConfiguration',
]);

function configuredByMap(object: KubeObject, data: JsonObject): Configured | undefined {
  if (object.name === 'cilium-config') return ['Cilium', object, ciliumEncryption(data)];
  const antrea = own(data, 'antrea-agent.conf');
  if (typeof antrea === 'string') return ['Antrea', object, antreaEncryption(antrea)];
  const flannel = own(data, 'net-conf.json');
  return typeof flannel === 'string' ? ['Flannel', object, flannelEncryption(flannel)] : undefined;
}

const containers = ['spec', 'template', 'spec', 'containers'];

/** What the DaemonSet of a plugin itself tells. */
function byProgram({ name, object }: NetworkPlugin): PluginEncryption {
  const at = containers;
  if (name === 'Weave Net') return weave(object);
  if (name === 'Calico') return felixByEnvironment(object);
  const never = without.get(name);
  if (never !== undefined) return { state: 'unencrypted', says: never, at, gaps: [] };
  const says = elsewhere.get(name) ?? `the configuration of ${name} was not read`;
  return { state: 'unknown', says, at, gaps: [] };
}

const without: ReadonlyMap<string, string> = new Map([
  ['kube-router', 'kube-router has no encryption'],
  ['Romana', 'Romana has no encryption'],
]);

const elsewhere: ReadonlyMap<string, string> = new Map([
  [
    'Amazon VPC CNI',
    'the plugin does not encrypt; the instances do where both ends are of types with encryption in transit, which the API does not show',
  ],
  ['kindnet', 'the plugin is made for clusters of one machine, on which traffic leaves no wire'],
]);

/** Felix reads its settings from the environment first. */
function felixByEnvironment(object: KubeObject): PluginEncryption {
  const value = environment(object, 'FELIX_WIREGUARDENABLED');
  const at = containers;
  if (value === 'true') return calicoEncryption({ wireguardEnabled: true });
  if (value === 'false') return { state: 'unencrypted', says: 'FELIX_WIREGUARDENABLED is false', at, gaps: [] };
  return { state: 'unknown', says: 'no FelixConfiguration named default was read', at, gaps: [] };
}

/** Source: Weave Net documentation, "Securing Connections Across Untrusted Networks". */
function weave(object: KubeObject): PluginEncryption {
  const at = containers;
  const password = environment(object, 'WEAVE_PASSWORD');
  if (password === undefined) return { state: 'unencrypted', says: 'WEAVE_PASSWORD is not set', at, gaps: [] };
  const trusted = environment(object, 'WEAVE_TRUSTED_SUBNETS');
  const says = `WEAVE_TRUSTED_SUBNETS leaves ${trusted} in plain text`;
  const gaps =
    trusted === undefined || trusted === '' ? [] : [{ key: 'trusted-subnets', says, at, kind: 'flaw' as const }];
  return { state: 'encrypted', method: 'NaCl', says: 'WEAVE_PASSWORD is set', at, gaps };
}

/** The value of a variable of any of its containers; `''` for one that comes from elsewhere. */
function environment({ value }: KubeObject, variable: string): string | undefined {
  for (const container of objectsIn(valueAt(value, containers))) {
    for (const entry of objectsIn(own(container, 'env'))) {
      if (own(entry, 'name') === variable) return stringsIn([own(entry, 'value') ?? ''])[0] ?? '';
    }
  }
  return undefined;
}
