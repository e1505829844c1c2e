import type { JsonObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { plainText } from '../cluster/plain-text.ts';

export type PodOutcome =
  /** `doing` says what it waits for, for a time-out. */
  | { readonly kind: 'pending'; readonly doing: string }
  | { readonly kind: 'ended' }
  /** It ended, and its log may say why. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Reasons of a waiting container that no time mends. ErrImagePull is tried again, and becomes ImagePullBackOff. */
const final: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** How far a collector pod is, from its status (core/v1 PodStatus). */
export function podOutcome(pod: JsonObject): PodOutcome {
  const status = new Reader(pod, [], []).object('status');
  const phase = status.string('phase') ?? '';
  const container = status.objects('containerStatuses')[0];
  const state = container?.object('state');
  if (phase === 'Succeeded') return { kind: 'ended' };
  if (phase === 'Failed') {
    const ended = state?.object('terminated');
    const own = described(status.string('reason'), status.string('message'));
    if (own !== undefined) return { kind: 'failed', reason: own };
    const code = ended?.integer('exitCode');
    const cause = described(ended?.string('reason'), ended?.string('message')) ?? 'Error';
    return { kind: 'failed', reason: code === undefined ? cause : `${cause}, exit code ${code}` };
  }
  const waiting = state?.object('waiting');
  const reason = waiting?.string('reason') ?? '';
  const doing = described(reason, waiting?.string('message'));
  if (doing !== undefined && final.has(reason)) return { kind: 'failed', reason: doing };
  if (phase === 'Running') return { kind: 'pending', doing: 'the collector still ran' };
  return { kind: 'pending', doing: doing ?? 'the kubelet did not take up the pod' };
}

function described(reason: string | undefined, message: string | undefined): string | undefined {
  if (reason === undefined || reason === '')
    return message === undefined || message === '' ? undefined : plainText(message);
  return plainText(message === undefined || message === '' ? reason : `${reason}: ${message}`);
}
