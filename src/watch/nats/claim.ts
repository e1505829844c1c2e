import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { isObject, type Json } from '../../model/json.ts';
import type { Nats } from './connection.ts';
import { type PartitionName, pieceBytes, stateBucket } from './names.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);
const wrongRevision = 10_071;

/** What a partition comes to at one message of its stream. */
export interface PartitionState {
  /** Of the stream: everything up to it is in the state. */
  readonly sequence: number;
  /** The last number of each publisher. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly detector: Json;
}

interface Stored {
  readonly sequence: number;
  readonly numbers: readonly (readonly [string, number])[];
  /** The detections' state, packed, in so many pieces under keys of this name. */
  readonly pieces: { readonly name: string; readonly count: number } | undefined;
}

/** The one value that says who has a partition and where it stands. */
interface Head extends Stored {
  /** Undefined when nobody has it. */
  readonly holder: string | undefined;
}

const nothing: Stored = { sequence: 0, numbers: [], pieces: undefined };

/** Somebody else has the partition now: nothing that this worker knows of it counts any more. */
export class LostClaimError extends Error {}

/** A partition as somebody who has not got it sees it. */
export interface Seen {
  readonly revision: number;
  readonly holder: string | undefined;
}

export async function lookAt(state: KV, partition: PartitionName): Promise<Seen> {
  const entry = await state.get(headKey(partition));
  return { revision: entry?.revision ?? 0, holder: headOf(entry?.json()).holder };
}

/**
 * A worker's hold of a partition. Holder and state are one value, written only on top of the revision that this worker
 * wrote last: who takes the partition over changes the revision, and whatever the one before still tries is refused.
 * Clocks decide only when somebody tries, never who wins.
 */
export class Claim {
  readonly partition: PartitionName;
  private readonly nats: Nats;
  private readonly worker: string;
  private revision: number;
  private stored: Stored;
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(nats: Nats, worker: string, at: { partition: PartitionName; revision: number; stored: Stored }) {
    this.nats = nats;
    this.worker = worker;
    this.partition = at.partition;
    this.revision = at.revision;
    this.stored = at.stored;
  }

  /** Undefined where somebody else was faster than `revision`. */
  static async take(
    nats: Nats,
    { worker, partition, revision }: { worker: string; partition: PartitionName; revision: number },
  ): Promise<Claim | undefined> {
    const entry = await nats.state.get(headKey(partition));
    if ((entry?.revision ?? 0) !== revision) return undefined;
    const { sequence, numbers, pieces } = headOf(entry?.json());
    const claim = new Claim(nats, worker, { partition, revision, stored: { sequence, numbers, pieces } });
    // Listed before the hold is won: no later holder's are among them, and nobody before can name them any more.
    const names = new Set<string>();
    for await (const key of await nats.state.keys(`state.${partition}.*.*`)) names.add(key.split('.')[2] ?? '');
    try {
      await claim.renew();
    } catch (error) {
      if (error instanceof LostClaimError) return undefined;
      throw error;
    }
    for (const name of names) if (name !== pieces?.name) await claim.forget(name);
    return claim;
  }

  /** What the partition came to when it was written last. */
  async load(): Promise<PartitionState> {
    const { sequence, numbers, pieces } = this.stored;
    if (pieces === undefined) return { sequence, numbers: new Map(numbers), detector: null };
    const parts: Uint8Array[] = [];
    for (let index = 0; index < pieces.count; index += 1) {
      const entry = await this.nats.state.get(pieceKey(this.partition, pieces.name, index));
      if (entry === null || entry.operation !== 'PUT') throw new Error('a piece of its state is not there any more');
      parts.push(entry.value);
    }
    const text = (await unpack(Buffer.concat(parts))).toString('utf8');
    return { sequence, numbers: new Map(numbers), detector: JSON.parse(text) };
  }

  /** Shows others that the holder lives. Throws `LostClaimError`. */
  renew(): Promise<void> {
    return this.write(() => Promise.resolve({ holder: this.worker, ...this.stored }));
  }

  /** All of it counts from the moment that the head names it, or none. Throws `LostClaimError`. */
  async save({ sequence, numbers, detector }: PartitionState): Promise<void> {
    const text = JSON.stringify(detector);
    const before = this.stored.pieces;
    await this.write(async () => {
      const packed = await pack(text, { level: 1 });
      const name = randomBytes(8).toString('hex');
      const count = Math.max(1, Math.ceil(packed.length / pieceBytes));
      for (let index = 0; index < count; index += 1) {
        const piece = packed.subarray(index * pieceBytes, (index + 1) * pieceBytes);
        await this.nats.state.put(pieceKey(this.partition, name, index), piece);
      }
      return { holder: this.worker, sequence, numbers: [...numbers], pieces: { name, count } };
    });
    if (before !== undefined) await this.forget(before.name);
  }

  /** Gives it up at once, for the next. */
  async release(): Promise<void> {
    await this.write(() => Promise.resolve({ holder: undefined, ...this.stored }));
  }

  private write(make: () => Promise<Head>): Promise<void> {
    const next = this.writing.then(async () => {
      const head = await make();
      try {
        const value = JSON.stringify(head);
        this.revision = await this.nats.state.put(headKey(this.partition), value, { previousSeq: this.revision });
      } catch (error) {
        await this.settle(head, error);
      }
      this.stored = { sequence: head.sequence, numbers: head.numbers, pieces: head.pieces };
    });
    this.writing = next.catch(() => undefined);
    return next;
  }

  /** An answer that was lost says nothing: the value itself tells whether it was written. */
  private async settle(head: Head, error: unknown): Promise<void> {
    const entry = await this.nats.state.get(headKey(this.partition));
    if (entry !== null && entry.revision !== this.revision && entry.string() === JSON.stringify(head)) {
      this.revision = entry.revision;
      return;
    }
    const isRefused = error instanceof JetStreamApiError && error.code === wrongRevision;
    if (isRefused || (entry?.revision ?? 0) !== this.revision) {
      throw new LostClaimError(`partition ${this.partition} was taken over`);
    }
    throw error;
  }

  /** Removes a state that no head names, or ever will. The messages themselves: a marker for each would stay. */
  private async forget(name: string): Promise<void> {
    const filter = `$KV.${stateBucket}.state.${this.partition}.${name}.*`;
    // What is left is removed by the next holder.
    await this.nats.manager.streams.purge(`KV_${stateBucket}`, { filter }).catch(() => undefined);
  }
}

function headKey(partition: PartitionName): string {
  return `head.${partition}`;
}

function pieceKey(partition: PartitionName, name: string, index: number): string {
  return `state.${partition}.${name}.${index}`;
}

/** The value is our own. */
function headOf(value: Json | undefined): Head {
  return isObject(value) ? (value as unknown as Head) : { holder: undefined, ...nothing };
}
