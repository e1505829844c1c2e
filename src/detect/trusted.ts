import type { AuditEvent } from '../model/audit-event.ts';
import { isList, type Json } from '../model/json.ts';
import { controlPlane, identityOf } from './identity.ts';
import { verbOf } from './request-kind.ts';

/** The group that comes with the name of each: undefined for those that are no service accounts. */
const groupOf: ReadonlyMap<string, string | undefined> = new Map(
  [...controlPlane].map((name) => {
    const { namespace } = identityOf(name);
    return [name, namespace === undefined ? undefined : `system:serviceaccounts:${namespace}`];
  }),
);

/** Identities whose ordinary work is no incident. */
export interface TrustedIdentities {
  /** Exact user names, such as an operator's service account. */
  readonly users: readonly {
    readonly user: string;
    readonly reason: string /** RFC 3339; for ever without it. */;
    readonly until?: string;
  }[];
  /** Service accounts that fire a rule marked `learn` in the first so many milliseconds of the log go on doing so unnoticed. */
  readonly learning?: number;
}

/**
 * Who is trusted, by provenance: the control plane's own identities, and those that the settings name. An identity of
 * the control plane that somebody else got a token or a certificate for is trusted no longer.
 */
export class Trust {
  private readonly users: ReadonlyMap<string, number>;
  private readonly spoiled = new Set<string>();

  constructor(settings: TrustedIdentities | undefined) {
    this.users = new Map(
      (settings?.users ?? []).map(({ user, until }) => [
        user,
        until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
      ]),
    );
  }

  /** Identities that lost their trust. */
  get spoiledCount(): number {
    return this.spoiled.size;
  }

  isTrusted({ user, impersonated, time }: AuditEvent): boolean {
    if (user === undefined || impersonated !== undefined) return false;
    const { name } = user;
    if (this.spoiled.has(name)) return false;
    const until = this.users.get(name);
    // An event without a time, such as the header of a line that was not read yet, is before nothing.
    if (until !== undefined) return until === Number.POSITIVE_INFINITY || (time > 0 && time <= until);
    if (!controlPlane.has(name)) return false;
    // The authenticators for service accounts give out this group with the name; a certificate that claims the name
    // does not have it.
    const group = groupOf.get(name);
    return group === undefined || user.groups.length === 0 || user.groups.includes(group);
  }

  /** Withdraws trust from an account of the control plane that somebody else can now act as. */
  observe(event: AuditEvent): void {
    const { object, outcome } = event;
    const verb = verbOf(event);
    if (object === undefined || outcome !== 'ok' || verb !== 'create') return;
    if (object.resource !== 'serviceaccounts' || object.subresource !== 'token' || object.group !== '') return;
    const name = `system:serviceaccount:${object.namespace}:${object.name}`;
    if (!controlPlane.has(name) || this.isTrusted(event)) return;
    if (this.spoiled.size < 1000) this.spoiled.add(name);
  }

  save(): Json {
    return [...this.spoiled];
  }

  restore(saved: Json | undefined): void {
    this.spoiled.clear();
    if (isList(saved)) for (const name of saved) if (typeof name === 'string') this.spoiled.add(name);
  }
}
