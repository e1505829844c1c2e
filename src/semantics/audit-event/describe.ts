import type { AuditEvent } from '../../model/audit-event.ts';
import { isObject, own } from '../../model/json.ts';

/** One event in short texts. They hold what clients chose, so a terminal needs them made visible first. */
export interface EventDescription {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
}

/** Short texts for a line or an alert. */
export function describeEvent(event: AuditEvent): EventDescription {
  return {
    actor: actorText(event),
    action: event.action,
    target: targetText(event),
    outcome: outcomeText(event),
  };
}

/** `alice`, `alice as system:admin` for an impersonation, `(not authenticated)`. */
function actorText({ user, impersonated }: AuditEvent): string {
  const name = user?.name ?? '(not authenticated)';
  return impersonated === undefined ? name : `${name} as ${impersonated.name}`;
}

/** `pods shop/web exec`, `deployments.apps shop/web`, `secrets in shop`, `nodes`, `/healthz`. */
export function targetText(event: AuditEvent): string {
  const { object } = event;
  if (object === undefined) return event.path;
  const { group, resource, subresource, namespace } = object;
  const kind = group === '' ? resource : `${resource}.${group}`;
  const name = object.name || nameGiven(event);
  // A namespace is in itself, as the API server sees it.
  const inside = namespace === '' || (resource === 'namespaces' && group === '') ? '' : namespace;
  const place = name === '' ? (inside === '' ? '' : ` in ${inside}`) : ` ${inside === '' ? '' : `${inside}/`}${name}`;
  return `${kind}${place}${subresource === '' ? '' : ` ${subresource}`}`;
}

/** The name that the server made of `generateName`, which is in the response only. */
function nameGiven({ verb, response }: AuditEvent): string {
  if (verb !== 'create' || !isObject(response) || response.kind === 'Status') return '';
  const metadata = own(response, 'metadata');
  const name = isObject(metadata) ? own(metadata, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}

/** `200 ok`, `403 denied`, `404 NotFound`, `pending`. */
function outcomeText({ outcome, status }: AuditEvent): string {
  const word = outcome === 'failed' ? status?.reason || 'failed' : outcome.replace('-', ' ');
  return status === undefined || status.code === 0 ? word : `${status.code} ${word}`;
}
