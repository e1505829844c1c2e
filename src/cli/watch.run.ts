import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { compareSeverity } from '../model/severity.ts';
import { SensorHealth } from '../watch/health.ts';
import type { WatchMetrics } from '../watch/metrics.ts';
import { holdStateFolder } from '../watch/state-folder.ts';
import { Watch } from '../watch/watch.ts';
import type { WatchOptions, WatchSummary } from '../watch/watch-options.ts';
import { type Interrupts, processInterrupts, watchInterrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';
import type { RunFlags } from './watch.ts';
import { openDetector } from './watch-detector.ts';
import { beginOf, stateFolderOf } from './watch-folder.ts';
import { watchNotes } from './watch-notes.ts';
import { openCauses, openSinks } from './watch-outlets.ts';
import { openSources, printWebhookConfig } from './watch-sources.ts';

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
  if (flags.nats !== undefined) {
    const { runWatchNats } = await import('./watch-nats.run.ts');
    return runWatchNats(names, flags, terminal, interrupts);
  }
  refuseWithoutNats(flags);
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

function refuseWithoutNats({ publish, worker, deliver }: RunFlags): void {
  if (publish === undefined && worker === undefined && deliver === undefined) return;
  throw new BulwarkError('usage', '--publish, --worker and --deliver need --nats', 'name the server with --nats URL');
}

/** Where several apply the order is 2, 3, 1, 0, as for a scan. */
function exitCodeOf(summary: WatchSummary, { failOn }: RunFlags): number {
  if (summary.unread.length > 0 || summary.damages > 0 || summary.undelivered.size > 0 || summary.dropped.size > 0)
    return exitCodes.incomplete;
  for (const severity of summary.incidents.values()) {
    if (failOn !== 'none' && compareSeverity(severity, failOn) >= 0) return exitCodes.findings;
  }
  return exitCodes.clean;
}
