import { join, resolve } from 'node:path';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { counted } from '../report/names.ts';
import { SensorHealth } from '../watch/health.ts';
import { type NatsAccess, openNats } from '../watch/nats/connection.ts';
import { AlertFeed } from '../watch/nats/deliver.ts';
import { Publish } from '../watch/nats/publish.ts';
import { Work } from '../watch/nats/work.ts';
import { holdStateFolder } from '../watch/state-folder.ts';
import { Watch } from '../watch/watch.ts';
import { isLoopback } from './address.ts';
import { type Interrupts, watchInterrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';
import type { RunFlags } from './watch.ts';
import { detectorOptions } from './watch-detector.ts';
import { beginOf, stateFolderOf } from './watch-folder.ts';
import { type WatchNotes, watchNotes } from './watch-notes.ts';
import { openCauses, openSinks } from './watch-outlets.ts';
import { openSources } from './watch-sources.ts';

const checkpointEvery = 5_000;

type Role = 'publish' | 'worker' | 'deliver';

interface RoleContext {
  readonly names: readonly string[];
  readonly flags: RunFlags;
  readonly terminal: Terminal;
  readonly notes: WatchNotes;
  readonly nats: Awaited<ReturnType<typeof openNats>>;
  readonly signal: AbortSignal;
}

/** One of the processes that share a watch through NATS, until it is interrupted. Returns the exit code. */
export async function runWatchNats(
  names: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
  interrupts: Interrupts,
): Promise<number> {
  const role = roleOf(names, flags);
  const access = accessOf(flags, terminal);
  const notes = watchNotes(terminal);
  const stopping = watchInterrupts(interrupts, {
    first: () => notes.say('Stopping: what is known is saved. Once more to end at once.'),
    second: () => notes.say('Ended.'),
  });
  try {
    const nats = await openNats(access, { partitions: flags.natsPartitions, replicas: flags.natsReplicas });
    try {
      const context = { names, flags, terminal, notes, nats, signal: stopping.signal };
      if (role === 'publish') return await publish(context);
      await (role === 'worker' ? work(context) : deliver(context));
      return exitCodes.clean;
    } finally {
      await nats.connection.close();
    }
  } finally {
    stopping.stop();
  }
}

async function publish({ names, flags, terminal, notes, nats, signal }: RoleContext): Promise<number> {
  const { once: _, ...lasting } = flags;
  const folder = stateFolderOf(names, lasting, terminal);
  if (folder === undefined) throw new BulwarkError('usage', '--publish needs a folder for its state', 'add --state');
  const state = await holdStateFolder(folder);
  try {
    const sources = await openSources(names, {
      flags,
      terminal,
      stateFolder: state.path,
      onListening: ({ address, port }) => notes.say(`Listening for API servers on ${address}:${port}`),
      onAnswered: ({ status }) => notes.answered(status),
      onRepeated: () => undefined,
      onBacklog: () => undefined,
    });
    const detector = await detectorOptions(flags, terminal);
    notes.say(`Publishing ${sources.map(({ name }) => name).join(', ')}`);
    const summary = await Publish.run({
      nats,
      partitions: flags.natsPartitions,
      detector,
      sources,
      mode: flags.once === true ? 'once' : 'follow',
      path: join(state.path, 'published.ndjson'),
      begin: (source) => beginOf(source, flags),
      health: new SensorHealth({ quietAfter: flags.quietAfter }),
      least: flags.severity,
      now: () => terminal.now().getTime(),
      signal,
      events: notes.events(() => undefined),
    });
    for (const problem of summary.unread) notes.say(problem);
    if (!summary.isComplete) notes.say(`Not everything is published yet; the rest is kept in ${state.path}`);
    if (flags.once !== true) return exitCodes.clean;
    const isWhole = summary.isComplete && summary.damages === 0 && summary.unread.length === 0;
    return isWhole ? exitCodes.clean : exitCodes.incomplete;
  } finally {
    await state.release();
  }
}

async function work({ flags, terminal, notes, nats, signal }: RoleContext): Promise<void> {
  const [detector, causes] = await Promise.all([detectorOptions(flags, terminal), openCauses(flags, terminal)]);
  notes.say('Working');
  await Work.run({
    nats,
    partitions: flags.natsPartitions,
    detector,
    least: flags.severity,
    causes,
    lease: flags.lease * 1000,
    checkpointEvery: Math.min(checkpointEvery, flags.lease * 500),
    signal,
    events: notes.events(() => undefined),
    lost: (partition, count, why) => notes.say(`${counted(count, 'event')} of partition ${partition} lost: ${why}`),
    took: (partition) => notes.say(`Took partition ${partition}`),
  });
}

/** A watch of one process whose source is the stream of alerts. */
async function deliver({ flags, terminal, notes, nats, signal }: RoleContext): Promise<void> {
  const folder = stateFolderOf([flags.nats ?? ''], flags, terminal);
  const state = folder === undefined ? undefined : await holdStateFolder(folder);
  try {
    const feed = new AlertFeed(nats);
    const watch = await Watch.open({
      sources: [feed],
      mode: 'follow',
      detector: feed,
      health: new SensorHealth({ quietAfter: 0 }),
      sinks: await openSinks(flags, terminal),
      state,
      begin: async () => undefined,
      least: flags.severity,
      causes: () => [],
      now: () => terminal.now().getTime(),
      signal,
      events: notes.events(() => undefined),
      limits: { updateEvery: flags.updateEvery * 1000 },
    });
    notes.say('Delivering');
    notes.summary(await watch.run(), { isOnce: false, state });
  } finally {
    await state?.release();
  }
}

function roleOf(
  names: readonly string[],
  { publish: isPublish, worker, deliver: isDeliver, ...flags }: RunFlags,
): Role {
  const roles: Role[] = [];
  if (isPublish === true) roles.push('publish');
  if (worker === true) roles.push('worker');
  if (isDeliver === true) roles.push('deliver');
  const [role] = roles;
  if (role === undefined || roles.length > 1) {
    throw new BulwarkError(
      'usage',
      '--nats needs one of --publish, --worker and --deliver',
      'start a process for each',
    );
  }
  if (role !== 'publish' && (names.length > 0 || flags.once === true)) {
    throw new BulwarkError('usage', `--${role} reads no source`, 'name sources and --once with --publish');
  }
  if (role !== 'deliver' && flags.sink.length > 0) {
    throw new BulwarkError('usage', `--${role} tells no sink`, 'name sinks with --deliver');
  }
  if (flags.metrics !== undefined || flags.canary === true) {
    throw new BulwarkError('usage', '--metrics and --canary are for a watch of one process', 'leave them out');
  }
  return role;
}

function accessOf(flags: RunFlags, { cwd, env }: Terminal): NatsAccess {
  const url = flags.nats ?? '';
  if (url.includes('@')) {
    throw new BulwarkError(
      'usage',
      '--nats: the address holds a password, which every process of this machine can read',
      'set NATS_USER and NATS_PASSWORD, or use --nats-creds',
    );
  }
  const hasTls = flags.natsCa !== undefined || flags.natsCert !== undefined;
  for (const server of hasTls ? [] : url.split(',')) refuseInTheClear(server);
  if ((flags.natsCert === undefined) !== (flags.natsKey === undefined)) {
    throw new BulwarkError('usage', '--nats-cert and --nats-key go together', 'give both');
  }
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(cwd, path));
  return {
    url,
    creds: file(flags.natsCreds),
    nkey: file(flags.natsNkey),
    ca: file(flags.natsCa),
    cert: file(flags.natsCert),
    key: file(flags.natsKey),
    user: env['NATS_USER'],
    password: env['NATS_PASSWORD'],
  };
}

/** Audit events hold what nobody else may read. */
function refuseInTheClear(server: string): void {
  const { protocol, hostname } = parsedUrl(server);
  if (protocol === 'tls:' || isLoopback(hostname.replace(/^\[|\]$/g, ''))) return;
  throw new BulwarkError(
    'usage',
    `--nats ${server} would send events in the clear`,
    'write tls://HOST:PORT, with --nats-ca where the authority is your own',
  );
}

function parsedUrl(server: string): URL {
  try {
    return new URL(server.includes('://') ? server : `nats://${server}`);
  } catch (cause) {
    throw new BulwarkError('usage', `--nats ${server} is no address`, 'write nats://HOST:PORT or tls://HOST:PORT', {
      cause,
    });
  }
}
