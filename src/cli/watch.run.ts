import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readSnapshot } from '../collect/snapshot-file.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { Alert } from '../model/alert.ts';
import { BulwarkError } from '../model/errors.ts';
import { compareSeverity } from '../model/severity.ts';
import { causesIn } from '../watch/causes.ts';
import { endOf } from '../watch/file-end.ts';
import { SensorHealth } from '../watch/health.ts';
import type { WatchMetrics } from '../watch/metrics.ts';
import { alertPage } from '../watch/sinks/alert-lines.ts';
import { openSink, type SinkContext } from '../watch/sinks/open-sink.ts';
import type { Sink } from '../watch/sinks/sink.ts';
import type { EventSource } from '../watch/sources/index.ts';
import { holdStateFolder } from '../watch/state-folder.ts';
import { Watch } from '../watch/watch.ts';
import type { WatchOptions, WatchSummary } from '../watch/watch-options.ts';
import { type Interrupts, processInterrupts, watchInterrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';
import type { WatchFlags } from './watch.ts';
import { openDetector } from './watch-detector.ts';
import { watchNotes } from './watch-notes.ts';
import { openSources, printWebhookConfig } from './watch-sources.ts';

type RunFlags = Omit<WatchFlags, 'color'> & { readonly color: 'always' | 'never' };

/** One watch, until it is interrupted or has read everything. Returns the exit code. */
export async function runWatch(
  names: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
  interrupts: Interrupts = processInterrupts,
): Promise<number> {
  if (flags.printWebhookConfig === true) {
    await terminal.out(await printWebhookConfig(flags, terminal));
    return exitCodes.clean;
  }
  const isOnce = flags.once === true;
  const folder = stateFolderOf(names, flags, terminal);
  const state = folder === undefined ? undefined : await holdStateFolder(folder);
  const notes = watchNotes(terminal);
  const stopping = watchInterrupts(interrupts, {
    first: () => notes.say('Stopping: what is known is saved, and what waits is sent. Once more to end at once.'),
    second: () => notes.say('Ended.'),
  });
  const closing: (() => Promise<void>)[] = [];
  try {
    const detector = await openDetector(flags, terminal);
    const health = new SensorHealth({ quietAfter: flags.quietAfter });
    const now = () => terminal.now().getTime();
    let metrics: WatchMetrics | undefined;
    let watch: Watch | undefined;
    const sources = await openSources(names, {
      flags,
      terminal,
      stateFolder: state?.path,
      onListening: ({ address, port }) => notes.say(`Listening for API servers on ${address}:${port}`),
      onAnswered: (answered) => {
        metrics?.answered(answered);
        notes.answered(answered.status);
      },
      onRepeated: (count) => metrics?.repeatedEvents(count),
      onBacklog: (bytes) => metrics?.setBacklog(bytes),
    });
    if (flags.metrics !== undefined) {
      const { serveMetrics } = await import('./watch-metrics.ts');
      const served = await serveMetrics(flags.metrics, { detector, health, now, watch: () => watch });
      metrics = served.metrics;
      closing.push(served.close);
      notes.say(`Metrics on ${served.where}`);
    }
    const events = notes.events(() => metrics);
    const canary =
      flags.canary !== true || isOnce
        ? undefined
        : await (await import('./watch-canary.ts')).openCanary(flags, {
            terminal,
            notes,
            metrics: () => metrics,
            watch: () => watch,
            signal: stopping.signal,
          });
    const options: WatchOptions = {
      sources,
      mode: isOnce ? 'once' : 'follow',
      detector,
      health,
      sinks: await openSinks(flags, terminal),
      state,
      begin: (source) => beginOf(source, flags),
      least: flags.severity,
      causes: await openCauses(flags, terminal),
      ...(canary !== undefined && { canary }),
      now,
      signal: stopping.signal,
      events,
      limits: { updateEvery: flags.updateEvery * 1000 },
    };
    watch = await Watch.open(options);
    if (!isOnce) notes.say(`Watching ${sources.map(({ name }) => name).join(', ')}`);
    const summary = await watch.run();
    notes.summary(summary, { isOnce, state });
    return isOnce ? exitCodeOf(summary, flags) : exitCodes.clean;
  } finally {
    for (const close of closing) await close();
    await state?.release();
    stopping.stop();
  }
}

/** Where several apply the order is 2, 3, 1, 0, as for a scan. */
function exitCodeOf(summary: WatchSummary, { failOn }: RunFlags): number {
  if (summary.unread.length > 0 || summary.damages > 0 || summary.undelivered.size > 0) return exitCodes.incomplete;
  for (const severity of summary.incidents.values()) {
    if (failOn !== 'none' && compareSeverity(severity, failOn) >= 0) return exitCodes.findings;
  }
  return exitCodes.clean;
}

/** A folder of its own for each set of sources. Systemd names one for a service. */
function stateFolderOf(names: readonly string[], flags: RunFlags, { env, cwd }: Terminal): string | undefined {
  if (flags.state !== undefined) return resolve(cwd, flags.state);
  if (flags.once === true) return undefined;
  const given = env['STATE_DIRECTORY']?.split(':', 1)[0];
  if (given) return given;
  const base = env['XDG_STATE_HOME'] || (env['HOME'] ? join(env['HOME'], '.local/state') : undefined);
  if (base === undefined) {
    throw new BulwarkError('usage', 'there is no home folder to keep the state in', 'name a folder with --state');
  }
  const sources = names.map((name) => (name === '-' || name.endsWith(':') ? name : resolve(cwd, name)));
  return join(base, 'bulwark/watch', createHash('sha256').update(sources.join('\n')).digest('hex').slice(0, 12));
}

async function openSinks(flags: RunFlags, terminal: Terminal): Promise<readonly Sink[]> {
  const context: SinkContext = {
    cwd: terminal.cwd,
    write: (text) => terminal.out(text),
    page: alertPage(flags.color, terminal.width),
    ca: await textOf('--sink-ca', flags.sinkCa, terminal),
    secret: (await textOf('--sink-secret-file', flags.sinkSecretFile, terminal))?.trim(),
    now: () => terminal.now().getTime(),
  };
  const specs = flags.sink.length === 0 ? ['terminal'] : flags.sink;
  if (specs.filter((spec) => /^(terminal|ndjson(=-)?)$/.test(spec)).length > 1) {
    throw new BulwarkError(
      'usage',
      'two sinks write to standard output',
      'send one of them to a file: --sink ndjson=FILE',
    );
  }
  const sinks = await Promise.all(specs.map((spec) => openSink(spec, context)));
  if (new Set(sinks.map(({ name }) => name)).size < sinks.length) {
    throw new BulwarkError('usage', 'a sink is named twice', 'name each once');
  }
  return sinks;
}

async function textOf(option: string, path: string | undefined, { cwd }: Terminal): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `${option}: ${reason}`, 'name a readable file', { cause });
  }
}

async function openCauses({ snapshot }: RunFlags, { cwd }: Terminal): Promise<(alert: Alert) => readonly string[]> {
  if (snapshot === undefined) return () => [];
  const [{ judge }, { controls }] = await Promise.all([
    import('../engine/judge.ts'),
    import('../controls/registry.ts'),
  ]);
  return causesIn(judge(await readSnapshot(resolve(cwd, snapshot)), { controls }).findings);
}

/** A file that is followed for the first time begins at its end, unless all of it is asked for. */
async function beginOf(source: EventSource, { once, fromStart }: RunFlags): ReturnType<WatchOptions['begin']> {
  if (once === true || fromStart === true || !source.name.startsWith('/')) return undefined;
  return endOf(source.name);
}
