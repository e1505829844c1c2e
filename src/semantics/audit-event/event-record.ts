import type { AuditEvent, AuditUser } from '../../model/audit-event.ts';

/** Every property of an event but where it was read, as plain data that can be compared. */
export function everything(event: AuditEvent): Readonly<Record<string, unknown>> {
  const { id, level, stage, received, time, verb, action, uri, path } = event;
  const { source, sources, userAgent, object, status, outcome, isTerminal, request, response } = event;
  return {
    ...{ id, level, stage, received, time, verb, action, uri, path, source, sources, userAgent },
    ...{ object, status, outcome, isTerminal, request, response },
    user: plain(event.user),
    impersonated: plain(event.impersonated),
    annotations: [...event.annotations],
  };
}

function plain(user: AuditUser | undefined): unknown {
  return user && { name: user.name, uid: user.uid, groups: user.groups, extra: [...user.extra] };
}
