import type { AuditedObject, AuditStage, AuditStatus, Outcome } from '../../model/audit-event.ts';

export interface Ending {
  readonly stage: AuditStage;
  readonly status: AuditStatus | undefined;
  /** `status` of the response's Status, where it has no code: `Success`, `Failure`. */
  readonly statusWord: string;
  readonly authenticated: boolean;
  /** The annotation `authorization.k8s.io/decision`, empty where there is none. */
  readonly decision: string;
}

/** How a request ended. The three kinds of 403 differ in the decision annotation, which impersonation never gets. */
export function outcomeOf({ stage, status, statusWord, authenticated, decision }: Ending): Outcome {
  if (stage === 'RequestReceived') return 'pending';
  if (stage === 'Panic') return 'failed';
  if (status === undefined) return 'pending';
  const { code, message } = status;
  // A 401 for somebody who is known came from what was proxied to, not from the API server.
  if (code === 401) return authenticated ? 'failed' : 'unauthenticated';
  if (code === 403) return forbiddenBy(decision, message);
  if (code === 0) return statusWord === 'Failure' ? 'failed' : 'ok';
  return code >= 400 ? 'failed' : 'ok';
}

function forbiddenBy(decision: string, message: string): Outcome {
  if (decision === 'forbid') return 'denied';
  if (decision === 'allow') return 'refused';
  // Impersonation is decided before authorisation, so nothing annotates it. Below 1.23 the message is only in the
  // body, and below the level RequestResponse there is none: what is left without a decision is impersonation.
  if (message === '' || message.includes('cannot impersonate')) return 'impersonation-refused';
  return message.includes(' cannot ') ? 'denied' : 'refused';
}

/** Subresources that are a verb of their own, whatever the transport: WebSocket clients come as `get`. */
const actions: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

export function actionOf(verb: string, subresource: string): string {
  return actions.has(subresource) ? subresource : verb;
}

export interface AskedRequest {
  readonly verb: string;
  readonly path: string;
  readonly object: AuditedObject | undefined;
}

const longSubresources: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'log']);

/** Whether the API server logs ResponseStarted of such a request (`BasicLongRunningRequestCheck` of its filters). */
export function runsLong({ verb, path, object }: AskedRequest): boolean {
  if (verb === 'watch' || verb === 'proxy') return true;
  return object === undefined ? path.startsWith('/debug/pprof/') : longSubresources.has(object.subresource);
}
