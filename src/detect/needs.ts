import type { DetectionNeeds, NeededRequests } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { JsonObject } from '../model/json.ts';
import { readAuditEvent, runsLong } from '../semantics/audit-event/index.ts';
import { apiResources } from '../semantics/audit-policy/api-resources.ts';
import { compile, type Expression, fieldsOf, valuesOf } from './expression.ts';
import type { Field } from './field.ts';
import type { DetectionRule } from './rule.ts';
import { truth } from './truth.ts';
import { EventView, nothingAround } from './view.ts';

type Draft = Pick<DetectionRule, 'condition' | 'correlation'>;

const levels = ['Metadata', 'Request', 'RequestResponse'] as const;
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
/** Codes that stand for each way in which a request can end. */
const endings = [
  { code: 200, annotations: { 'authorization.k8s.io/decision': 'allow' } },
  // Server-side apply makes objects with the verb patch.
  { code: 201, annotations: { 'authorization.k8s.io/decision': 'allow' } },
  { code: 403, annotations: { 'authorization.k8s.io/decision': 'forbid' } },
  { code: 403, annotations: { 'authorization.k8s.io/decision': 'allow' } },
  { code: 403, annotations: {} },
  { code: 400, annotations: { 'authorization.k8s.io/decision': 'allow' } },
  { code: 401, annotations: {} },
  { code: 404, annotations: { 'authorization.k8s.io/decision': 'allow' } },
  { code: 429, annotations: {} },
];

/**
 * What a rule needs of the audit policy, from the fields that it reads: every kind of request of which its condition can
 * be true is one that it has to see.
 */
export function needsOf(rule: Draft, find: (name: string) => Draft | undefined): DetectionNeeds {
  const conditions = conditionsOf(rule, find, 0);
  const level = levelOf(rule, find);
  const shapes = conditions.map((condition) => compile(condition, 'shape'));
  const might = (views: readonly EventView[]): boolean =>
    views.some((view) => shapes.some((shape) => shape(view) !== truth.no));
  const requests = requestsOf(conditions, might);
  const anyPath = verbs.some((verb) => might(samplesOf(verb, undefined)));
  const unauthenticated = conditions.some(mightBeUnauthenticated);
  const patched =
    level === 'Request' &&
    conditions.some((condition) => readsUnchanged(condition) && firesOnPatch(condition, requests));
  return {
    level,
    ...(patched && { patchLevel: 'RequestResponse' }),
    stage: unauthenticated || onlyLong(requests) ? 'ResponseStarted' : 'ResponseComplete',
    requests,
    paths: anyPath ? pathsOf(conditions) : [],
    unauthenticated,
  };
}

/** What tells what an object is, and a patch that changes something else does not repeat. */
const lasting: ReadonlySet<string> = new Set(['binding.role', 'pod.owners']);

/** Whether the condition also asks for what a patch may leave as it was: something lasting, an absence, or two things. */
function readsUnchanged(condition: Expression): boolean {
  if (condition.kind === 'test') return lasting.has(condition.field.name);
  if (condition.kind === 'not') return fieldsOf(condition.part).some(isOfObject);
  if (condition.parts.some(readsUnchanged)) return true;
  return condition.kind === 'and' && condition.parts.filter((part) => fieldsOf(part).some(isOfObject)).length > 1;
}

/** Fields below `requestObject` are of what was sent; that an object makes pods, its resource tells. */
function isOfObject({ name, level }: Field): boolean {
  return level !== 'Metadata' && !name.startsWith('requestObject.') && name !== 'pod.template';
}

function firesOnPatch(condition: Expression, requests: readonly NeededRequests[]): boolean {
  const shape = compile(condition, 'shape');
  const allowed = { 'authorization.k8s.io/decision': 'allow' };
  return requests.some(({ group, resource: combined }) => {
    const [resource = '', subresource = ''] = combined.split('/');
    const event = eventOf({ code: 200, annotations: allowed, verb: 'patch', asked: { group, resource, subresource } });
    return shape(new EventView(event, nothingAround)) !== truth.no;
  });
}

/** The lowest audit level at which every field that the rule reads is told. */
export function levelOf(rule: Draft, find: (name: string) => Draft | undefined): DetectionNeeds['level'] {
  const fields = [...conditionsOf(rule, find, 0).flatMap(fieldsOf), ...correlationFields(rule)];
  return levels[Math.max(0, ...fields.map((field) => levels.indexOf(field.level)))] ?? 'Metadata';
}

function conditionsOf(rule: Draft, find: (name: string) => Draft | undefined, depth: number): readonly Expression[] {
  if (rule.condition !== undefined) return [rule.condition];
  if (depth > 16) return [];
  return (rule.correlation?.rules ?? []).flatMap((name) => {
    const counted = find(name);
    return counted === undefined ? [] : conditionsOf(counted, find, depth + 1);
  });
}

function correlationFields({ correlation }: Draft): readonly Field[] {
  return correlation === undefined ? [] : [...correlation.groupBy, ...correlation.values];
}

interface Asked {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

type Might = (views: readonly EventView[]) => boolean;

function requestsOf(conditions: readonly Expression[], might: Might): readonly NeededRequests[] {
  const seen = (asked: Asked): readonly string[] => verbs.filter((verb) => might(samplesOf(verb, asked)));
  const anything = seen({ group: 'unknown.example', resource: 'unknowns', subresource: '' });
  const pods = anything.length > 0 && conditions.every(needsPods);
  if (anything.length > 0 && !pods) return [{ group: '*', resource: '*', verbs: short(anything) }];
  const all: Asked[] = pods ? podMakers : [...apiResources];
  for (const asked of namedIn(conditions)) {
    if (!isListed(asked)) all.push(asked);
  }
  const found: NeededRequests[] = [];
  for (const asked of all) {
    const wanted = seen(asked);
    if (wanted.length === 0) continue;
    const { group, resource, subresource } = asked;
    found.push({ group, resource: subresource === '' ? resource : `${resource}/${subresource}`, verbs: short(wanted) });
  }
  return found;
}

/**
 * What makes pods, and Kubernetes has of itself. A custom resource with a template has its pods made by a controller,
 * whose requests for pods are seen.
 */
const podMakers = apiResources.filter(
  ({ group, resource, subresource }) =>
    group !== 'metrics.k8s.io' &&
    (subresource === '' || subresource === 'ephemeralcontainers') &&
    /^(?:pods|podtemplates|replicationcontrollers|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs)$/.test(
      resource,
    ),
);

/** Whether the condition can be true of no request that makes no pods. */
function needsPods(condition: Expression): boolean {
  const shape = compile(withoutPods(condition), 'shape');
  const unknowns = { group: 'unknown.example', resource: 'unknowns', subresource: '' };
  return verbs.every((verb) => samplesOf(verb, unknowns).every((view) => shape(view) === truth.no));
}

/** The same condition of an object that is no pod and makes none. */
function withoutPods(condition: Expression): Expression {
  if (condition.kind === 'not') return { kind: 'not', part: withoutPods(condition.part) };
  if (condition.kind !== 'test') return { kind: condition.kind, parts: condition.parts.map(withoutPods) };
  if (!condition.field.name.startsWith('pod.')) return condition;
  return { ...condition, field: { ...condition.field, known: 'shape', read: () => undefined } };
}

/** Resources that a rule names and that no API server has of itself. */
function namedIn(conditions: readonly Expression[]): readonly Asked[] {
  const values = (name: string): readonly string[] => [
    ...new Set(conditions.flatMap((condition) => valuesOf(condition, name))),
  ];
  const known = new Set(apiResources.map(({ resource }) => resource));
  const groups = values('objectRef.apiGroup');
  return values('objectRef.resource')
    .filter((resource) => !known.has(resource) && !/[*?]/.test(resource))
    .flatMap((resource) =>
      (groups.length === 0 ? ['*'] : groups).map((group) => ({ group, resource, subresource: '' })),
    );
}

function keyOf({ group, resource, subresource }: Asked): string {
  return `${resource}.${group}/${subresource}`;
}

function short(wanted: readonly string[]): readonly string[] {
  return wanted.length === verbs.length ? ['*'] : wanted;
}

function onlyLong(requests: readonly NeededRequests[]): boolean {
  return (
    requests.length > 0 &&
    requests.every((request) => {
      const [resource = '', subresource = ''] = request.resource.split('/');
      const object = { group: request.group, version: '', resource, subresource, namespace: '', name: '', uid: '' };
      return request.verbs.every((verb) => runsLong({ verb, path: '', object }));
    })
  );
}

/** Whether a rule fires on a request that failed authentication, and asks how requests ended at all. */
function mightBeUnauthenticated(condition: Expression): boolean {
  const asked = { group: '', resource: 'pods', subresource: '' };
  const nobody = new EventView(eventOf({ code: 401, annotations: {}, verb: 'list', asked }), nothingAround);
  if (compile(condition, 'header')(nobody) === truth.no) return false;
  return fieldsOf(condition).some(({ name }) => name === 'outcome' || name === 'responseStatus.code');
}

function pathsOf(conditions: readonly Expression[]): readonly string[] {
  const named = conditions.flatMap((condition) => valuesOf(condition, 'path')).filter((path) => path.startsWith('/'));
  const positive = conditions.some((condition) => fieldsOf(condition).some(({ name }) => name === 'path')) ? named : [];
  return positive.length > 0 && !conditions.some(hasNot) ? [...new Set(positive)] : ['*'];
}

function hasNot(condition: Expression): boolean {
  if (condition.kind === 'not') return true;
  return condition.kind === 'test' ? false : condition.parts.some(hasNot);
}

/** Requests of what API servers have, made once: every rule is tried on all of them. They are never written to. */
const known = new Map<string, readonly EventView[]>();

/** A request that ends in each way there is. */
function samplesOf(verb: string, asked: Asked | undefined): readonly EventView[] {
  const key = `${verb} ${asked === undefined ? '' : keyOf(asked)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const views = endings.map(
    (ending) => new EventView(eventOf({ ...ending, verb, ...(asked !== undefined && { asked }) }), nothingAround),
  );
  if (asked === undefined || isListed(asked)) known.set(key, views);
  return views;
}

const listed = new Set(apiResources.map(keyOf));

function isListed(asked: Asked): boolean {
  return listed.has(keyOf(asked));
}

function eventOf(sample: {
  readonly code: number;
  readonly annotations: JsonObject;
  readonly verb: string;
  readonly asked?: Asked;
}): AuditEvent {
  const { code, annotations, verb, asked } = sample;
  const raw = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage: code === 401 ? 'ResponseStarted' : 'ResponseComplete',
    verb,
    user: code === 401 ? {} : { username: 'anyone' },
    responseStatus: { code },
    annotations,
    ...(asked !== undefined && {
      objectRef: { resource: asked.resource, apiGroup: asked.group, subresource: asked.subresource },
    }),
  };
  const event = readAuditEvent(raw, { source: '', offset: 0 });
  if (event === undefined) throw new Error('a sample event is an event');
  return event;
}
