import { wordList } from '../model/word-list.ts';
import type { ResourceRule } from '../semantics/admission-policy/index.ts';
import { ownerKinds } from './owners.ts';
import type { AdmissionPolicies, PolicyMode } from './policies.ts';
import { mergedRules, rulesWithout } from './resource-rules.ts';
import { customTemplates, ruleOfKind } from './served-kinds.ts';

/** Which requests the webhooks must be sent. */
export interface WebhookRules {
  /** Those whose policies refuse: the API server should not go on without an answer. */
  readonly enforced: readonly ResourceRule[];
  /** Those that are only warned of or noted: an answer that does not come may be done without. */
  readonly advisory: readonly ResourceRule[];
  readonly mutating: readonly ResourceRule[];
  /** The enforced ones by policy. */
  readonly refusing: readonly PolicyRules[];
  /** Namespaces about which nothing is asked, whoever writes there. */
  readonly exempt: readonly string[];
}

/** What a policy must be asked about. */
export interface PolicyRules {
  /** `ValidatingAdmissionPolicy no-latest`, `control rbac/wildcard`. */
  readonly policy: string;
  readonly rules: readonly ResourceRule[];
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
  const refusing: PolicyRules[] = [];
  const advisory: ResourceRule[] = [];
  const add = (mode: PolicyMode, policy: string, ...rules: readonly ResourceRule[]): void => {
    if (mode === 'enforce') refusing.push({ policy, rules });
    else advisory.push(...rules);
  };
  const { podSecurity, controls, images, podSecurityPolicies, hardening, admissionPolicies, exemptions } = policies;
  if (podSecurity !== undefined) {
    add('enforce', 'Pod Security', pods, namespaces);
    add(podSecurity.templates === 'refused' ? 'enforce' : 'warn', 'Pod Security', ...templates);
  }
  if (images !== undefined) add(images.mode, 'images', pods, ...templates);
  for (const { mode, ids, rules } of rulesOfControls(controls)) add(mode, controlNames(ids), ...rules);
  if (images !== undefined || controls.some(({ kinds }) => kinds === undefined)) advisory.push(...customTemplates);
  if (podSecurityPolicies) add('enforce', 'PodSecurityPolicy', { ...pods, resources: ['pods'] });
  for (const { name, denies, rules } of admissionPolicies?.scopes ?? []) {
    add(denies ? 'enforce' : 'warn', `ValidatingAdmissionPolicy ${name}`, ...rules);
  }
  const mutating = podSecurityPolicies || hardening !== undefined;
  const enforced = mergedRules(refusing.flatMap(({ rules }) => rules));
  return {
    enforced,
    advisory: rulesWithout(mergedRules(advisory), enforced),
    mutating: mutating ? [{ ...pods, operations: ['CREATE'], resources: ['pods'] }] : [],
    refusing,
    exempt: [...exemptions.namespaces].filter(isNamespaceName).toSorted(),
  };
}

/** Nothing else can be the name of a namespace, and an API server would refuse a selector that lists it. */
function isNamespaceName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

interface RulesOfControls {
  readonly mode: PolicyMode;
  readonly ids: string[];
  readonly rules: readonly ResourceRule[];
}

/** Controls of one mode that ask about the same kinds are one: a pattern such as `rbac/*` matches dozens. */
function rulesOfControls(controls: AdmissionPolicies['controls']): readonly RulesOfControls[] {
  const byKinds = new Map<string, RulesOfControls>();
  for (const { control, mode, kinds } of controls) {
    const key = JSON.stringify([mode, kinds === undefined ? '*' : [...kinds].sort()]);
    const same = byKinds.get(key);
    if (same !== undefined) same.ids.push(control.id);
    else {
      const rules = kinds === undefined ? [pods, ...templates] : [...kinds].flatMap(ruleOfKind);
      byKinds.set(key, { mode, ids: [control.id], rules });
    }
  }
  return [...byKinds.values()];
}

const mostNamed = 3;

function controlNames(ids: readonly string[]): string {
  const named = [...ids.slice(0, mostNamed), ...(ids.length > mostNamed ? [`${ids.length - mostNamed} more`] : [])];
  return `${ids.length === 1 ? 'control' : 'controls'} ${wordList(named)}`;
}

/** What the decisions look up in the cluster. */
export function neededKinds({
  podSecurity,
  podSecurityPolicies,
  hardening,
  admissionPolicies,
  exceptions,
  controls,
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
  const ofControls = new Map(controls.flatMap(({ control, needs }) => [...needs].map((kind) => [kind, control.id])));
  for (const [text, id] of ofControls) {
    const slash = text.indexOf('/');
    const [group, kind] = [text.slice(0, slash), text.slice(slash + 1)];
    const isAsked = needed.some((each) => each.group === group && each.kind === kind);
    if (!isAsked) needed.push({ group, kind, why: `control ${id}` });
  }
  return needed;
}
