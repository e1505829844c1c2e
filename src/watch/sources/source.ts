import type { AuditEvent } from '../../model/audit-event.ts';

/** Bytes that hold no event: they are counted, told and passed over. */
export interface Damage {
  readonly source: string;
  /** Where they begin in the source, after decompression. */
  readonly offset: number;
  readonly bytes: number;
  /** What is wrong with them, such as `is no JSON`. */
  readonly problem: string;
}

/** How far a source was read: what a checkpoint stores, and a source goes on from. */
export interface Position {
  readonly source: string;
  /** Undefined for what is no file. */
  readonly file?: { readonly device: string; readonly inode: string };
  /** Behind the last line that was read whole. */
  readonly offset: number;
  /** Of the file's first bytes: an inode may be used again, and a rotated file may be compressed. */
  readonly fingerprint?: string;
  /** Where events are put in order: which of those behind the offset were handed on already. */
  readonly reordering?: Reordering;
}

/** What was read up to `until`, and is not later than an event of this time and id, was handed on. */
export interface Reordering {
  readonly until: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: string;
}

export interface Batch {
  readonly source: string;
  readonly events: readonly AuditEvent[];
  readonly damages: readonly Damage[];
  /** Behind everything in this batch. */
  readonly position: Position;
  /** How many bytes were read for it, after decompression. */
  readonly bytes: number;
  /** Values that are good JSON and hold no audit event: other streams of a shared log, or a wrong file. */
  readonly others?: number;
  /** The source may acknowledge: the state up to here is durable. */
  done?(): void;
}

export interface ReadingOptions {
  /** Where to go on; from the beginning without it. */
  readonly from?: Position;
  /** Whether to wait for more at the end. */
  readonly follow: boolean;
  /** Ends the reading; batches that were yielded stay whole. */
  readonly signal: AbortSignal;
  /**
   * A cheap test on a line as the API server writes it. Lines that it turns down are not even parsed; what comes in
   * any other form is not asked for.
   */
  readonly wanted?: (line: Buffer) => boolean;
}

/** Where events come from. */
export interface EventSource {
  readonly name: string;
  /** Throws what stops all reading, such as a file that is a directory. */
  batches(options: ReadingOptions): AsyncIterable<Batch>;
}
