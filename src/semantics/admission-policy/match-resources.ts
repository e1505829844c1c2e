import type { AdmissionRequest, ClusterView, GroupVersionKind, GroupVersionResource } from '../../model/admission.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { type Path, valueAt } from '../../model/path.ts';
import type { Reader } from '../../model/reader.ts';
import { selectsLabels } from '../rbac/label-selector.ts';
import { equivalentsOf } from './equivalent-resources.ts';
import type { ResourceRule } from './policy-set.ts';

/** `matchConstraints` of a policy, or `matchResources` of a binding. */
export interface MatchResources {
  readonly namespaceSelector: JsonObject;
  readonly objectSelector: JsonObject;
  readonly rules: readonly NamedRule[];
  readonly excludeRules: readonly NamedRule[];
  readonly isExact: boolean;
}

export interface NamedRule extends ResourceRule {
  /** Empty for every name. */
  readonly resourceNames: readonly string[];
}

type Complain = (path: Path, message: string) => void;

export function readMatchResources(reader: Reader, complain: Complain): MatchResources {
  const policy = reader.string('matchPolicy') ?? 'Equivalent';
  if (policy !== 'Exact' && policy !== 'Equivalent') complain(reader.at('matchPolicy'), 'must be Exact or Equivalent');
  const rules = (key: string): readonly NamedRule[] => reader.objects(key).map((rule) => readRule(rule, complain));
  return {
    namespaceSelector: readSelector(reader.object('namespaceSelector'), complain),
    objectSelector: readSelector(reader.object('objectSelector'), complain),
    rules: rules('resourceRules'),
    excludeRules: rules('excludeResourceRules'),
    isExact: policy === 'Exact',
  };
}

const operations = new Set(['*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

function readRule(rule: Reader, complain: Complain): NamedRule {
  const list = (key: string): readonly string[] => {
    const items = rule.strings(key);
    if (items.length === 0) complain(rule.at(key), 'is empty: a rule needs one');
    return items;
  };
  const scope = rule.string('scope') ?? '*';
  if (scope !== '*' && scope !== 'Cluster' && scope !== 'Namespaced') {
    complain(rule.at('scope'), 'must be *, Cluster or Namespaced');
  }
  const read = list('operations');
  for (const operation of read) {
    if (!operations.has(operation)) complain(rule.at('operations'), `has ${JSON.stringify(operation)}: no operation`);
  }
  return {
    apiGroups: list('apiGroups'),
    apiVersions: list('apiVersions'),
    operations: read,
    resources: list('resources'),
    scope: scope === 'Cluster' || scope === 'Namespaced' ? scope : '*',
    resourceNames: rule.strings('resourceNames'),
  };
}

const withValues = new Set(['In', 'NotIn']);
const withoutValues = new Set(['Exists', 'DoesNotExist']);

/** A selector that the API server would refuse is told: it selects nothing, which must not go unseen. */
function readSelector(reader: Reader, complain: Complain): JsonObject {
  reader.stringMap('matchLabels');
  for (const term of reader.objects('matchExpressions')) {
    const operator = term.string('operator') ?? '';
    const values = term.strings('values');
    if ((term.string('key') ?? '') === '') complain(term.at('key'), 'is not set');
    if (withValues.has(operator) && values.length === 0) complain(term.at('values'), `is empty: ${operator} needs one`);
    if (withoutValues.has(operator) && values.length > 0) complain(term.at('values'), `must be empty with ${operator}`);
    if (!withValues.has(operator) && !withoutValues.has(operator)) {
      complain(term.at('operator'), 'must be In, NotIn, Exists or DoesNotExist');
    }
  }
  return reader.raw;
}

export type Match =
  /** As which resource and kind the policy sees the request. */
  | { readonly kind: 'match'; readonly resource: GroupVersionResource; readonly objectKind: GroupVersionKind }
  | { readonly kind: 'no match' }
  | { readonly kind: 'error'; readonly message: string };

const noMatch: Match = { kind: 'no match' };

/** Source: apiserver pkg/admission/plugin/policy/matching/matching.go. */
export function matchRequest(match: MatchResources, request: AdmissionRequest, view: ClusterView): Match {
  const inNamespace = matchesNamespace(match.namespaceSelector, request, view);
  if (inNamespace === false) return noMatch;
  if (!matchesObject(match.objectSelector, request)) return noMatch;
  if (matchRules(match.excludeRules, match, request, view) !== undefined) return noMatch;
  const { resource, kind: objectKind } = request;
  const found = match.rules.length === 0 ? { resource, objectKind } : matchRules(match.rules, match, request, view);
  if (found === undefined) return noMatch;
  // An unknown namespace matters only where everything else fits.
  if (typeof inNamespace === 'string') return { kind: 'error', message: inNamespace };
  return { kind: 'match', ...found };
}

function isEmpty(selector: JsonObject): boolean {
  const isUnset = (key: string): boolean => Object.keys(own(selector, key) ?? {}).length === 0;
  return isUnset('matchLabels') && isUnset('matchExpressions');
}

/** Whether the request's namespace is selected, or why that is not known. Source: webhook/predicates/namespace/matcher.go. */
function matchesNamespace(selector: JsonObject, request: AdmissionRequest, view: ClusterView): boolean | string {
  if (isEmpty(selector)) return true;
  const isNamespace = request.resource.resource === 'namespaces' && request.resource.group === '';
  // What is in no namespace is never exempt.
  if (request.namespace === '' && !isNamespace) return true;
  const isWritten = request.operation === 'CREATE' || request.operation === 'UPDATE';
  if (isNamespace && request.subResource === '' && isWritten) return selectsLabels(selector, labelsOf(request.object));
  const name = request.namespace === '' ? request.name : request.namespace;
  const namespace = view.namespace(name);
  if (namespace === undefined) return `namespaces ${JSON.stringify(name)} not found`;
  return selectsLabels(selector, labelsOf(namespace));
}

/** The new object or the old one. Source: webhook/predicates/object/matcher.go. */
function matchesObject(selector: JsonObject, { object, oldObject }: AdmissionRequest): boolean {
  if (isEmpty(selector)) return true;
  return [object, oldObject].some((value) => value !== undefined && selectsLabels(selector, labelsOf(value)));
}

/** No labels are an empty map to a selector. */
function labelsOf(object: JsonObject | undefined): JsonObject {
  const labels = valueAt(object, ['metadata', 'labels']);
  return isObject(labels) ? labels : {};
}

function matchRules(
  rules: readonly NamedRule[],
  { isExact }: MatchResources,
  request: AdmissionRequest,
  view: ClusterView,
): { readonly resource: GroupVersionResource; readonly objectKind: GroupVersionKind } | undefined {
  if (rules.some((rule) => matchesRule(rule, request.resource, request))) {
    return { resource: request.resource, objectKind: request.kind };
  }
  if (isExact) return undefined;
  for (const resource of equivalentsOf(request.resource, view.serverMinor)) {
    if (!rules.some((rule) => matchesRule(rule, resource, request))) continue;
    return { resource, objectKind: { group: resource.group, version: resource.version, kind: request.kind.kind } };
  }
  return undefined;
}

/** Source: webhook/predicates/rules/rules.go. */
function matchesRule(rule: NamedRule, resource: GroupVersionResource, request: AdmissionRequest): boolean {
  if (!has(rule.operations, request.operation)) return false;
  if (!has(rule.apiGroups, resource.group) || !has(rule.apiVersions, resource.version)) return false;
  const isCluster = resource.resource === 'namespaces' || request.namespace === '';
  if (rule.scope !== '*' && (rule.scope === 'Cluster') !== isCluster) return false;
  const isListed = rule.resources.some((text) => {
    const slash = text.indexOf('/');
    const [name, sub] = slash === -1 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
    return (name === '*' || name === resource.resource) && (sub === '*' || sub === request.subResource);
  });
  return isListed && (rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name));
}

function has(list: readonly string[], item: string): boolean {
  return list.includes('*') || list.includes(item);
}
