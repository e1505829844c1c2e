import { ApiError } from '../../collect/cluster/api-error.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { probeLabel, probeReached, type WebhookNames } from '../registration/names.ts';

export type ProbeResult =
  | { readonly outcome: 'reached' }
  | {
      /** `turned-away`: something about certificates or names; `failed`: anything else, such as that no server is there. */
      readonly outcome: 'turned-away' | 'failed';
      readonly reason: string;
    };

/**
 * Whether the API server itself is let in by the webhook: an event that is never kept, and that the hook `probe` answers
 * with a refusal of its own. A handshake of ours would prove less: in TLS 1.3 it succeeds before a client certificate is
 * asked for, and the API server shows its own, or none. Of several API servers it asks the one that it is connected to.
 */
export async function probeWebhook(api: KubeApi, { namespace }: WebhookNames, now: number): Promise<ProbeResult> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: 'webhook-probe-', namespace, labels: { [probeLabel]: 'true' } },
    involvedObject: { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace },
    type: 'Normal',
    reason: 'Probe',
    message: 'whether the webhook is reached',
    source: { component: 'bulwark' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  try {
    await api.call({ method: 'POST', path: `/api/v1/namespaces/${namespace}/events?dryRun=All`, body });
    return { outcome: 'failed', reason: 'the API server does not call the webhook yet' };
  } catch (error) {
    if (!(error instanceof ApiError) || error.isTransport) throw error;
    if (error.message.endsWith(`denied the request: ${probeReached}`)) return { outcome: 'reached' };
    const reason = withoutPorts(error.message);
    // A certificate of an unknown authority ends the connection without a word. What begins with x509 is said of ours.
    const isTurnedAway =
      /\btls: |certificate|\bEOF$|connection reset|broken pipe/.test(reason) && !reason.includes('x509:');
    return { outcome: isTurnedAway ? 'turned-away' : 'failed', reason };
  }
}

/** The same failure in the same words: connections differ by their own port. */
function withoutPorts(message: string): string {
  return message.replaceAll(/\S{1,100}->\S{1,100}: /g, '').replaceAll(/\?timeout=\w{1,20}/g, '');
}
