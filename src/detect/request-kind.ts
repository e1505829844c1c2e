import type { AuditEvent, Outcome } from '../model/audit-event.ts';
import { isObject, own } from '../model/json.ts';
import { stringsIn } from '../model/json-list.ts';

/** How a request ended for a rule: `dry-run` where it was allowed and asked that nothing be changed. */
export type RuleOutcome = Outcome | 'dry-run';

const changes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const connects: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);
/** What is answered, not stored: a dry run of it tells or gives the same. */
const answers: ReadonlySet<string> = new Set(['authorization.k8s.io', 'authentication.k8s.io']);

/**
 * What was done: an apply or update that is answered with 201 made the object, so that it is a create. Server-side apply
 * comes as `patch`, and some resources are made by PUT.
 */
export function verbOf({ verb, status }: AuditEvent): string {
  return status?.code === 201 && (verb === 'patch' || verb === 'update') ? 'create' : verb;
}

export function isChange({ verb, action, object }: AuditEvent): boolean {
  return object !== undefined && changes.has(verb) && !connects.has(action);
}

export function ruleOutcome(event: AuditEvent): RuleOutcome {
  return event.outcome === 'ok' && isDryRun(event) ? 'dry-run' : event.outcome;
}

/**
 * `dryRun=All` in the query, or in the DeleteOptions that kubectl sends as a body. A token is issued and a review
 * answered in any case.
 */
function isDryRun(event: AuditEvent): boolean {
  if (!isChange(event)) return false;
  const { uri, object, request, verb } = event;
  if (answers.has(object?.group ?? '') || object?.subresource === 'token') return false;
  const query = uri.indexOf('?');
  if (query !== -1 && new URLSearchParams(uri.slice(query + 1)).getAll('dryRun').includes('All')) return true;
  return (
    verb.startsWith('delete') &&
    isObject(request) &&
    request.kind === 'DeleteOptions' &&
    stringsIn(own(request, 'dryRun')).includes('All')
  );
}
