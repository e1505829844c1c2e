import { ApiError } from '../../collect/cluster/api-error.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { labelNamespaces } from '../deployment/label-namespaces.ts';
import type { Log } from '../log.ts';
import type { Target } from '../registration/configurations.ts';
import { type WrongLabel, wrongLabels } from '../registration/name-labels.ts';
import type { WebhookNames } from '../registration/names.ts';
import { isUnlocked, type Registered } from '../registration/registered.ts';
import { probeWebhook } from './probe.ts';
import type { whyUnreachable } from './reachable.ts';

export interface FailurePolicyOptions {
  readonly api: KubeApi;
  readonly names: WebhookNames;
  readonly target: Target;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly unreachable: typeof whyUnreachable;
}

export interface Seen {
  readonly registered: Registered | undefined;
  /** In PEM. */
  readonly bundle: string;
  /** Every namespace that is never sent. */
  readonly exempt: readonly string[];
  readonly labelSetBy: 'server' | 'users';
}

export interface Chosen {
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Why requests are not refused while no server answers; undefined where they are, and during an unlock. */
  readonly because: string | undefined;
}

/** A single call may be turned away while certificates change. */
const roundsTurnedAway = 3;

/**
 * Whether requests are refused while no server answers. Never before the API server itself was let in by one, and the
 * namespaces that must go on are known to be exempt; from then on, but for an unlock, while they stay exempt, and while
 * servers that are there do not turn the API server away. That no server is there changes nothing: it fails closed then.
 */
export class FailurePolicy {
  private readonly options: FailurePolicyOptions;
  private turnedAway = 0;
  private told = new Set<string>();

  constructor(options: FailurePolicyOptions) {
    this.options = options;
  }

  /** What the last choice found wrong. */
  get problems(): readonly string[] {
    return [...this.told];
  }

  /** Mends labels where it may. Throws `ApiError`. */
  async choose(seen: Seen): Promise<Chosen> {
    const found: string[] = [];
    const chosen = await this.chosen(seen, found);
    for (const problem of found) if (!this.told.has(problem)) this.options.log.write('error', problem);
    this.told = new Set(found);
    return chosen;
  }

  private async chosen(seen: Seen, found: string[]): Promise<Chosen> {
    const { api, names, target, now, unreachable } = this.options;
    const { registered, bundle } = seen;
    const missing = await this.mendLabels(seen, found);
    if (isUnlocked(registered?.unlock, now())) return { failurePolicy: 'Ignore', because: undefined };
    const open = (reason: string): Chosen => ({ failurePolicy: 'Ignore', because: reason });
    const enforcing = registered?.hooks.find(({ name }) => name.startsWith('enforce.'));
    if (enforcing === undefined) return open('it is being registered');
    if (missing !== undefined) return open(missing);
    const probe = await probeWebhook(api, names, now());
    if (probe.outcome === 'reached') {
      this.turnedAway = 0;
      return { failurePolicy: 'Fail', because: undefined };
    }
    const reason = `no call of the API server gets in: ${probe.reason}`;
    found.push(reason);
    if (enforcing.failurePolicy !== 'Fail' || registered?.unlock !== undefined) return open(reason);
    const isThere = (await unreachable(target, bundle)) === undefined;
    if (!isThere) this.turnedAway = 0;
    else if (probe.outcome === 'turned-away') this.turnedAway += 1;
    if (this.turnedAway >= roundsTurnedAway) return open(reason);
    return { failurePolicy: 'Fail', because: undefined };
  }

  /** Sets labels right. Tells of what could not be, and returns why a namespace is judged that ought to be exempt. */
  private async mendLabels({ exempt, labelSetBy }: Seen, found: string[]): Promise<string | undefined> {
    const { api, log } = this.options;
    let missing: string | undefined;
    let wrong: readonly WrongLabel[];
    try {
      wrong = await wrongLabels(api, { exempt, labelSetBy });
    } catch (error) {
      if (!(error instanceof ApiError) || error.isTransport) throw error;
      const unread = `nobody knows which namespaces are exempt: ${error.message}`;
      found.push(unread);
      return unread;
    }
    for (const { namespace, problem, effect } of wrong) {
      try {
        await labelNamespaces(api, [namespace]);
        log.write('warning', `${problem}: set right`);
      } catch (error) {
        if (!(error instanceof ApiError) || error.isTransport) throw error;
        found.push(`${problem}, and the label cannot be set: ${error.message}`);
        if (effect === 'judged') missing ??= problem;
      }
    }
    return missing;
  }
}
