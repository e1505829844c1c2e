import type { Listener } from './listeners.ts';
import type { IdentityAnswers, Outcome } from './observation.ts';
import type { Exposure } from './result.ts';

export interface Comparison {
  /** One line: the three answers, and what they mean. */
  readonly line: string;
  readonly exposures: readonly Exposure[];
}

/**
 * What the answers to nobody, to an identity without rights and to the given one mean together. 401, 403, 200 is as it
 * should be; that the second is not 200 is the only sign, from outside, that tells Webhook from AlwaysAllow.
 */
export function compareIdentities({ path, nobody, weak, given }: IdentityAnswers, listener: Listener): Comparison {
  if (given.outcome.kind === 'not-sent')
    return { line: `not asked with credentials: ${given.outcome.reason}`, exposures: [] };
  const middle = weak === undefined ? 'not asked' : answerWord(weak.outcome);
  const how = weak?.how === 'impersonated' ? ' (by impersonation)' : '';
  const answers = `${path.replace(/\?.*$/, '')} as nobody ${answerWord(nobody)}, without rights ${middle}${how}, as given ${answerWord(given.outcome)}`;
  const granted = weak !== undefined && isStatus(weak.outcome, 200);
  return {
    line: `${answers}: ${meaning({ weak: weak?.outcome, given: given.outcome })}`,
    exposures: granted ? [everyoneMayDoIt(path, listener)] : [],
  };
}

interface Pair {
  readonly weak: Outcome | undefined;
  readonly given: Outcome;
}

function meaning({ weak, given }: Pair): string {
  if (isStatus(given, 401))
    return 'the given credentials are not accepted, so nothing can be told of its authorization';
  if (weak !== undefined && isStatus(weak, 200)) return 'every identity may do it: AlwaysAllow, or rights for all';
  if (weak !== undefined && isStatus(weak, 403)) {
    return isStatus(given, 200) ? 'rights decide, as they should' : 'rights decide; the given identity has none here';
  }
  if (isStatus(given, 403)) return 'rights decide: the given identity is known and refused';
  if (weak !== undefined && isStatus(weak, 401))
    return 'the identity without rights is not accepted, so AlwaysAllow and Webhook still look alike';
  if (weak !== undefined && weak.kind === 'not-sent') return weak.reason;
  return 'AlwaysAllow and Webhook look alike without the middle answer; give an identity without rights with --weak-context, --weak-token-file or --weak-client-certificate';
}

function everyoneMayDoIt(path: string, { id, name }: Listener): Exposure {
  const kubelet = id === 'kubelet';
  return {
    id: 'no-authorization',
    severity: 'critical',
    message: `gives an identity without rights what it asks for: ${path.replace(/\?.*$/, '')}`,
    why: `The ${name} authorizes with AlwaysAllow, or gives system:authenticated these rights: any service account token will do.`,
    remedy: kubelet
      ? 'Set authorization.mode: Webhook in the configuration of the kubelet.'
      : 'Set --authorization-mode=Node,RBAC, and remove the bindings of system:authenticated that Kubernetes did not make.',
    references: kubelet ? ['cis-1.12:4.2.2', 'guides:kubelet/anonymous-auth'] : ['cis-1.12:1.2.6'],
  };
}

function isStatus(outcome: Outcome, status: number): boolean {
  return outcome.kind === 'http' && outcome.status === status;
}

/** An answer in one or two words: `401`, `TLS alert bad_certificate`, `no answer`. */
function answerWord(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'http':
      return String(outcome.status);
    case 'tls-alert':
      return `TLS alert ${outcome.alert}`;
    case 'timeout':
      return 'no answer';
    case 'closed':
      return 'closed';
    case 'not-http':
      return 'no HTTP';
    case 'not-sent':
      return 'not asked';
  }
}
