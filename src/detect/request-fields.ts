import type { AuditEvent } from '../model/audit-event.ts';
import { targetText } from '../semantics/audit-event/index.ts';
import { isPublic } from './addresses.ts';
import type { DerivedField } from './field.ts';
import type { EventView } from './view.ts';

const systemNamespaces: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether an audit id has the form that the API server gives them: any other was chosen by the client. */
function isUuid(id: string): boolean {
  return uuid.test(id);
}

/** `pods/exec`, `deployments.apps`, `roles.rbac.authorization.k8s.io`. */
function resourceText({ object }: AuditEvent): string | undefined {
  if (object === undefined) return undefined;
  const { group, resource, subresource } = object;
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}

/** The product of a user agent: up to the first slash, blank or bracket, so that an upgrade is no new client. */
function clientOf(userAgent: string): string {
  return /^[^/\s(]*/.exec(userAgent)?.[0] ?? '';
}

function nameOf(event: AuditEvent): string | undefined {
  return event.object?.name || undefined;
}

/** As the authorizer words a refusal (`Forbidden` of its responsewriters): `users "root" is forbidden: User "web" cannot …`. */
const refusal =
  /^(user|group|serviceaccount|uid|userextra)s(?:\.[\w.]+)?(?:\/[^ "]+)? ("(?:[^"\\]|\\.)*") is forbidden: .* cannot impersonate resource /;

/** Whom somebody tried to act as, where the message tells. */
function triedIdentity({ status }: AuditEvent): string {
  const [, kind = '', name = ''] = refusal.exec(status?.message ?? '') ?? [];
  return kind === '' ? 'somebody else' : `the ${kind === 'serviceaccount' ? 'service account' : kind} ${name}`;
}

const unfound: ReadonlySet<number> = new Set([404, 409, 410]);

/** What was asked, whoever wrote the log. */
export const requestFields: readonly DerivedField[] = [
  row(
    'action',
    'shape',
    'the verb, but `exec`, `attach`, `portforward` and `proxy` for those subresources, whatever the transport',
    ({ event, verb }) => (event.action === event.verb ? verb : event.action),
  ),
  row(
    'verb.logged',
    'shape',
    'the verb as it was logged: `verb` is `create` for an apply (`patch`) or `update` that is answered with 201',
    ({ event }) => event.verb || undefined,
  ),
  row(
    'outcome',
    'shape',
    '`ok`, `unauthenticated`, `denied` (by authorisation), `impersonation-refused`, `refused` (by admission, a quota, the guard against escalation), `failed`, `pending`, `dry-run` (allowed, but nothing was to be changed: `dryRun=All`)',
    ({ outcome }) => outcome,
  ),
  row(
    'allowed',
    'shape',
    'whether authorisation let the request through, however it ended: also where the object was not there or was there already',
    ({ event, outcome }) =>
      outcome === 'ok' ||
      outcome === 'dry-run' ||
      outcome === 'refused' ||
      (outcome === 'failed' && event.user !== undefined && unfound.has(event.status?.code ?? 0)),
  ),
  row(
    'attempt',
    'event',
    'what was tried, in words: `create secrets shop/db`; where impersonation was refused, whom the user tried to act as',
    ({ event, verb }) => {
      const asked = `${event.action === event.verb ? verb : event.action} ${targetText(event)}`;
      return event.outcome === 'impersonation-refused' ? `act as ${triedIdentity(event)} to ${asked}` : asked;
    },
  ),
  row('path', 'event', 'the path without the query', ({ event }) => event.path || undefined),
  row('target', 'event', 'the object in words: `secrets shop/db`', ({ event }) => targetText(event)),
  row('target.resource', 'shape', '`pods/exec`, `deployments.apps`, `roles.rbac.authorization.k8s.io`', ({ event }) =>
    resourceText(event),
  ),
  row('target.isResource', 'shape', 'false for a path that is no resource', ({ event }) => event.object !== undefined),
  row('target.key', 'event', 'namespace and name: `shop/db`', ({ event }) =>
    event.object === undefined ? undefined : `${event.object.namespace}/${nameOf(event) ?? ''}`,
  ),
  row(
    'target.inSystemNamespace',
    'event',
    'whether it is in kube-system, kube-public or kube-node-lease',
    ({ event }) => systemNamespaces.has(event.object?.namespace ?? ''),
  ),
  row(
    'operation',
    'shape',
    'verb and resource: `list secrets`',
    ({ event, verb }) => `${verb} ${resourceText(event) ?? 'path'}`,
  ),
  row(
    'source',
    'caller',
    'the address that the API server saw itself: the last one',
    ({ event }) => event.source || undefined,
  ),
  row('source.public', 'caller', 'whether that is an address of the Internet', ({ event }) => isPublic(event.source)),
  row('source.loopback', 'caller', 'whether it is the API server’s own host', ({ event }) =>
    /^(127\.|::1$)/.test(event.source),
  ),
  row('source.network', 'caller', 'its network: /24 of IPv4, /48 of IPv6', ({ event }) => networkOf(event.source)),
  row(
    'source.lists',
    'caller',
    'names of the address lists that hold it, where the settings give any',
    ({ event, around }) => around.listsOf(event.source),
  ),
  row('source.hops', 'caller', 'how many addresses the request came through', ({ event }) => event.sources.length),
  row(
    'client',
    'caller',
    'the product of the user agent, without its version',
    ({ event }) => clientOf(event.userAgent) || undefined,
  ),
  row(
    'auditID.forged',
    'header',
    'whether the audit id is none that an API server makes: the client chose it',
    ({ event }) => event.id !== '' && !isUuid(event.id),
  ),
  row('annotations', 'caller', 'the keys of the audit annotations', ({ event }) => [...event.annotations.keys()]),
  row('hour', 'event', 'the hour of the day, UTC', ({ event }) => new Date(event.time).getUTCHours()),
  row('day', 'event', 'the day of the week, UTC: 0 is Sunday', ({ event }) => new Date(event.time).getUTCDay()),
  row('exec.command', 'event', 'the command line of an exec, its words joined by blanks', execCommand),
  row('exec.program', 'event', 'the file name of its first word', (view) => words(view)[0]?.split('/').pop()),
  row(
    'exec.container',
    'event',
    'the container that an exec, attach or log names',
    ({ event }) => parameters(event, 'container')[0],
  ),
];

function row(name: string, known: DerivedField['known'], about: string, read: DerivedField['read']): DerivedField {
  return { name, known, level: 'Metadata', about, read };
}

function execCommand(view: EventView): string | undefined {
  const command = words(view);
  return command.length === 0 ? undefined : command.join(' ');
}

function words(view: EventView): readonly string[] {
  return view.event.action === 'exec' ? view.once('exec', () => parameters(view.event, 'command')) : [];
}

function parameters({ uri }: AuditEvent, name: string): readonly string[] {
  const query = uri.indexOf('?');
  return query === -1 ? [] : new URLSearchParams(uri.slice(query + 1)).getAll(name);
}

function networkOf(address: string): string | undefined {
  if (address === '') return undefined;
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  return `${address.split(':').slice(0, 3).join(':')}::/48`;
}
