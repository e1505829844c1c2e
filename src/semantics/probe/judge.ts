import { wordList } from '../../model/word-list.ts';
import { isLoopback } from '../node/listen-address.ts';
import { accessExposures, openedRequests } from './judge-access.ts';
import { compareIdentities } from './judge-identities.ts';
import { byGravity, tlsExposures } from './judge-tls.ts';
import { type Listener, listenerOf, usualListeners } from './listeners.ts';
import type { Observation, Outcome } from './observation.ts';
import type { ProbeResult, ProbeVerdict } from './result.ts';

/**
 * What an observation means. 401: anonymous requests are refused. 403 for system:anonymous: they are let in and refused
 * by authorization. 200: open. A pure function of the observation and of `now`, for certificates.
 */
export function judgeObservation(observation: Observation, now: Date): ProbeResult {
  const { target, reach } = observation;
  if (reach !== 'open') {
    const expected = listenerOf(target.listener) ?? usualListeners(target.port)[0];
    const verdict = reach === 'unresolved' || reach === 'skipped' ? 'unknown' : 'closed';
    return {
      observation,
      name: expected?.name ?? 'port',
      verdict,
      sentence: reachSentence(observation),
      exposures: [],
    };
  }
  const listener = listenerOf(observation.listener);
  const comparison =
    listener !== undefined && observation.identities !== undefined
      ? compareIdentities(observation.identities, listener)
      : undefined;
  const exposures = byGravity([
    ...(listener === undefined ? [] : accessExposures(observation, listener)),
    ...(comparison?.exposures ?? []),
    ...tlsExposures(observation, { listener, now }),
  ]);
  const { verdict, sentence } = listener === undefined ? stranger(observation) : guarded(observation, listener);
  return {
    observation,
    name: listener?.name ?? 'something',
    verdict: exposures.length > 0 ? 'exposed' : verdict,
    sentence: observation.cut === true ? `${sentence}; not all was asked` : sentence,
    exposures,
    ...(comparison !== undefined && { comparison: comparison.line }),
  };
}

function reachSentence({ reach, reason }: Observation): string {
  switch (reach) {
    case 'closed':
      return 'refuses connections';
    case 'filtered':
      return 'does not answer: filtered, or no such host';
    case 'unreachable':
      return `cannot be reached: ${reason ?? 'no route'}`;
    case 'unresolved':
      return reason ?? 'no such host';
    default:
      return 'was not looked at: the run ended before';
  }
}

interface Standing {
  readonly verdict: Exclude<ProbeVerdict, 'exposed' | 'closed'>;
  readonly sentence: string;
}

/** Of a listener that is known. */
function guarded(observation: Observation, listener: Listener): Standing {
  const { answers, tls } = observation;
  const opened = openedRequests(observation, listener).map(({ answer }) => answer.path.replace(/\?.*$/, ''));
  if (tls?.clientCertificate === 'required')
    return { verdict: 'secure', sentence: `refuses clients without a certificate (${alertText(observation)})` };
  const statuses = answers.flatMap(({ outcome }) => (outcome.kind === 'http' ? [outcome.status] : []));
  if (statuses.length === 0) return { verdict: 'unknown', sentence: noAnswer(answers.map(({ outcome }) => outcome)) };
  const refusals = refusalText(observation, statuses);
  if (opened.length === 0) {
    return refusals === ''
      ? { verdict: 'unknown', sentence: `answers ${[...new Set(statuses)].join(', ')}, which tells nothing` }
      : { verdict: 'secure', sentence: refusals };
  }
  const where = listener.guard === 'address' && isLoopback(observation.address ?? '') ? ', on loopback' : '';
  const paths = `${wordList([...new Set(opened)])}${where}`;
  return {
    verdict: 'public',
    sentence: refusals === '' ? `answers anyone on ${paths}` : `shows anyone only ${paths}, and ${refusals}`,
  };
}

function refusalText({ answers }: Observation, statuses: readonly number[]): string {
  if (statuses.includes(401)) return 'refuses anonymous requests (401)';
  if (!statuses.includes(403)) return '';
  const user = answers.map(({ outcome }) => (outcome.kind === 'http' ? outcome.signs.user : undefined)).find(Boolean);
  return user === undefined ? 'refuses requests (403)' : `refuses ${user} by authorization (403)`;
}

/** Of something that no rule here is about. */
function stranger(observation: Observation): Standing {
  const { answers, tls, transport } = observation;
  if (transport === 'silent') return { verdict: 'unknown', sentence: 'accepts connections and does not answer' };
  if (tls?.clientCertificate === 'required')
    return { verdict: 'secure', sentence: `refuses clients without a certificate (${alertText(observation)})` };
  const first = answers[0]?.outcome;
  const redirect = answers.map(({ outcome }) => outcome).find((outcome) => outcome.kind === 'http' && outcome.location);
  if (redirect?.kind === 'http')
    return {
      verdict: 'unknown',
      sentence: `redirects to ${redirect.location ?? ''} (${redirect.status}), not followed`,
    };
  if (first?.kind === 'http') {
    const seen = [...new Set(answers.map(({ outcome }) => (outcome.kind === 'http' ? outcome.status : 0)))];
    const looks = answers.some(({ outcome }) => outcome.kind === 'http' && outcome.signs.product === 'kubernetes')
      ? 'a part of Kubernetes; name it with HOST:PORT=LISTENER'
      : 'no part of Kubernetes that is known here';
    return { verdict: 'unknown', sentence: `answers ${seen.filter((status) => status > 0).join(', ')}: ${looks}` };
  }
  return { verdict: 'unknown', sentence: noAnswer(answers.map(({ outcome }) => outcome)) };
}

function noAnswer(outcomes: readonly Outcome[]): string {
  for (const outcome of outcomes) {
    if (outcome.kind === 'not-http' || outcome.kind === 'closed') return outcome.reason;
    if (outcome.kind === 'tls-alert') return `ends the handshake with the TLS alert ${outcome.alert}`;
  }
  return 'accepts connections and does not answer';
}

function alertText({ tls, answers }: Observation): string {
  const alert =
    tls?.alert ?? answers.map(({ outcome }) => (outcome.kind === 'tls-alert' ? outcome.alert : '')).find(Boolean);
  return alert === undefined ? 'it closes the connection' : `TLS alert ${alert}`;
}
