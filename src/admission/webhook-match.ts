import type { AdmissionRequest, ClusterView } from '../model/admission.ts';
import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { type AdmissionPolicySet, loadAdmissionPolicies } from '../semantics/admission-policy/index.ts';
import { selectsLabels } from '../semantics/rbac/label-selector.ts';

const group = 'admissionregistration.k8s.io';

/** A webhook that a configuration of the cluster names. */
export interface ConfiguredWebhook {
  readonly phase: 'mutating' | 'validating';
  readonly configuration: string;
  readonly name: string;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly value: JsonObject;
  /** Says whether its matchConditions hold; undefined where it has none. */
  readonly conditions: AdmissionPolicySet | undefined;
  /** Why its matchConditions cannot be evaluated. */
  readonly unclear: string | undefined;
}

/** Whether the API server would call a webhook about a request. */
export type WebhookCall = 'called' | 'not-called' | { readonly unclear: string };

/** The webhooks of a cluster's configurations, in the order in which mutating ones are called. */
export async function configuredWebhooks(
  objects: readonly KubeObject[],
  serverMinor: number | undefined,
): Promise<readonly ConfiguredWebhook[]> {
  const configurations = objects
    .filter(({ apiVersion }) => apiVersion.startsWith(`${group}/`))
    .filter(({ kind }) => kind === 'MutatingWebhookConfiguration' || kind === 'ValidatingWebhookConfiguration')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const webhooks: ConfiguredWebhook[] = [];
  for (const { kind, name: configuration, value } of configurations) {
    for (const webhook of objectsIn(own(value, 'webhooks'))) {
      const conditions = await compile(webhook, serverMinor);
      webhooks.push({
        phase: kind.startsWith('Mutating') ? 'mutating' : 'validating',
        configuration,
        name: textOf(own(webhook, 'name')),
        failurePolicy: own(webhook, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
        value: webhook,
        conditions: conditions.policies,
        unclear: conditions.problem,
      });
    }
  }
  return webhooks;
}

/** In the API server's order: selectors, rules, conditions. Source: apiserver, admission/plugin/webhook/generic. */
export function callOf(webhook: ConfiguredWebhook, request: AdmissionRequest, view: ClusterView): WebhookCall {
  const { value, conditions, unclear } = webhook;
  // The API server never asks webhooks about the objects that set them up.
  if (request.resource.group === group) return 'not-called';
  if (!selectsNamespace(own(value, 'namespaceSelector'), request, view)) return 'not-called';
  if (!selectsObject(own(value, 'objectSelector'), request)) return 'not-called';
  const equivalent = own(value, 'matchPolicy') !== 'Exact';
  if (!objectsIn(own(value, 'rules')).some((rule) => matchesRule(rule, request, equivalent))) return 'not-called';
  if (unclear !== undefined) return { unclear };
  if (conditions === undefined) return 'called';
  return conditions.evaluate(request, view, {}).allowed ? 'not-called' : 'called';
}

/**
 * The API server asks the same conditions of ValidatingAdmissionPolicies: one that refuses everything tells by its
 * refusal that its conditions hold, or that they failed, which has the same end where the failure policy is Fail.
 */
async function compile(
  webhook: JsonObject,
  serverMinor: number | undefined,
): Promise<{ readonly policies?: AdmissionPolicySet; readonly problem?: string }> {
  const matchConditions = own(webhook, 'matchConditions');
  if (objectsIn(matchConditions).length === 0) return {};
  const source = { file: 'webhook', document: 0, base: [] };
  const of = (kind: string, spec: JsonObject): KubeObject => ({
    ...{ apiVersion: `${group}/v1`, kind, name: 'conditions', namespace: undefined, source },
    value: { apiVersion: `${group}/v1`, kind, metadata: { name: 'conditions' }, spec },
  });
  const every = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] };
  const { policies, problems } = await loadAdmissionPolicies(
    [
      of('ValidatingAdmissionPolicy', {
        matchConstraints: { resourceRules: [every] },
        matchConditions: matchConditions ?? [],
        failurePolicy: own(webhook, 'failurePolicy') ?? 'Fail',
        validations: [{ expression: 'false' }],
      }),
      of('ValidatingAdmissionPolicyBinding', { policyName: 'conditions', validationActions: ['Deny'] }),
    ],
    serverMinor === undefined ? {} : { serverMinor },
  );
  const problem = problems.find(({ severity }) => severity === 'error');
  return problem === undefined ? { policies } : { problem: 'its matchConditions cannot be evaluated here' };
}

/** Of a namespace's own object the labels that it will have count; other objects without a namespace are never left out. */
function selectsNamespace(selector: Json | undefined, request: AdmissionRequest, view: ClusterView): boolean {
  if (!isObject(selector) || Object.keys(selector).length === 0) return true;
  if (request.resource.group === '' && request.resource.resource === 'namespaces') {
    return selectsLabels(selector, valueAt(request.object ?? {}, ['metadata', 'labels']));
  }
  if (request.namespace === '') return true;
  return selectsLabels(selector, valueAt(view.namespace(request.namespace) ?? {}, ['metadata', 'labels']));
}

function selectsObject(selector: Json | undefined, { object, oldObject }: AdmissionRequest): boolean {
  if (!isObject(selector) || Object.keys(selector).length === 0) return true;
  return [object, oldObject].some(
    (each) => each !== undefined && selectsLabels(selector, valueAt(each, ['metadata', 'labels'])),
  );
}

/** Groups that have served the same resources, so that a rule for one sees requests of the other. */
const equivalentGroups: readonly { readonly groups: readonly string[]; readonly resources: readonly string[] }[] = [
  { groups: ['apps', 'extensions'], resources: ['deployments', 'daemonsets', 'replicasets'] },
  { groups: ['networking.k8s.io', 'extensions'], resources: ['ingresses', 'networkpolicies'] },
  { groups: ['policy', 'extensions'], resources: ['podsecuritypolicies'] },
  { groups: ['', 'events.k8s.io'], resources: ['events'] },
];

function matchesRule(rule: JsonObject, request: AdmissionRequest, equivalent: boolean): boolean {
  const { resource, operation, subResource, namespace } = request;
  const operations = stringsIn(own(rule, 'operations'));
  if (!operations.includes('*') && !operations.includes(operation)) return false;
  const scope = own(rule, 'scope');
  const isClusterWide = namespace === '' || (resource.group === '' && resource.resource === 'namespaces');
  if (scope === 'Cluster' && !isClusterWide) return false;
  if (scope === 'Namespaced' && isClusterWide) return false;
  if (!matchesResource(stringsIn(own(rule, 'resources')), resource.resource, subResource)) return false;
  const groups = listOf(own(rule, 'apiGroups'));
  const versions = stringsIn(own(rule, 'apiVersions'));
  const hasGroup = groups.includes('*') || groups.includes(resource.group);
  if (hasGroup && (equivalent || versions.includes('*') || versions.includes(resource.version))) return true;
  if (!equivalent) return false;
  return equivalentGroups.some(
    (same) =>
      same.resources.includes(resource.resource) &&
      same.groups.includes(resource.group) &&
      same.groups.some((each) => groups.includes(each)),
  );
}

function matchesResource(patterns: readonly string[], resource: string, subResource: string): boolean {
  return patterns.some((pattern) => {
    const [first = '', second = ''] = pattern.split('/');
    if (first !== '*' && first !== resource) return false;
    return pattern === '*/*' || (second === '*' && pattern.includes('/')) || second === subResource;
  });
}

/** The core group is the empty string. */
function listOf(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
