import { exitCodes } from '../engine/exit-code.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { BulwarkError } from '../model/errors.ts';
import { eventField, eventJson, fieldNames } from '../report/event-fields.ts';
import { type EventLayout, fieldLayout, shortLayout, wideLayout } from '../report/event-lines.ts';
import { StreamColumns } from '../report/stream-columns.ts';
import { styleOf } from '../report/style.ts';
import { unsafe } from '../report/visible.ts';
import { eventFilter } from './audit-filter.ts';
import { namedSources, OncePerRequest, ReadingAccount } from './audit-source.ts';
import type { TailFlags } from './audit-tail.ts';
import { type Interrupts, processInterrupts, watchInterrupts } from './interrupts.ts';
import { nearest } from './nearest.ts';
import type { Terminal } from './terminal.ts';

type RunFlags = Omit<TailFlags, 'color'> & { readonly color: 'always' | 'never' };

/** Prints events until the logs end or, followed, until it is interrupted. Returns the exit code. */
export async function runAuditTail(
  names: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
  interrupts: Interrupts = processInterrupts,
): Promise<number> {
  const printer = printerOf(flags, terminal);
  const filter = eventFilter(flags, terminal.now().getTime());
  const account = new ReadingAccount(terminal);
  const wanted = (line: Buffer): boolean => {
    const is = filter.wanted(line);
    if (!is) account.skipped += 1;
    return is;
  };
  const { signal, stop } = watchInterrupts(interrupts, { first: () => undefined, second: () => undefined });
  // One source that fails ends the others: they would wait for more for ever.
  const reading = new AbortController();
  signal.addEventListener('abort', () => reading.abort(), { once: true });
  const follow = flags.follow === true;
  const read = async (source: ReturnType<typeof namedSources>[number]): Promise<void> => {
    const once = new OncePerRequest();
    for await (const batch of source.batches({ follow, signal: reading.signal, wanted })) {
      account.add(source.name, batch);
      let text = '';
      for (const event of batch.events) {
        if ((flags.allStages === true || once.chooses(event)) && filter.matches(event)) text += printer.add(event);
      }
      if (follow) text += printer.flush();
      if (text !== '') await terminal.out(text);
      if (reading.signal.aborted) return;
    }
  };
  const sources = namedSources(names, terminal);
  try {
    if (follow) await Promise.all(sources.map(read));
    else for (const source of sources) await read(source);
  } finally {
    reading.abort();
    stop();
    const rest = printer.flush();
    if (rest !== '') await terminal.out(rest);
  }
  // Following ends no other way.
  if (signal.aborted) return follow ? exitCodes.clean : interrupted;
  account.close(names);
  if (printer.count === 0) terminal.err('bulwark: no event matches\n');
  return account.damages > 0 ? exitCodes.incomplete : exitCodes.clean;
}

/** 128 and the number of SIGINT, as a shell reports it. */
const interrupted = 130;

interface Printer {
  readonly count: number;
  /** Text that is ready to be printed. */
  add(event: AuditEvent): string;
  flush(): string;
}

function printerOf(flags: RunFlags, terminal: Terminal): Printer {
  return flags.output === 'json'
    ? new JsonPrinter(terminal.outIsTty)
    : new ColumnPrinter(layoutOf(flags, terminal), flags, terminal);
}

class JsonPrinter implements Printer {
  count = 0;
  private readonly onTty: boolean;

  constructor(onTty: boolean) {
    this.onTty = onTty;
  }

  add(event: AuditEvent): string {
    this.count += 1;
    const json = eventJson(event);
    return `${this.onTty ? escapeUnsafe(json) : json}\n`;
  }

  flush(): string {
    return '';
  }
}

/** JSON leaves some characters as they are that make a terminal act. */
function escapeUnsafe(json: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll(unsafe, (character) => character.split('').map(escape).join(''));
}

class ColumnPrinter implements Printer {
  count = 0;
  private readonly layout: EventLayout;
  private readonly columns: StreamColumns;
  private heading = '';

  constructor(layout: EventLayout, { output, headers, color, follow }: RunFlags, { outIsTty, width }: Terminal) {
    this.layout = layout;
    this.columns = new StreamColumns({
      columns: layout.columns,
      width: outIsTty && output === 'text' ? width : Number.POSITIVE_INFINITY,
      header: headers ? styleOf(color).strong : undefined,
      isLive: follow === true,
    });
  }

  add(event: AuditEvent): string {
    this.count += 1;
    return this.headed(event) + this.columns.add(this.layout.row(event));
  }

  flush(): string {
    return this.columns.flush();
  }

  private headed(event: AuditEvent): string {
    const heading = this.layout.heading?.(event) ?? '';
    if (heading === this.heading) return '';
    this.heading = heading;
    return this.columns.addLine(heading);
  }
}

/** Throws `usage` for a field that there is not. */
function layoutOf({ output, color }: RunFlags, { outIsTty, width }: Terminal): EventLayout {
  const style = styleOf(color);
  if (output === 'text') return shortLayout(style, outIsTty ? width : Number.POSITIVE_INFINITY);
  if (output === 'wide') return wideLayout(style);
  const fields = output.split(',').map((name) => {
    const read = eventField(name);
    if (read !== undefined) return { name, read };
    const near = nearest(name, ['text', 'wide', 'json', ...fieldNames]);
    const hint = `${near === undefined ? '' : `did you mean ${near}? `}formats: text, wide, json; fields: ${fieldNames.join(', ')}`;
    throw new BulwarkError('usage', `-o: there is no field "${name}"`, hint);
  });
  return fieldLayout(fields);
}
