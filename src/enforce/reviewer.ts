import type { Decider } from '../admission/decide.ts';
import type { ExceptionUse } from '../admission/exceptions.ts';
import { answerReview, readReview } from '../admission/review.ts';
import type { AdmissionDecision, AdmissionRequest, ClusterView, Denial } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import { Reader } from '../model/reader.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { isApiServer } from './api-server-user.ts';
import type { Log } from './log.ts';
import type { Outcome, WebhookMetrics } from './metrics.ts';
import { wrongNamespaceName } from './namespace-name.ts';
import { probeLabel, probeReached } from './registration/names.ts';
import { isUnlocked, type Unlock } from './registration/registered.ts';
import type { Hook, ReviewAnswer, ReviewCall } from './server/admission-server.ts';
import { monotonic } from './server/monotonic.ts';

/** Decides on requests: the policies that are in force, compiled. */
export type Decisions = Pick<Decider, 'validate' | 'mutate' | 'podsAskedFor' | 'namespaceAskedFor'>;

export interface ReviewerOptions {
  /** Undefined until there is a policy set. */
  readonly decisions: () => Decisions | undefined;
  readonly view: ClusterView;
  /** The pods of a namespace as they are now; rejects where the API server does not say. */
  readonly podsOf: ((namespace: string) => Promise<readonly KubeObject[]>) | undefined;
  /** A namespace as it is now, undefined where there is none; rejects where the API server does not say. */
  readonly namespaceOf?: ((name: string) => Promise<JsonObject | undefined>) | undefined;
  /** What was asked for with `webhook unlock`. */
  readonly unlock: () => Unlock | undefined;
  readonly log: Log;
  /** Whether to log what is allowed as well. */
  readonly logged: 'refusals' | 'all';
  readonly metrics: WebhookMetrics | undefined;
  /** Every decision of a validating hook, for reports. */
  readonly onDecided?: ((request: AdmissionRequest, decision: AdmissionDecision) => void) | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type Reviewer = (call: ReviewCall) => ReviewAnswer | Promise<ReviewAnswer>;

/** Answers the reviews of API servers: reads, decides, counts and logs. */
export function createReviewer(options: ReviewerOptions): Reviewer {
  return (call) => {
    const began = performance.now();
    const request = readReview(parsed(call.text));
    if ('problem' in request) {
      options.log.write('warning', 'not a review', { hook: call.hook, problem: request.problem, uid: request.uid });
      return { status: 400, contentType: 'text/plain; charset=utf-8', body: `${request.problem}\n` };
    }
    if (isProbe(request) && call.hook === 'enforce' && options.decisions() !== undefined) {
      const decision = { ...nothingSaid, allowed: false, denials: [reached] };
      return {
        status: 200,
        contentType: 'application/json',
        body: JSON.stringify(answerReview(request, decision, 'validating')),
      };
    }
    const answer = (view: ClusterView): ReviewAnswer => {
      const { decision, outcome } = decide({ request, view, call }, options);
      options.metrics?.review(call.hook, outcome);
      note({ request, decision, outcome, hook: call.hook, began }, options);
      if (call.hook !== 'mutate') options.onDecided?.(request, decision);
      const stage = call.hook === 'mutate' ? 'mutating' : 'validating';
      const body = JSON.stringify(answerReview(request, decision, stage));
      return { status: 200, contentType: 'application/json', body };
    };
    const { view, podsOf, namespaceOf } = options;
    // The watch may not have told of a namespace yet that is made together with its pods.
    const unseen = options.decisions()?.namespaceAskedFor(request, view);
    if (unseen !== undefined && namespaceOf !== undefined) {
      const find = namespaceOf(unseen).catch(() => undefined);
      return find.then((found) => answer(found === undefined ? view : withNamespace(view, unseen, found)));
    }
    const namespace = call.hook === 'mutate' ? undefined : options.decisions()?.podsAskedFor(request);
    if (namespace === undefined) return answer(view);
    const unread = (reason: string): ClusterView => withPods(view, { unread: reason });
    if (podsOf === undefined) return answer(unread('there is no cluster to ask'));
    return podsOf(namespace).then(
      (pods) => answer(withPods(view, { pods })),
      (error: unknown) => answer(unread(error instanceof Error ? error.message : String(error))),
    );
  };
}

/** The keeper asks whether the API server is let in: an event of its own, which is never kept. */
function isProbe({ kind, object }: AdmissionRequest): boolean {
  if (kind.group !== '' || kind.kind !== 'Event' || object === undefined) return false;
  return new Reader(object, [], []).object('metadata').object('labels').string(probeLabel) !== undefined;
}

const nothingSaid = { warnings: [], auditAnnotations: new Map<string, string>(), patch: [] };
const reached: Denial = { policy: 'bulwark webhook', message: probeReached, code: 403, reason: 'Forbidden' };

/** The value of a body; its bytes where it is no JSON, for the reason. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return Buffer.from(text);
  }
}

type Pods = { readonly pods: readonly KubeObject[] } | { readonly unread: string };

function withPods(view: ClusterView, known: Pods): ClusterView {
  const isPod = (group: string, kind: string): boolean => group === '' && kind === 'Pod';
  return {
    namespace: (name) => view.namespace(name),
    objects: (group, kind) => (isPod(group, kind) ? ('pods' in known ? known.pods : []) : view.objects(group, kind)),
    unread: 'unread' in known ? new Map([...view.unread, ['/Pod', known.unread]]) : view.unread,
    serverMinor: view.serverMinor,
  };
}

function withNamespace(view: ClusterView, name: string, found: JsonObject): ClusterView {
  return {
    namespace: (asked) => (asked === name ? found : view.namespace(asked)),
    objects: (group, kind) => view.objects(group, kind),
    unread: view.unread,
    serverMinor: view.serverMinor,
  };
}

interface Asked {
  readonly request: AdmissionRequest;
  readonly view: ClusterView;
  readonly call: ReviewCall;
}

interface Judged {
  readonly decision: Decided;
  readonly outcome: Outcome;
}

type Decided = AdmissionDecision & { readonly uses?: readonly ExceptionUse[] };

function decide({ request, view, call: { hook, until } }: Asked, options: ReviewerOptions): Judged {
  const expired = (): boolean => monotonic() >= until;
  const decisions = options.decisions();
  if (isApiServer(request.userInfo)) return { decision: itsOwn, outcome: 'allowed' };
  if (decisions === undefined) return undecided(hook, 'no policies are in force yet');
  if (expired()) return undecided(hook, 'there was no time left to decide');
  if (hook === 'mutate') return { decision: decisions.mutate(request, view), outcome: 'allowed' };
  const decision = decisions.validate(request, view, { expired });
  const decided = withGuard(decision, wrongNamespaceName(request));
  if (decided.allowed) return { decision: decided, outcome: 'allowed' };
  const isLate = decided.denials.length === 1 && decision.unfinished.length > 0;
  if (isLate && hook === 'advise') return undecided(hook, 'time ran out');
  const unlock = options.unlock();
  if (!isUnlocked(unlock, options.now())) return { decision: decided, outcome: isLate ? 'undecided' : 'denied' };
  return { decision: suspended(decided, unlock), outcome: 'unlocked' };
}

const itsOwn: Decided = {
  ...nothingSaid,
  allowed: true,
  denials: [],
  auditAnnotations: new Map([['exempt', 'api-server']]),
};

/** An explicit answer where there is none of a policy: a refusal of the hook that must not fail open. */
function undecided(hook: Hook, why: string): Judged {
  const auditAnnotations = new Map([['undecided', why]]);
  if (hook !== 'enforce') {
    const warnings = hook === 'advise' ? [`bulwark: not judged: ${why}`] : [];
    return { decision: { allowed: true, denials: [], warnings, auditAnnotations, patch: [] }, outcome: 'undecided' };
  }
  const denial: Denial = {
    policy: 'bulwark webhook',
    message: `bulwark webhook: ${why}, and what is not judged is refused: try again`,
    code: 503,
    reason: 'ServiceUnavailable',
  };
  return {
    decision: { allowed: false, denials: [denial], warnings: [], auditAnnotations, patch: [] },
    outcome: 'undecided',
  };
}

function withGuard(decided: Decided, denial: Denial | undefined): Decided {
  return denial === undefined ? decided : { ...decided, allowed: false, denials: [...decided.denials, denial] };
}

/** What would have been refused, while refusals are suspended: allowed, with the reasons as warnings. */
function suspended(decided: Decided, { until, reason }: Unlock): Decided {
  const reasons = decided.denials.map(({ message }) => message);
  return {
    ...decided,
    allowed: true,
    denials: [],
    warnings: [...reasons.map((text) => `would be refused: ${text}`), ...decided.warnings],
    auditAnnotations: new Map([
      ...decided.auditAnnotations,
      ['unlocked', `until ${new Date(until).toISOString()}: ${reason}; would be refused: ${reasons.join('; ')}`],
    ]),
  };
}

interface Noted extends Judged {
  readonly request: AdmissionRequest;
  readonly hook: Hook;
  readonly began: number;
}

function note({ request, decision, outcome, hook, began }: Noted, { log, logged, metrics }: ReviewerOptions): void {
  for (const { policy } of decision.denials) metrics?.denied(policy);
  for (const { policy } of decision.uses ?? []) metrics?.exceptionUsed(policy);
  const uses = decision.uses ?? [];
  if (outcome === 'allowed' && uses.length === 0 && logged === 'refusals') return;
  const { kind, resource, subResource, namespace, name, operation, userInfo, uid, dryRun } = request;
  log.write(outcome === 'allowed' ? 'info' : 'warning', outcome, {
    hook,
    uid,
    operation,
    object: `${[kind.group, kind.version].filter((part) => part !== '').join('/')} ${kind.kind}`,
    resource: subResource === '' ? resource.resource : `${resource.resource}/${subResource}`,
    namespace,
    name: name === '' ? generatedName(request) : name,
    user: userInfo.username,
    dryRun,
    policies: [...new Set(decision.denials.map(({ policy }) => policy))],
    reasons: decision.denials.map(({ message }) => message),
    ...(uses.length > 0 && {
      exceptions: uses.map(({ policy, exception }) => `${policy} (${exception.owner}: ${exception.reason})`),
    }),
    ...(outcome === 'unlocked' && { unlocked: decision.auditAnnotations.get('unlocked') }),
    milliseconds: Math.round((performance.now() - began) * 100) / 100,
  });
}

function generatedName({ object }: AdmissionRequest): string {
  const metadata = object?.['metadata'];
  const prefix =
    typeof metadata === 'object' && metadata !== null && 'generateName' in metadata ? metadata['generateName'] : '';
  return typeof prefix === 'string' && prefix !== '' ? `${prefix}*` : '';
}
