import type { AuditEvent, AuditUser } from '../../model/audit-event.ts';
import type { RbacUser } from '../rbac/binding.ts';
import { identityOf } from '../rbac/identity.ts';
import { impersonationRequests } from '../rbac/impersonate.ts';
import type { RbacRequest } from '../rbac/rule.ts';
import { ObservedSpan } from './observed-span.ts';

/** A kind of request that somebody made: the same but for the names of objects. */
export interface Use {
  readonly user: RbacUser;
  /** Without a name: `names` has them. */
  readonly request: RbacRequest;
  readonly namespace: string | undefined;
  /** The names that were asked for, as far as they were kept. */
  readonly names: ReadonlySet<string>;
  /** More names than were kept. */
  readonly hasMoreNames: boolean;
  /** Whether it was also asked for without a name. */
  readonly hasNameless: boolean;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly last: number;
  /** The audit id of one of them. */
  readonly sample: string;
}

interface Recorded {
  user: RbacUser;
  request: RbacRequest;
  namespace: string | undefined;
  names: Set<string>;
  hasMoreNames: boolean;
  hasNameless: boolean;
  count: number;
  last: number;
  sample: string;
}

const keptNames = 64;
const mostUses = 300_000;

/** What cannot be told from a request: the right to give away what one does not have. */
export type Hidden = 'roles' | 'bindings' | 'certificates';

/**
 * What everybody did, from audit events, one a request. What was denied is kept apart, and does not count; what was let
 * through to admission counts, whatever became of it. Memory grows with the kinds of request, not with their number.
 */
export class UsageRecorder {
  readonly span = new ObservedSpan();
  events = 0;
  allowed = 0;
  /** Requests of kinds that came after the most that are kept. */
  forgotten = 0;
  private readonly uses = new Map<string, Recorded>();
  private readonly refused = new Map<string, Recorded>();
  private readonly hiddenOf = new Map<string, Set<Hidden>>();

  add(event: AuditEvent): void {
    this.events += 1;
    this.span.add(event.time);
    const { user, impersonated, outcome } = event;
    if (user === undefined || outcome === 'unauthenticated') return;
    const own = userOf(user);
    const acting = impersonated === undefined ? own : userOf(impersonated);
    const asked = requestOf(event);
    if (asked === undefined) return;
    const isDenied = outcome === 'denied' || outcome === 'impersonation-refused';
    if (!isDenied) this.allowed += 1;
    this.record(isDenied ? this.refused : this.uses, acting, asked, event);
    if (impersonated !== undefined && !isDenied) this.addImpersonation(own, impersonated, event);
    if (!isDenied) this.noteHidden(acting, asked);
  }

  /** What was allowed, in the order in which it was first seen. */
  get used(): readonly Use[] {
    return [...this.uses.values()];
  }

  get denied(): readonly Use[] {
    return [...this.refused.values()];
  }

  /** Users who wrote roles, bindings or approvals, for which they may have needed more than the log shows. */
  get hidden(): ReadonlyMap<string, ReadonlySet<Hidden>> {
    return this.hiddenOf;
  }

  private addImpersonation(own: RbacUser, target: AuditUser, event: AuditEvent): void {
    const implied = new Set(identityOf(target.name).groups);
    const groups = target.groups.filter((group) => !implied.has(group));
    const asked = impersonationRequests({
      user: target.name,
      groups,
      extra: target.extra,
      ...(target.uid !== '' && { uid: target.uid }),
    });
    for (const { request, namespace } of asked) this.record(this.uses, own, { request, namespace }, event);
  }

  private noteHidden(user: RbacUser, { request }: Asked): void {
    if ('path' in request || !['create', 'update', 'patch'].includes(request.verb)) return;
    const hidden = hiddenBehind.get(`${request.resource}/${request.subresource ?? ''}`);
    if (hidden === undefined) return;
    const known = this.hiddenOf.get(user.name);
    if (known === undefined) this.hiddenOf.set(user.name, new Set([hidden]));
    else known.add(hidden);
  }

  private record(into: Map<string, Recorded>, user: RbacUser, asked: Asked, event: AuditEvent): void {
    const { request, namespace } = asked;
    const name = 'path' in request ? '' : (request.name ?? '');
    const key = keyOf(user.name, request, namespace);
    let use = into.get(key);
    if (use === undefined) {
      if (into.size >= mostUses) {
        this.forgotten += 1;
        return;
      }
      const { verb } = request;
      use = {
        user,
        request: 'path' in request ? request : { ...request, verb, name: '' },
        ...{ namespace, names: new Set<string>(), hasMoreNames: false, hasNameless: false },
        ...{ count: 0, last: event.time, sample: event.id },
      };
      into.set(key, use);
    }
    use.count += 1;
    if (event.time > use.last) use.last = event.time;
    if (use.user.groups.length < user.groups.length) use.user = user;
    if (name === '') use.hasNameless = true;
    else if (use.names.size < keptNames) use.names.add(name);
    else if (!use.names.has(name)) use.hasMoreNames = true;
  }
}

interface Asked {
  readonly request: RbacRequest;
  readonly namespace: string | undefined;
}

const hiddenBehind: ReadonlyMap<string, Hidden> = new Map([
  ['roles/', 'roles'],
  ['clusterroles/', 'roles'],
  ['rolebindings/', 'bindings'],
  ['clusterrolebindings/', 'bindings'],
  ['certificatesigningrequests/approval', 'certificates'],
  ['certificatesigningrequests/status', 'certificates'],
]);

/**
 * The request as the authorizer was asked. The log also has the name of an object that is created, which it takes from
 * the body: the authorizer sees a name only where the path has one.
 */
function requestOf({ object, verb, path }: AuditEvent): Asked | undefined {
  if (verb === '') return undefined;
  if (object === undefined || object.resource === '') {
    return path === '' ? undefined : { request: { verb, path }, namespace: undefined };
  }
  const { group, resource, subresource, namespace, name } = object;
  const isNameless = (verb === 'create' && subresource === '') || verb === 'deletecollection';
  const request = {
    ...{ verb, apiGroup: group, resource, name: isNameless ? '' : name },
    ...(subresource !== '' && { subresource }),
  };
  return { request, namespace: namespace === '' ? undefined : namespace };
}

function userOf({ name, groups }: AuditUser): RbacUser {
  return { name, groups };
}

function keyOf(user: string, request: RbacRequest, namespace: string | undefined): string {
  if ('path' in request) return `${user}\n${request.verb}\n${request.path}`;
  const { verb, apiGroup, resource, subresource = '' } = request;
  return `${user}\n${namespace ?? ''}\n${verb}\n${apiGroup}\n${resource}\n${subresource}`;
}
