import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { type RoleRule, readRules, ruleAllows } from '../semantics/rbac/rule.ts';
import { fromObject } from './event-fields.ts';
import type { DerivedField } from './field.ts';
import { type FieldValue, hidden } from './truth.ts';
import type { EventView } from './view.ts';

const rbac = 'rbac.authorization.k8s.io';

/** What Roles, ClusterRoles and their bindings grant. */
export const rbacFields: readonly DerivedField[] = [
  row(
    'role.grants',
    'what the role grants that leads further: `wildcard`, `bind`, `escalate`, `impersonate`, `mint-tokens`, `approve-certificates`, `exec`, `node-proxy`, `read-secrets`, `write`',
    (value, view) => (isKind(view, 'role') ? grants(value, view) : undefined),
  ),
  row('role.gains', 'what of that the role did not grant before, as far as the log has shown it', (value, view) =>
    isKind(view, 'role') ? gains(value, view) : undefined,
  ),
  row('role.aggregatesTo', 'roles that it is added to by its labels: `admin`, `edit`, `view` …', (value, view) =>
    isKind(view, 'role') ? aggregates(value) : undefined,
  ),
  row('binding.role', 'the role that is given', (value, view) =>
    isKind(view, 'binding') ? text(part(value, 'roleRef'), 'name') : undefined,
  ),
  row(
    'binding.subjects',
    'who is given it: `User jane`, `Group system:masters`, `ServiceAccount shop/web`',
    (value, view) => (isKind(view, 'binding') ? subjects(value, view).map(({ shown }) => shown) : undefined),
  ),
  row('binding.users', 'user names among them; a service account is `system:serviceaccount:shop:web`', (value, view) =>
    isKind(view, 'binding') ? subjects(value, view).flatMap(({ user }) => user) : undefined,
  ),
  row('binding.groups', 'groups among them', (value, view) =>
    isKind(view, 'binding') ? subjects(value, view).flatMap(({ group }) => group) : undefined,
  ),
  row('binding.kinds', 'kinds of its subjects', (value, view) =>
    isKind(view, 'binding') ? subjects(value, view).map(({ kind }) => kind) : undefined,
  ),
];

function row(name: string, about: string, read: Parameters<typeof fromObject>[0]): DerivedField {
  return { name, known: 'event', level: 'Request', about, read: fromObject(read) };
}

function isKind({ event }: EventView, kind: 'role' | 'binding'): boolean {
  const { object } = event;
  if (object === undefined || object.group !== rbac) return false;
  return object.resource.endsWith('bindings') === (kind === 'binding');
}

/** A Role grants nothing of what is in no namespace: nodes, requests for certificates, users and groups. */
function grants(role: JsonObject, { event }: EventView): readonly string[] {
  const ofCluster = event.object?.resource === 'clusterroles';
  const rules = readRules(role);
  const may = (apiGroup: string, resource: string, ...verbs: readonly string[]): boolean => {
    const [name = '', subresource] = resource.split('/');
    const asked = { apiGroup, resource: name, ...(subresource !== undefined && { subresource }) };
    // A rule that names objects is meant for those: the name that it names is the one that is asked for.
    return rules.some((rule) =>
      verbs.some((verb) => ruleAllows(rule, { ...asked, verb, name: rule.resourceNames[0] ?? 'any' })),
    );
  };
  const found: string[] = [];
  if (rules.some(isWild)) found.push('wildcard');
  for (const verb of ['bind', 'escalate']) {
    // The right to bind cluster roles counts in one namespace too: there, RoleBindings give them.
    const toClusterRoles = ofCluster || verb === 'bind';
    if (may(rbac, 'roles', verb) || (toClusterRoles && may(rbac, 'clusterroles', verb))) found.push(verb);
  }
  const identities = ofCluster ? ['users', 'groups', 'serviceaccounts'] : ['serviceaccounts'];
  if (identities.some((resource) => may('', resource, 'impersonate'))) found.push('impersonate');
  if (may('', 'serviceaccounts/token', 'create')) found.push('mint-tokens');
  if (ofCluster && may('certificates.k8s.io', 'certificatesigningrequests/approval', 'update', 'patch'))
    found.push('approve-certificates');
  if (['pods/exec', 'pods/attach'].some((resource) => may('', resource, 'create', 'get'))) found.push('exec');
  else if (may('', 'pods/ephemeralcontainers', 'update', 'patch')) found.push('exec');
  if (ofCluster && may('', 'nodes/proxy', 'get', 'create')) found.push('node-proxy');
  if (may('', 'secrets', 'get', 'list', 'watch')) found.push('read-secrets');
  if (rules.some(({ verbs }) => verbs.some((verb) => writeVerbs.has(verb)))) found.push('write');
  return found;
}

function gains(role: JsonObject, view: EventView): FieldValue {
  const now = grants(role, view);
  if (view.verb === 'create') return now;
  const before = view.around.before(view.event);
  if (before === undefined) return hidden;
  const had = new Set(grants(before, view));
  return now.filter((each) => !had.has(each));
}

const writeVerbs: ReadonlySet<string> = new Set(['*', 'create', 'update', 'patch', 'delete', 'deletecollection']);

function isWild({ verbs, resources }: RoleRule): boolean {
  return resources.includes('*') || (verbs.includes('*') && resources.length > 0);
}

const aggregation = 'rbac.authorization.k8s.io/aggregate-to-';

function aggregates(role: JsonObject): readonly string[] {
  const labels = part(part(role, 'metadata'), 'labels');
  return Object.entries(labels).flatMap(([key, value]) =>
    key.startsWith(aggregation) && value === 'true' ? [key.slice(aggregation.length)] : [],
  );
}

interface Subject {
  readonly kind: string;
  readonly shown: string;
  readonly user: readonly string[];
  readonly group: readonly string[];
}

function subjects(binding: JsonObject, view: EventView): readonly Subject[] {
  return objectsIn(own(binding, 'subjects')).map((subject) => {
    const kind = text(subject, 'kind');
    const name = text(subject, 'name');
    if (kind === 'Group') return { kind, shown: `Group ${name}`, user: [], group: [name] };
    if (kind !== 'ServiceAccount') return { kind, shown: `${kind} ${name}`, user: [name], group: [] };
    const namespace = text(subject, 'namespace') || (view.event.object?.namespace ?? '');
    return {
      kind,
      shown: `${kind} ${namespace}/${name}`,
      user: [`system:serviceaccount:${namespace}:${name}`],
      group: [],
    };
  });
}

export function part(value: JsonObject, key: string): JsonObject {
  const inner = own(value, key);
  return isObject(inner) ? inner : {};
}

export function text(value: JsonObject, key: string): string {
  const inner = own(value, key);
  return typeof inner === 'string' ? inner : '';
}
