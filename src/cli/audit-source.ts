import { resolve } from 'node:path';
import type { AuditEvent } from '../model/audit-event.ts';
import { BulwarkError } from '../model/errors.ts';
import { visibleShort } from '../report/visible.ts';
import { runsLong } from '../semantics/audit-event/index.ts';
import { type Batch, type EventSource, fileSource, stdinSource } from '../watch/sources/index.ts';
import type { Terminal } from './terminal.ts';

/** The sources that a command line names: files, and `-` for standard input. */
export function namedSources(names: readonly string[], terminal: Terminal): readonly EventSource[] {
  if (names.filter((name) => name === '-').length > 1) {
    throw new BulwarkError('usage', 'standard input can only be read once', 'name - only once');
  }
  return names.map((name) =>
    name === '-' ? stdinSource(terminal.input ?? process.stdin) : named(fileSource(resolve(terminal.cwd, name)), name),
  );
}

/** A source that is called as it was on the command line. */
function named(source: EventSource, name: string): EventSource {
  return { ...source, name };
}

const toldDamages = 10;

/** Counts what was read, and tells of what could not be. */
export class ReadingAccount {
  events = 0;
  bytes = 0;
  others = 0;
  /** Lines that were turned down before they were parsed. */
  skipped = 0;
  private readonly terminal: Terminal;
  private damaged = 0;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  get damages(): number {
    return this.damaged;
  }

  add(name: string, { events, damages, bytes, others = 0 }: Batch): void {
    this.events += events.length;
    this.bytes += bytes;
    this.others += others;
    for (const { offset, bytes: length, problem } of damages) {
      this.damaged += 1;
      if (this.damaged > toldDamages) continue;
      const what = length === 0 ? problem : `${length} bytes passed over: this ${problem}`;
      this.terminal.err(`bulwark: ${visibleShort(name, 200)}: at byte ${offset}: ${what}\n`);
    }
  }

  /** The last words on what was passed over. Throws `log-unreadable` where all of it was. */
  close(names: readonly string[]): void {
    const { damaged, others, terminal } = this;
    const more = damaged - toldDamages;
    if (more > 0) terminal.err(`bulwark: ${more} more places that could not be read\n`);
    if (this.events + this.skipped > 0 || damaged + others === 0) return;
    throw new BulwarkError(
      'log-unreadable',
      `there are no audit events in ${names.map((name) => visibleShort(name, 200)).join(', ')}`,
      'an audit log holds audit.k8s.io Events, one JSON object a line, as --audit-log-path writes them',
    );
  }
}

/** How many requests that run long are remembered. */
const mostOpen = 20_000;

/** Chooses one event of each request: how it ended or, where it runs long, how it began. */
export class OncePerRequest {
  /** What runs long and was shown when it began, oldest first. */
  private readonly open = new Set<string>();

  chooses(event: AuditEvent): boolean {
    if (!event.isTerminal) return false;
    if (!runsLong(event)) return true;
    // A client chooses the id, and may choose one twice.
    const request = `${event.id} ${event.uri}`;
    if (event.stage !== 'ResponseStarted') return !this.open.delete(request);
    this.open.add(request);
    if (this.open.size > mostOpen) {
      for (const oldest of this.open) {
        this.open.delete(oldest);
        break;
      }
    }
    return true;
  }
}
