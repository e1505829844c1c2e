import type { ResourceRule } from '../semantics/admission-policy/index.ts';
import { ownerKinds } from './owners.ts';
import type { AdmissionPolicies, PolicyMode } from './policies.ts';

/** Which requests the webhooks must be sent. */
export interface WebhookRules {
  /** Those whose policies refuse: the API server must not go on without an answer. */
  readonly enforced: readonly ResourceRule[];
  /** Those that are only warned of or noted: an answer that does not come may be done without. */
  readonly advisory: readonly ResourceRule[];
  readonly mutating: readonly ResourceRule[];
}

/** A kind that the view of the cluster must hold. */
export interface NeededKind {
  readonly group: string;
  readonly kind: string;
  /** What needs it. */
  readonly why: string;
}

const writes = ['CREATE', 'UPDATE'];

const pods: ResourceRule = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: writes,
  resources: ['pods', 'pods/ephemeralcontainers', 'pods/resize'],
  scope: 'Namespaced',
};

const templates: readonly ResourceRule[] = [
  { ...pods, resources: ['podtemplates', 'replicationcontrollers'] },
  { ...pods, apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'] },
  { ...pods, apiGroups: ['batch'], resources: ['cronjobs', 'jobs'] },
];

const namespaces: ResourceRule = { ...pods, resources: ['namespaces'], scope: 'Cluster' };

/** The rules for what is in force, as narrow as that allows. */
export function webhookRules(policies: AdmissionPolicies): WebhookRules {
  const enforced: ResourceRule[] = [];
  const advisory: ResourceRule[] = [];
  const add = (mode: PolicyMode, ...rules: readonly ResourceRule[]): void => {
    (mode === 'enforce' ? enforced : advisory).push(...rules);
  };
  const { podSecurity, controls, images, podSecurityPolicies, hardening, admissionPolicies } = policies;
  if (podSecurity !== undefined) {
    add('enforce', pods, namespaces);
    add(podSecurity.templates === 'refused' ? 'enforce' : 'warn', ...templates);
  }
  if (images !== undefined) add(images.mode, pods, ...templates);
  for (const { mode, kinds } of controls) {
    if (kinds === undefined) add(mode, pods, ...templates);
    else for (const kind of kinds) add(mode, ...ruleOfKind(kind));
  }
  if (podSecurityPolicies) add('enforce', { ...pods, resources: ['pods'] });
  if (admissionPolicies !== undefined) add('enforce', ...admissionPolicies.rules);
  const wholly = merged(enforced);
  const mutating = podSecurityPolicies || hardening !== undefined;
  return {
    enforced: wholly,
    advisory: without(merged(advisory), wholly),
    mutating: mutating ? [{ ...pods, operations: ['CREATE'], resources: ['pods'] }] : [],
  };
}

/** What the decisions look up in the cluster. */
export function neededKinds({
  podSecurity,
  podSecurityPolicies,
  hardening,
  admissionPolicies,
  exceptions,
}: AdmissionPolicies): readonly NeededKind[] {
  const needed: NeededKind[] = [];
  const asked = podSecurity !== undefined ? 'Pod Security' : admissionPolicies !== undefined ? 'policies' : undefined;
  if (asked !== undefined || hardening !== undefined) {
    needed.push({ group: '', kind: 'Namespace', why: asked ?? 'hardening' });
  }
  if (podSecurityPolicies) needed.push({ group: 'policy', kind: 'PodSecurityPolicy', why: 'PodSecurityPolicy' });
  if (podSecurityPolicies || admissionPolicies !== undefined) {
    const why = podSecurityPolicies ? 'PodSecurityPolicy' : 'policies that ask the authorizer';
    for (const kind of ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']) {
      needed.push({ group: 'rbac.authorization.k8s.io', kind, why });
    }
  }
  for (const each of ownerKinds(exceptions)) needed.push({ ...each, why: 'exceptions' });
  return needed;
}

/** Kinds of Kubernetes that controls judge by themselves, and the resources that serve them. */
const resourceOfKind: ReadonlyMap<string, { readonly resource: string; readonly scope: ResourceRule['scope'] }> =
  new Map([
    ...namespaced('', ['Service services', 'ConfigMap configmaps', 'Secret secrets', 'ServiceAccount serviceaccounts']),
    ...namespaced('', ['Pod pods', 'PodTemplate podtemplates', 'ReplicationController replicationcontrollers']),
    ...namespaced('', [
      'PersistentVolumeClaim persistentvolumeclaims',
      'LimitRange limitranges',
      'ResourceQuota resourcequotas',
    ]),
    ...namespaced('apps', [
      'Deployment deployments',
      'DaemonSet daemonsets',
      'StatefulSet statefulsets',
      'ReplicaSet replicasets',
    ]),
    ...namespaced('batch', ['Job jobs', 'CronJob cronjobs']),
    ...namespaced('networking.k8s.io', ['Ingress ingresses', 'NetworkPolicy networkpolicies']),
    ...namespaced('rbac.authorization.k8s.io', ['Role roles', 'RoleBinding rolebindings']),
    ...cluster('rbac.authorization.k8s.io', ['ClusterRole clusterroles', 'ClusterRoleBinding clusterrolebindings']),
    ...cluster('', ['Namespace namespaces', 'PersistentVolume persistentvolumes', 'Node nodes']),
    ...cluster('storage.k8s.io', ['StorageClass storageclasses']),
  ]);

/** Whether a webhook can be told to be asked about a kind: `group/Kind`. */
export function isServedKind(kind: string): boolean {
  return resourceOfKind.has(kind);
}

function namespaced(
  group: string,
  kinds: readonly string[],
): [string, { resource: string; scope: ResourceRule['scope'] }][] {
  return rows(group, kinds, 'Namespaced');
}

function cluster(
  group: string,
  kinds: readonly string[],
): [string, { resource: string; scope: ResourceRule['scope'] }][] {
  return rows(group, kinds, 'Cluster');
}

function rows(
  group: string,
  kinds: readonly string[],
  scope: ResourceRule['scope'],
): [string, { resource: string; scope: ResourceRule['scope'] }][] {
  return kinds.map((text) => {
    const [kind = '', resource = ''] = text.split(' ');
    return [`${group}/${kind}`, { resource, scope }];
  });
}

function ruleOfKind(kind: string): readonly ResourceRule[] {
  const served = resourceOfKind.get(kind);
  if (served === undefined) return [];
  const group = kind.slice(0, kind.indexOf('/'));
  const { resource, scope } = served;
  return [{ apiGroups: [group], apiVersions: ['*'], operations: writes, resources: [resource], scope }];
}

/** Rules that differ in their resources alone become one; the order is always the same. */
function merged(rules: readonly ResourceRule[]): readonly ResourceRule[] {
  const byRest = new Map<string, { rule: ResourceRule; resources: Set<string> }>();
  for (const rule of rules) {
    const { resources, ...rest } = rule;
    const key = JSON.stringify([rest.apiGroups, rest.apiVersions, rest.operations, rest.scope]);
    const same = byRest.get(key);
    if (same === undefined) byRest.set(key, { rule, resources: new Set(resources) });
    else for (const resource of resources) same.resources.add(resource);
  }
  return [...byRest.keys()].sort().map((key) => {
    const { rule, resources } = byRest.get(key) as { rule: ResourceRule; resources: Set<string> };
    return { ...rule, resources: [...resources].sort() };
  });
}

/** What the enforced rules see already need not be sent twice. */
function without(rules: readonly ResourceRule[], covered: readonly ResourceRule[]): readonly ResourceRule[] {
  const isCovered = (rule: ResourceRule, resource: string): boolean =>
    covered.some(
      (other) =>
        other.resources.includes(resource) &&
        includesAll(other.apiGroups, rule.apiGroups) &&
        includesAll(other.apiVersions, rule.apiVersions) &&
        includesAll(other.operations, rule.operations),
    );
  return rules.flatMap((rule) => {
    const resources = rule.resources.filter((resource) => !isCovered(rule, resource));
    return resources.length === 0 ? [] : [{ ...rule, resources }];
  });
}

function includesAll(all: readonly string[], some: readonly string[]): boolean {
  return all.includes('*') || some.every((each) => all.includes(each));
}
