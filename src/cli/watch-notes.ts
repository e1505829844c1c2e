import { compareSeverity, type Severity, severities } from '../model/severity.ts';
import { counted } from '../report/names.ts';
import { visibleShort } from '../report/visible.ts';
import type { WatchMetrics } from '../watch/metrics.ts';
import type { StateFolder } from '../watch/state-folder.ts';
import type { WatchEvents, WatchSummary } from '../watch/watch-options.ts';
import type { Terminal } from './terminal.ts';

export interface WatchNotes {
  say(text: string): void;
  answered(status: number): void;
  events(metrics: () => WatchMetrics | undefined): WatchEvents;
  summary(summary: WatchSummary, context: { readonly isOnce: boolean; readonly state: StateFolder | undefined }): void;
}

/** The same kind of thing is said again after so many milliseconds, with how often it happened. */
const sayAgainAfter = 60_000;
const shownDamages = 5;

/** What people are told on standard error: what does not work, once, and what was lost, always. */
export function watchNotes(terminal: Terminal): WatchNotes {
  const say = (text: string): void => terminal.err(`bulwark: ${visibleShort(text, 1_000)}\n`);
  const often = repeated(say, () => terminal.now().getTime());
  let damages = 0;
  return {
    say,
    answered: (status) => {
      if (status === 401) often('refused', 'somebody without a certificate or token was turned away');
      else if (status === 429) often('busy', 'API servers were asked to wait: the detections do not keep up');
      else if (status >= 400) often(String(status), `a request was answered with ${status}`);
    },
    events: (metrics) => ({
      read: (source, what) => metrics()?.read(source, what),
      damaged: ({ source, offset, bytes, problem }) => {
        damages += 1;
        // What is missing has no bytes.
        const text = bytes === 0 ? `${problem}, after ${counted(offset, 'byte')}` : undefined;
        if (damages <= shownDamages)
          say(`${source}: ${text ?? `${counted(bytes, 'byte')} at ${offset} passed over: ${problem}`}`);
        else often('damage', 'more damaged lines passed over');
      },
      alerted: (alert) => metrics()?.alert(alert),
      evaluated: (seconds) => metrics()?.tookEvaluation(seconds),
      checkpointed: (seconds) => metrics()?.tookCheckpoint(seconds),
      dropped: (sink, count) => {
        metrics()?.droppedFor(sink, 'queue-full', count);
        often(`dropped ${sink}`, `the queue of ${sink} is full: its oldest alerts are dropped`, count);
      },
      troubled: (what, problem) =>
        say(problem === undefined ? `${what}: works again` : `${what}: ${problem}; trying again`),
      delivered: (sink, count) => metrics()?.deliveredTo(sink, count),
      refused: (sink, reason) => {
        metrics()?.droppedFor(sink, 'refused');
        often(`refused ${sink}`, `an alert is dropped: ${reason}`);
      },
    }),
    summary: (summary, { isOnce, state }) => {
      for (const problem of summary.unread) say(problem);
      for (const [sink, waiting] of summary.undelivered) {
        say(
          `${counted(waiting, 'alert')} for ${sink} not sent${state === undefined ? ': lost' : `, kept in ${state.path}`}`,
        );
      }
      if (isOnce) terminal.err(`${summaryText(summary)}\n`);
    },
  };
}

/** The closing line of a watch that read everything. */
export function summaryText({ events, damages, others, incidents, dropped, evicted }: WatchSummary): string {
  const counts = new Map<Severity, number>();
  for (const severity of incidents.values()) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  const parts = [...severities]
    .toSorted((a, b) => compareSeverity(b, a))
    .flatMap((severity) => (counts.has(severity) ? [`${counts.get(severity)} ${severity}`] : []));
  const found = incidents.size === 0 ? 'no incidents' : `${counted(incidents.size, 'incident')} (${parts.join(', ')})`;
  const passed = damages === 0 ? '' : `, ${counted(damages, 'damaged piece')} passed over`;
  const other = others === 0 ? '' : `, ${counted(others, 'line')} of something else`;
  const lost = [...dropped].map(
    ([sink, count]) => `; ${counted(count, 'alert')} for ${visibleShort(sink, 100)} dropped`,
  );
  const forgotten =
    evicted === 0
      ? ''
      : `; ${counted(evicted, 'state entry', 'state entries')} of the detections gave way to newer ones: what takes long may be missed`;
  return `${counted(events, 'event')} read${passed}${other}: ${found}${lost.join('')}${forgotten}`;
}

/** Says a thing at once, and then how often it happened meanwhile. */
function repeated(say: (text: string) => void, now: () => number): (key: string, text: string, count?: number) => void {
  const said = new Map<string, { at: number; since: number }>();
  return (key, text, count = 1) => {
    const before = said.get(key);
    if (before === undefined) {
      said.set(key, { at: now(), since: 0 });
      say(count === 1 ? text : `${text} (${count})`);
      return;
    }
    before.since += count;
    if (now() - before.at < sayAgainAfter) return;
    say(`${text} (${before.since} times since)`);
    said.set(key, { at: now(), since: 0 });
  };
}
