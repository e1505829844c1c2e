import { equalJson } from '../../src/model/equal-json.ts';
import { isObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { formatPath, type Path } from '../../src/model/path.ts';
import type { PolicyDecision } from '../../src/semantics/pod-security-policy/index.ts';
import type { Answer } from './rbac-api.ts';

export interface Compared {
  readonly answer: Answer;
  readonly decision: PolicyDecision;
  readonly event: JsonObject | undefined;
}

/** In what both differ; undefined where they agree. */
export function difference({ answer, decision, event }: Compared): object | undefined {
  const { code, body } = answer;
  // The pod of the first phase is no pod that the API takes: the second phase is not reached.
  if (code === 422) {
    const passed = decision.allowed || decision.message?.includes('unable to validate') === true;
    return passed ? undefined : { said: body.message, own: decision.message };
  }
  if (code === 403 && !decision.allowed) {
    const [, said = ''] = /^pods "[^"]*" is forbidden: (.*)$/s.exec(body.message ?? '') ?? [];
    return otherWords(said, decision);
  }
  if (code !== 201 || !decision.allowed) return { code, said: body.message, own: decision.message ?? 'allowed' };
  const stored = essence(body as JsonObject);
  const own = essence(decision.pod);
  const apart = differingPaths(stored, own, []);
  if (apart.length > 0) return { apart };
  const prefix = 'podsecuritypolicy.policy.k8s.io/';
  const audited = Object.entries(event ?? {}).filter(([key]) => key.startsWith(prefix));
  const ownAudit = [...decision.auditAnnotations];
  return JSON.stringify(audited.sort()) === JSON.stringify(ownAudit.sort()) ? undefined : { audited, ownAudit };
}

/**
 * The plugin goes through the policies' complaints in the order of a Go map: what is compared is how often each is made.
 * Undefined where both say the same, else what only one of them says.
 */
function otherWords(said: string, { message = '', refusals }: PolicyDecision): object | undefined {
  const head = message.slice(0, message.indexOf('[') + 1);
  if (head === '') return said === message ? undefined : { said, own: message };
  if (!said.startsWith(head)) return { said: said.slice(0, 300), own: message.slice(0, 300) };
  const left = new Map<string, number>();
  const errors = refusals.flatMap((refusal) => refusal.errors.map(({ text }) => text));
  for (const error of errors) left.set(error, (left.get(error) ?? 0) + 1);
  let rest = said.slice(head.length, -1);
  while (rest !== '') {
    const next = [...left].find(([error, times]) => times > 0 && (rest === error || rest.startsWith(`${error} `)));
    if (next === undefined) break;
    left.set(next[0], next[1] - 1);
    rest = rest.slice(next[0].length + 1);
  }
  const unsaid = [...left].filter(([, times]) => times > 0);
  return rest === '' && unsaid.length === 0
    ? undefined
    : { saidAlone: rest.slice(0, 500), ownAlone: unsaid.slice(0, 5) };
}

function differingPaths(stored: Json | undefined, own: Json | undefined, path: Path): readonly object[] {
  if (equalJson(stored, own)) return [];
  if (!isObject(stored) || !isObject(own)) return [{ path: formatPath(path), stored, own }];
  const keys = new Set([...Object.keys(stored), ...Object.keys(own)]);
  return [...keys].flatMap((key) => differingPaths(stored[key], own[key], [...path, key]));
}

/** What the API server and its other plugins set by themselves, and no policy looks at. */
const others = new Set([
  ...['uid', 'creationTimestamp', 'managedFields', 'namespace', 'status', 'tolerations', 'priority', 'restartPolicy'],
  ...['preemptionPolicy', 'enableServiceLinks', 'dnsPolicy', 'schedulerName', 'terminationGracePeriodSeconds'],
  ...['imagePullPolicy', 'terminationMessagePath', 'terminationMessagePolicy', 'resources', 'defaultMode', 'protocol'],
  'expirationSeconds',
]);

/** A pod without what the server makes up, and without what is empty; keys in order. */
function essence(pod: JsonObject): Json {
  const { metadata, ...rest } = pod;
  // Each dry run makes up a name anew.
  const { name: _name, ...kept } = isObject(metadata) ? metadata : {};
  return tidy({ ...rest, metadata: kept }, '') ?? null;
}

function tidy(value: Json, at: string): Json | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => tidy(item, at) ?? null);
  if (!isObject(value)) return value === '' || value === false ? undefined : value;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const isMadeUp = others.has(key) || (key === 'type' && item === '') || (key === 'apiVersion' && at === 'fieldRef');
    const inner = isMadeUp ? undefined : tidy(item, key);
    return inner === undefined ? [] : [[key, inner] as const];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
