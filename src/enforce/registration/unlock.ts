import { ApiError } from '../../collect/cluster/api-error.ts';
import { isList, type Json, type JsonObject, own } from '../../model/json.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { configurationPath, unlockedUntil, unlockReason, type WebhookNames } from './names.ts';
import { changedConfiguration } from './registered.ts';

export interface UnlockRequest {
  /** Milliseconds since 1970; undefined ends an unlock. */
  readonly until: number | undefined;
  readonly reason: string;
  readonly now: number;
}

/**
 * Suspends refusals until a time, or ends that. At once and without the keeper: every hook fails open, and the
 * annotation tells the servers to warn instead of refusing. The servers count the time by themselves; that hooks fail
 * closed again is the keeper's work. Leaves an event behind. Returns what it did, in words. Throws `ApiError`.
 */
export async function unlock(
  api: KubeApi,
  names: WebhookNames,
  { until, reason, now }: UnlockRequest,
): Promise<string> {
  const path = configurationPath('validating', names);
  for (let attempt = 0; ; attempt += 1) {
    const configuration = await api.get(path);
    const webhooks = own(configuration, 'webhooks');
    const hooks = isList(webhooks) ? webhooks : [];
    const body = changedConfiguration(configuration, {
      // An end in the past is what the keeper takes for the sign to close the hooks again.
      annotations: {
        [unlockedUntil]: new Date(until ?? now).toISOString(),
        ...(until !== undefined && { [unlockReason]: reason }),
      },
      webhooks: until === undefined ? hooks.map((hook) => hook as JsonObject) : hooks.map(failingOpen),
    });
    try {
      await api.call({ method: 'PUT', path, body });
      break;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || attempt >= 5) throw error;
    }
  }
  const said =
    until === undefined
      ? 'Refusals are in force again; the keeper lets the hooks fail closed at its next round.'
      : `Refusals are suspended until ${new Date(until).toISOString()}: ${reason}`;
  await tell(api, names, { message: said, isOver: until === undefined, now });
  return said;
}

function failingOpen(hook: Json): JsonObject {
  return { ...(hook as JsonObject), failurePolicy: 'Ignore' };
}

interface Told {
  readonly message: string;
  readonly isOver: boolean;
  readonly now: number;
}

/** The event of an object that is in no namespace stands in `default`. Who may not make one has unlocked all the same. */
async function tell(api: KubeApi, { name }: WebhookNames, { message, isOver, now }: Told): Promise<void> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${now.toString(16)}`, namespace: 'default' },
    involvedObject: { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', name },
    type: isOver ? 'Normal' : 'Warning',
    reason: isOver ? 'Locked' : 'Unlocked',
    message,
    source: { component: 'bulwark' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  try {
    await api.call({ method: 'POST', path: '/api/v1/namespaces/default/events', body });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
