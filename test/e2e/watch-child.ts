import type { Alert } from '../../src/model/alert.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { Json } from '../../src/model/json.ts';
import { SensorHealth } from '../../src/watch/health.ts';
import { callerCheck } from '../../src/watch/receiver/caller.ts';
import { webhookSource } from '../../src/watch/receiver/webhook-source.ts';
import { elasticsearchSink } from '../../src/watch/sinks/elasticsearch.ts';
import { HttpTarget } from '../../src/watch/sinks/http-target.ts';
import { ndjsonFileSink } from '../../src/watch/sinks/ndjson.ts';
import type { EventSource } from '../../src/watch/sources/index.ts';
import { fileSource } from '../../src/watch/sources/index.ts';
import { holdStateFolder } from '../../src/watch/state-folder.ts';
import { Watch } from '../../src/watch/watch.ts';
import type { Evaluator, WatchEvents } from '../../src/watch/watch-options.ts';

/** An alert for the first event of each user, and an update at every third: what is lost or repeated shows at once. */
export class CountingDetector implements Evaluator {
  private seen = new Map<string, { count: number; revision: number; first: string }>();

  feed(event: AuditEvent): readonly Alert[] {
    const user = event.user?.name ?? '';
    const known = this.seen.get(user) ?? { count: 0, revision: -1, first: event.id };
    known.count += 1;
    this.seen.set(user, known);
    if (known.count !== 1 && known.count % 3 !== 0) return [];
    known.revision += 1;
    return [alertOf(user, known)];
  }

  flush(): readonly Alert[] {
    return [];
  }

  wants(): boolean {
    return true;
  }

  save(): Json {
    return [...this.seen].map(([user, { count, revision, first }]) => [user, count, revision, first]);
  }

  restore(state: Json): void {
    const rows = state as readonly (readonly [string, number, number, string])[];
    this.seen = new Map(rows.map(([user, count, revision, first]) => [user, { count, revision, first }]));
  }
}

function alertOf(user: string, { count, revision, first }: { count: number; revision: number; first: string }): Alert {
  const time = '2026-11-20T20:00:00.000000Z';
  return {
    id: `count-${user}-${first}`,
    revision,
    rule: 'counted',
    title: 'Counted',
    severity: 'high',
    attack: [],
    actor: { user, impersonated: '', groups: [], source: '', userAgent: '' },
    targets: [],
    message: `${user} was seen ${count} times`,
    next: [],
    first: time,
    last: time,
    count,
    events: [first],
    causes: [],
  };
}

const quiet: WatchEvents = {
  read: () => undefined,
  damaged: ({ problem }) => console.error(problem),
  alerted: () => undefined,
  evaluated: () => undefined,
  checkpointed: () => undefined,
  dropped: (sink) => console.error(`dropped ${sink}`),
  troubled: (what, problem) => console.error(`${what} ${problem}`),
  delivered: () => undefined,
  refused: (sink, reason) => console.error(`${sink} ${reason}`),
};

/** `SOURCES STATE OUT TOKEN-FILE ELASTICSEARCH`: sources are files, or `webhook`, with commas between them. */
async function main([
  names = '',
  state = '',
  out = '',
  tokenFile = '',
  elasticsearch = '',
]: readonly string[]): Promise<void> {
  const folder = await holdStateFolder(state);
  const sources: EventSource[] = [];
  for (const name of names.split(',')) {
    if (name !== 'webhook') {
      sources.push(fileSource(name, { pollMs: 5, graceMs: 50 }));
      continue;
    }
    const check = await callerCheck({ certificates: false, names: new Set(), tokenFile });
    sources.push(
      webhookSource({
        host: '127.0.0.1',
        port: 0,
        certificate: undefined,
        check,
        folder: folder.spool,
        limits: { segmentBytes: 64 * 1024, retainedBytes: 256 * 1024 },
        onListening: ({ port }) => process.stdout.write(`${port}\n`),
        onAnswered: () => undefined,
        onRepeated: () => undefined,
        onBacklog: () => undefined,
      }),
    );
  }
  const sinks = [await ndjsonFileSink(out)];
  if (elasticsearch !== '') {
    const target = new HttpTarget({ url: new URL(elasticsearch) });
    sinks.push(elasticsearchSink({ name: 'elasticsearch', target, index: 'alerts' }));
  }
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  const watch = await Watch.open({
    sources,
    mode: 'follow',
    detector: new CountingDetector(),
    health: new SensorHealth({ quietAfter: 0 }),
    sinks,
    state: folder,
    begin: async () => undefined,
    least: 'info',
    causes: () => [],
    now: () => Date.now(),
    signal: stop.signal,
    events: quiet,
    limits: { checkpointEvery: 20 },
  });
  if (names !== 'webhook') process.stdout.write('0\n');
  await watch.run();
  await folder.release();
}

if (process.argv[2] === 'watch') await main(process.argv.slice(3));
