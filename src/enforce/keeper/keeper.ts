import { failOpenNotes } from '../../admission/lifelines.ts';
import type { WebhookRules } from '../../admission/webhook-rules.ts';
import { equalJson } from '../../model/equal-json.ts';
import { isList, type Json, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { bundleOf, type Keyring, type Lives, renewKeyring } from '../certificates/keyring.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import type { Log } from '../log.ts';
import { certificateNames, type Target, webhooksOf } from '../registration/configurations.ts';
import {
  type ConfigurationKind,
  configurationKinds,
  configurationPath,
  failsOpenBecause,
  failsOpenFor,
  firstWithNameLabel,
  unlockedUntil,
  unlockReason,
  type WebhookNames,
} from '../registration/names.ts';
import { changedConfiguration, isUnlocked, readRegistered } from '../registration/registered.ts';
import { hookRules } from '../registration/rules.ts';
import { FailurePolicy } from './failure-policy.ts';
import { whyUnreachable } from './reachable.ts';
import { isConflict, readAuthority, writeAuthority, writeServed } from './secrets.ts';

export interface KeeperOptions {
  readonly api: KubeApi;
  readonly names: WebhookNames;
  readonly target: Target;
  readonly lives: Lives;
  /** Of the policies in force; undefined where there are none that could be read: what is registered stays then. */
  readonly rules: () => WebhookRules | undefined;
  /** Namespaces that are never sent, besides the webhook's own. */
  readonly exempt: readonly string[];
  readonly timeoutSeconds: number;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** As `whyUnreachable`, for tests. */
  readonly unreachable?: typeof whyUnreachable;
}

/**
 * Keeps the webhook registered: certificates, the two configurations, and the time of an unlock. It alone may write
 * them, and it answers no reviews: what judges hostile objects has no right to change what the API server trusts.
 * Several may run, since whoever loses a race starts again from what the other wrote.
 */
export class Keeper {
  private readonly options: KeeperOptions;
  private readonly policy: FailurePolicy;

  constructor(options: KeeperOptions) {
    this.options = options;
    this.policy = new FailurePolicy({ ...options, unreachable: options.unreachable ?? whyUnreachable });
  }

  /** What the last round found wrong, and could not mend. */
  get problems(): readonly string[] {
    return this.policy.problems;
  }

  /**
   * One round: renews what is due, publishes the authority before anything is served that needs it, hands out the
   * certificate, and brings rules and failure policies to what they should be. Throws `ApiError`.
   */
  async round(): Promise<void> {
    try {
      const found = await this.configurations();
      const ring = await this.renew(found);
      await this.register(found, ring);
      if (await writeServed(this.options.api, this.options.names, ring)) {
        this.options.log.write('info', 'certificate handed out', { until: new Date(ring.leaf.until).toISOString() });
      }
    } catch (error) {
      if (!isConflict(error)) throw error;
      this.options.log.write('info', 'another keeper was faster');
    }
  }

  private async configurations(): Promise<ReadonlyMap<ConfigurationKind, JsonObject>> {
    const { api, names } = this.options;
    const found = new Map<ConfigurationKind, JsonObject>();
    for (const kind of configurationKinds) {
      const configuration = await api.find(configurationPath(kind, names));
      if (configuration !== undefined) found.set(kind, configuration);
      else
        this.options.log.write(
          'error',
          `the ${kind} webhook configuration ${names.name} is not there: apply the manifests`,
        );
    }
    return found;
  }

  private async renew(found: ReadonlyMap<ConfigurationKind, JsonObject>): Promise<Keyring> {
    const { api, names, target, lives, log, now } = this.options;
    const { secret, ring } = await readAuthority(api, names);
    const next = await renewKeyring(ring, {
      names: certificateNames(target),
      lives,
      now: now(),
      published: publishedBundle(found),
    });
    if (next === ring) return next;
    await writeAuthority(api, names, { secret, ring: next });
    log.write('info', 'keys changed', { change: changeOf(ring, next) });
    return next;
  }

  private async register(found: ReadonlyMap<ConfigurationKind, JsonObject>, ring: Keyring): Promise<void> {
    const { api, names, target, log, timeoutSeconds } = this.options;
    const active = this.options.rules();
    const validating = found.get('validating');
    const registered = validating === undefined ? undefined : readRegistered(validating);
    const bundle = bundleOf(ring);
    const listed = active?.exempt ?? registered?.hooks.flatMap((hook) => hook.exempt) ?? [];
    const exempt = [...new Set([names.namespace, ...this.options.exempt, ...listed])];
    const serverMinor = await this.serverMinor();
    const labelSetBy = serverMinor !== undefined && serverMinor < firstWithNameLabel ? 'users' : 'server';
    const rules = active && hookRules(active, serverMinor);
    const notes =
      active === undefined ? (registered?.notes ?? []) : boundedNotes(failOpenNotes(active.refusing, serverMinor));
    const { failurePolicy, because } = await this.policy.choose({ registered, bundle, exempt, labelSetBy });
    for (const [kind, configuration] of found) {
      const before = own(configuration, 'webhooks');
      const webhooks =
        rules === undefined
          ? withBundle(isList(before) ? before : [], bundle)
          : webhooksOf(kind, {
              target,
              bundle,
              rules,
              exempt,
              failurePolicy,
              timeoutSeconds,
              labelSetBy,
              serverMinor,
            });
      const isOver = registered?.unlock !== undefined && !isUnlocked(registered.unlock, this.options.now());
      const clearing = kind === 'validating' && isOver;
      const isRefusing = kind === 'validating' && (rules === undefined || rules.enforce.length > 0);
      const reason = isRefusing ? because : undefined;
      const isSaid =
        kind !== 'validating' ||
        (registered?.failsOpen === reason && registered?.notes.join('\n') === notes.join('\n'));
      if (!clearing && isSaid && equalJson(isList(before) ? before : [], webhooks)) continue;
      const annotations = {
        [failsOpenBecause]: reason ?? null,
        [failsOpenFor]: kind === 'validating' && notes.length > 0 ? notes.join('\n') : null,
        ...(clearing && { [unlockedUntil]: null, [unlockReason]: null }),
      };
      await api.call({
        method: 'PUT',
        path: configurationPath(kind, names),
        body: changedConfiguration(configuration, { annotations, webhooks }),
      });
      log.write('info', `${kind} webhooks registered`, { hooks: policiesOf(webhooks), because: reason });
      if (clearing) log.write('warning', 'the unlock is over', { failurePolicy });
    }
  }

  /** As of a server that is asked again in every round: it may be upgraded meanwhile. */
  private async serverMinor(): Promise<number | undefined> {
    const minor = Number.parseInt(new Reader(await this.options.api.get('/version'), [], []).string('minor') ?? '', 10);
    return Number.isNaN(minor) ? undefined : minor;
  }
}

const mostNotes = 50;

/** An annotation has room for so much, and a reader, too. */
function boundedNotes(notes: readonly string[]): readonly string[] {
  const lines = notes.slice(0, mostNotes).map((note) => (note.length > 1000 ? `${note.slice(0, 1000)} …` : note));
  return notes.length > mostNotes ? [...lines, `and ${notes.length - mostNotes} more`] : lines;
}

/** `enforce.webhook.bulwark.dev Fail`. */
function policiesOf(webhooks: readonly JsonObject[]): readonly string[] {
  return webhooks.map((webhook) => {
    const reader = new Reader(webhook, [], []);
    return `${reader.string('name') ?? ''} ${reader.string('failurePolicy') ?? ''}`;
  });
}

/** The hooks as they are, with another bundle. */
function withBundle(webhooks: readonly Json[], bundle: string): readonly JsonObject[] {
  return webhooks.map((webhook) => {
    const all = new Map(Object.entries(webhook as JsonObject));
    const config = all.get('clientConfig');
    all.set('clientConfig', { ...(config as JsonObject), caBundle: Buffer.from(bundle).toString('base64') });
    return Object.fromEntries(all);
  });
}

/** The bundle that every hook has; undefined where there are none. */
function publishedBundle(found: ReadonlyMap<ConfigurationKind, JsonObject>): string | undefined {
  const bundles = [...found.values()].flatMap((configuration) =>
    readRegistered(configuration).hooks.map(({ bundle }) => bundle),
  );
  const [first] = bundles;
  if (first === undefined) return undefined;
  // Of bundles that differ none can be counted on.
  return bundles.every((bundle) => bundle === first) ? first : '';
}

function changeOf(before: Keyring | undefined, after: Keyring): string {
  if (before === undefined) return 'first authority and certificate';
  if (after.previous !== undefined && before.previous === undefined) return 'the new authority signs';
  if (after.next?.publishedAt !== undefined && before.next?.publishedAt === undefined)
    return 'the new authority is published';
  if (after.next !== undefined && before.next === undefined) return 'a new authority';
  if (after.leaf.cert !== before.leaf.cert) return 'a new certificate';
  return 'an old authority was dropped';
}
