import type { AuditEvent } from '../model/audit-event.ts';

/** A part of a source that is no event: garbage, a torn line, one that is too long. */
export interface Damage {
  readonly source: string;
  readonly offset: number;
  readonly bytes: number;
  readonly problem: string;
}

/** Where reading goes on. */
export interface Position {
  readonly source: string;
  readonly file?: { readonly device: string; readonly inode: string };
  /** Behind the last line that was read. */
  readonly offset: number;
  /** Of the first bytes: an inode may be used again. */
  readonly fingerprint?: string;
}

export interface Batch {
  readonly source: string;
  readonly events: readonly AuditEvent[];
  readonly damages: readonly Damage[];
  readonly position: Position;
  readonly bytes: number;
  /** The state up to here is durable: the source may forget it. */
  done?(): void;
}

export interface BatchOptions {
  readonly from?: Position;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Whether a line has to be read: false leaves it out before it is parsed. */
  readonly wanted?: (line: Buffer) => boolean;
}

export interface EventSource {
  readonly name: string;
  batches(options: BatchOptions): AsyncIterable<Batch>;
}
