import { wordList } from '../model/word-list.ts';
import type { ResourceRule } from '../semantics/admission-policy/index.ts';
import { mergedRules } from './resource-rules.ts';
import type { PolicyRules } from './webhook-rules.ts';

/** Rules by what becomes of their requests while no server answers. */
export interface SplitRules {
  /** Refused. */
  readonly closed: readonly ResourceRule[];
  /** Let through. */
  readonly open: readonly ResourceRule[];
}

/**
 * From this minor on hooks can leave out the API server's own requests, whoever else is asked about them: the feature
 * `AdmissionWebhookMatchConditions` cannot be switched off any more. Before, a server drops the field without a word.
 */
const firstSparingItself = 30;

/** Whether hooks of an API server of this minor can leave out what it writes itself. */
export function canSpareApiServer(serverMinor: number | undefined): boolean {
  return serverMinor !== undefined && serverMinor >= firstSparingItself;
}

/**
 * - `cluster`: what nodes, kubelets and controllers write all the time, and cannot go without; a cluster that may not
 *   does not come back, and the webhook with it.
 * - `api-server`: what an API server writes when it starts. It ends itself where it cannot: `rbac/bootstrap-roles`
 *   after 30 s, `scheduling/bootstrap-system-priority-classes`, `priority-and-fairness-config-producer`; or is not
 *   ready, as without its APIServices.
 * - `nobody`: API servers send these to no webhook (apiserver, `IsExemptAdmissionConfigurationResource`), or ask no
 *   policy about them: nobody could mend a policy that forbids its own mending.
 */
type Lifeline = 'cluster' | 'api-server' | 'nobody';

/** By `group/resource` or `group/resource/subresource`. */
const lifelines: ReadonlyMap<string, Lifeline> = new Map<string, Lifeline>([
  ...rows('cluster', '', ['nodes', 'nodes/status', 'pods/status', 'serviceaccounts/token', 'endpoints']),
  ...rows('cluster', 'coordination.k8s.io', ['leases', 'leasecandidates']),
  ...rows('cluster', 'discovery.k8s.io', ['endpointslices']),
  ...rows('cluster', 'storage.k8s.io', ['csinodes', 'volumeattachments', 'volumeattachments/status']),
  ...rows('cluster', 'certificates.k8s.io', [
    'certificatesigningrequests',
    'certificatesigningrequests/approval',
    'certificatesigningrequests/status',
  ]),
  ...rows('cluster', 'authentication.k8s.io', ['selfsubjectreviews', 'tokenreviews']),
  ...rows('cluster', 'authorization.k8s.io', [
    'localsubjectaccessreviews',
    'selfsubjectaccessreviews',
    'selfsubjectrulesreviews',
    'subjectaccessreviews',
  ]),
  ...rows('api-server', 'rbac.authorization.k8s.io', ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles']),
  ...rows('api-server', 'scheduling.k8s.io', ['priorityclasses']),
  ...rows('api-server', 'flowcontrol.apiserver.k8s.io', [
    'flowschemas',
    'flowschemas/status',
    'prioritylevelconfigurations',
    'prioritylevelconfigurations/status',
  ]),
  ...rows('api-server', 'apiregistration.k8s.io', ['apiservices', 'apiservices/status']),
  ...rows('api-server', 'apiextensions.k8s.io', ['customresourcedefinitions/status']),
  ...rows('api-server', 'networking.k8s.io', ['ipaddresses', 'servicecidrs', 'servicecidrs/status']),
  ...rows('api-server', 'internal.apiserver.k8s.io', ['storageversions', 'storageversions/status']),
  ...rows('nobody', 'admissionregistration.k8s.io', [
    'mutatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
  ]),
]);

function rows(lifeline: Lifeline, group: string, resources: readonly string[]): readonly [string, Lifeline][] {
  return resources.map((resource) => [`${group}/${resource}`, lifeline]);
}

/**
 * Parts rules, so that nothing the cluster lives by ever stands in a hook that fails closed. What matches everything
 * matches that, too; a pattern that reaches any of it goes as a whole. What no webhook is sent is left out.
 */
export function splitRules(rules: readonly ResourceRule[], serverMinor: number | undefined): SplitRules {
  const closed: ResourceRule[] = [];
  const open: ResourceRule[] = [];
  for (const rule of rules) {
    for (const resource of rule.resources) {
      for (const group of rule.apiGroups) {
        const one = { ...rule, apiGroups: [group], resources: [resource] };
        const fate = fateOf(group, resource, serverMinor);
        if (fate === 'closed') closed.push(one);
        else if (fate !== 'nobody') open.push(one);
      }
    }
  }
  return { closed: mergedGroups(closed), open: mergedGroups(open) };
}

/** What is worth knowing of policies whose requests are not refused, or not seen, while no server answers: a line each. */
export function failOpenNotes(policies: readonly PolicyRules[], serverMinor: number | undefined): readonly string[] {
  return policies.flatMap(({ policy, rules }) => {
    const found = new Map<Fate, Set<string>>();
    for (const { apiGroups, resources } of rules) {
      for (const group of apiGroups) {
        for (const resource of resources) {
          const fate = fateOf(group, resource, serverMinor);
          found.set(fate, (found.get(fate) ?? new Set()).add(group === '' ? resource : `${group}/${resource}`));
        }
      }
    }
    return [...noteTexts].flatMap(([fate, text]) => {
      const names = [...(found.get(fate) ?? [])].sort();
      return names.length === 0 ? [] : [`${policy}: ${wordList(names)}: ${text}`];
    });
  });
}

type Fate = 'closed' | 'wide' | Lifeline;

const noteTexts: ReadonlyMap<Fate, string> = new Map<Fate, string>([
  [
    'wide',
    'this reaches what the cluster lives by, so it is let through while no server answers; name resources to have them refused then',
  ],
  ['cluster', 'the cluster lives by these writes, so they are let through while no server answers'],
  [
    'api-server',
    'API servers before 1.30 write these when they start, so they are let through while no server answers',
  ],
  ['nobody', 'no webhook is asked about these, so they are never judged here'],
]);

function fateOf(group: string, pattern: string, serverMinor: number | undefined): Fate {
  if (group === '*' || pattern.startsWith('*')) return 'wide';
  const exact = lifelines.get(`${group}/${pattern}`);
  if (exact === 'api-server') return canSpareApiServer(serverMinor) ? 'closed' : 'api-server';
  if (exact !== undefined) return exact;
  if (!pattern.endsWith('/*')) return 'closed';
  const prefix = `${group}/${pattern.slice(0, -1)}`;
  for (const [key, lifeline] of lifelines) {
    if (!key.startsWith(prefix)) continue;
    if (lifeline === 'cluster' || (lifeline === 'api-server' && !canSpareApiServer(serverMinor))) return 'wide';
  }
  return 'closed';
}

/** Rules of one resource that differ in their groups alone become one again, then those that differ in resources. */
function mergedGroups(rules: readonly ResourceRule[]): readonly ResourceRule[] {
  const byRest = new Map<string, { readonly rule: ResourceRule; readonly groups: Set<string> }>();
  for (const rule of rules) {
    const { apiGroups, ...rest } = rule;
    // Beside a pattern no other group may stand.
    const pattern = apiGroups.includes('*') ? '*' : '';
    const key = JSON.stringify([pattern, rest.resources, rest.apiVersions, rest.operations, rest.scope]);
    const same = byRest.get(key);
    if (same === undefined) byRest.set(key, { rule, groups: new Set(apiGroups) });
    else for (const group of apiGroups) same.groups.add(group);
  }
  return mergedRules([...byRest.values()].map(({ rule, groups }) => ({ ...rule, apiGroups: [...groups].sort() })));
}
