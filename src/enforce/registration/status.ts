import { certificatesIn } from '../certificates/trust.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { nameLabelsOf, wrongLabels } from './name-labels.ts';
import { configurationKinds, configurationPath, type WebhookNames } from './names.ts';
import { isUnlocked, type Registered, type RegisteredHook, readRegistered } from './registered.ts';

export interface WebhookStatus {
  readonly name: string;
  readonly hooks: readonly HookStatus[];
  /** While refusals are suspended. */
  readonly unlocked: { readonly until: string; readonly reason: string } | undefined;
  /** What is let through while no server answers, as it cannot be otherwise. */
  readonly notes: readonly string[];
  /** Why requests may not be refused as they should be; empty where all is well. */
  readonly problems: readonly string[];
}

interface HookStatus {
  readonly name: string;
  readonly failurePolicy: string;
  /** When each authority of the bundle ends, RFC 3339. */
  readonly authorities: readonly string[];
}

/** What API servers know of the webhook at `now`, in milliseconds since 1970. Throws `ApiError`. */
export async function readStatus(api: KubeApi, names: WebhookNames, now: number): Promise<WebhookStatus> {
  const problems: string[] = [];
  const notes: string[] = [];
  const hooks: HookStatus[] = [];
  const all: RegisteredHook[] = [];
  let unlock: Registered['unlock'];
  for (const kind of configurationKinds) {
    const configuration = await api.find(configurationPath(kind, names));
    if (configuration === undefined) {
      problems.push(`there is no ${kind} webhook configuration ${names.name}: run bulwark webhook install`);
      continue;
    }
    const registered = readRegistered(configuration);
    unlock ??= registered.unlock;
    notes.push(...registered.notes);
    all.push(...registered.hooks);
    if (kind === 'validating' && registered.hooks.length === 0) {
      problems.push('no hook is registered: the keeper has not been here yet, or no policy needs one');
    }
    for (const { name, failurePolicy, bundle } of registered.hooks) {
      const ends = certificatesIn(bundle).map(({ validTo }) => Date.parse(validTo));
      hooks.push({ name, failurePolicy, authorities: ends.map((end) => new Date(end).toISOString()) });
      if (!ends.some((end) => end > now)) problems.push(`${name}: no authority of its caBundle is valid`);
      if (name.startsWith('enforce.') && failurePolicy !== 'Fail') {
        const because = registered.failsOpen === undefined ? '' : ` (${registered.failsOpen})`;
        problems.push(`${name} fails open: requests are not refused while no server answers${because}`);
      }
    }
  }
  for (const { problem } of await wrongLabels(api, nameLabelsOf(all))) problems.push(problem);
  const isOpen = isUnlocked(unlock, now);
  if (isOpen) problems.push(`refusals are suspended until ${new Date(unlock?.until ?? 0).toISOString()}`);
  const unlocked =
    isOpen && unlock !== undefined ? { until: new Date(unlock.until).toISOString(), reason: unlock.reason } : undefined;
  return { name: names.name, hooks, unlocked, notes, problems };
}

export function statusText({ name, hooks, unlocked, notes, problems }: WebhookStatus): string {
  const lines = [`${name}: ${hooks.length === 0 ? 'no hooks' : `${hooks.length} hooks`}`];
  for (const hook of hooks) {
    lines.push(
      `  ${hook.name}: failure policy ${hook.failurePolicy}, authorities until ${hook.authorities.join(', ') || 'never'}`,
    );
  }
  if (unlocked !== undefined) lines.push(`  unlocked until ${unlocked.until}: ${unlocked.reason}`);
  for (const note of notes) lines.push(`  note: ${note}`);
  for (const problem of problems) lines.push(`  problem: ${problem}`);
  return `${lines.join('\n')}\n`;
}
