import { exitCodes } from '../engine/exit-code.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { eventStatsJson, eventStatsText } from '../report/event-stats.ts';
import { styleOf } from '../report/style.ts';
import { eventFilter } from './audit-filter.ts';
import { namedSources, OncePerRequest, ReadingAccount } from './audit-source.ts';
import type { StatsFlags, StatsKey } from './audit-stats.ts';
import { EventCounts } from './event-counts.ts';
import type { Terminal } from './terminal.ts';

type RunFlags = Omit<StatsFlags, 'color'> & { readonly color: 'always' | 'never' };

const overview: readonly StatsKey[] = ['user', 'verb', 'resource', 'source', 'code'];

/** Counts what is in the logs. Returns the exit code. */
export async function runAuditStats(names: readonly string[], flags: RunFlags, terminal: Terminal): Promise<number> {
  const filter = eventFilter(flags, terminal.now().getTime());
  const account = new ReadingAccount(terminal);
  const tables = (flags.by === undefined ? overview.map((key) => [key]) : [flags.by]).map((by) => ({
    by,
    counts: new EventCounts((event) => by.map((key) => keyOf[key](event))),
  }));
  const total = new EventCounts(() => []);
  const wanted = (line: Buffer): boolean => {
    const is = filter.wanted(line);
    if (!is) account.skipped += 1;
    return is;
  };
  const signal = new AbortController().signal;
  for (const source of namedSources(names, terminal)) {
    const once = new OncePerRequest();
    for await (const batch of source.batches({ follow: false, signal, wanted })) {
      account.add(source.name, batch);
      for (const event of batch.events) {
        if (!(flags.allStages === true || once.chooses(event)) || !filter.matches(event)) continue;
        total.add(event);
        for (const { counts } of tables) counts.add(event);
      }
    }
  }
  account.close(names);
  const stats = {
    total: total.top(1)[0],
    tables: tables.map(({ by, counts }) => ({
      by,
      rows: counts.top(flags.top),
      different: counts.different,
      shortBy: counts.shortBy,
    })),
  };
  const width = terminal.outIsTty ? terminal.width : Number.POSITIVE_INFINITY;
  await terminal.out(
    flags.output === 'json' ? eventStatsJson(stats) : eventStatsText(stats, { style: styleOf(flags.color), width }),
  );
  return account.damages > 0 ? exitCodes.incomplete : exitCodes.clean;
}

const keyOf: Readonly<Record<StatsKey, (event: AuditEvent) => string>> = {
  user: ({ user }) => user?.name ?? '(not authenticated)',
  verb: ({ action }) => action,
  resource: resourceOf,
  namespace: ({ object }) => object?.namespace || '(none)',
  source: ({ source }) => source || '(none)',
  code: ({ status }) => (status === undefined || status.code === 0 ? '(none)' : `${status.code}`),
  outcome: ({ outcome }) => outcome,
  agent: ({ userAgent }) => userAgent || '(none)',
};

/** `pods/exec`, `deployments.apps`, or the first two steps of a path that is no resource. */
function resourceOf({ object, path }: AuditEvent): string {
  if (object === undefined) return path.split('/', 3).join('/');
  const { group, resource, subresource } = object;
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}
