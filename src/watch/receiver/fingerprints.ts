import { createHash } from 'node:crypto';
import type { AuditEvent } from '../../model/audit-event.ts';

/**
 * What tells a repeated delivery of an event from another event: not the audit id and stage alone, which a client
 * chooses. Who sent a harmless request first and a harmful one under the same id would hide the second. A repeated
 * delivery is the same to the microsecond.
 */
export function fingerprintOf(event: AuditEvent): Buffer {
  const { id, stage, received, time, uri, verb, user, status } = event;
  const key = `${id}\n${stage}\n${received}\n${time}\n${verb}\n${status?.code ?? ''}\n${user?.name ?? ''}\n${uri}`;
  return createHash('sha256').update(key).digest().subarray(0, fingerprintBytes);
}

export const fingerprintBytes = 8;

/**
 * The fingerprints seen last: at least `capacity`, at most twice as many, in 16 bytes each. The oldest go when there
 * is no more room.
 */
export class SeenFingerprints {
  private readonly capacity: number;
  private current: Table;
  private previous: Table | undefined;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.current = new Table(capacity);
  }

  /** Whether the fingerprint is new; it is remembered from now on. */
  add(fingerprint: Uint8Array): boolean {
    const [high, low] = halves(fingerprint);
    if (this.previous?.has(high, low) === true || !this.current.add(high, low)) return false;
    if (this.current.size >= this.capacity) {
      this.previous = this.current;
      this.current = new Table(this.capacity);
    }
    return true;
  }

  /** Takes back what could not be kept. */
  remove(fingerprint: Uint8Array): void {
    const [high, low] = halves(fingerprint);
    this.current.remove(high, low);
    this.previous?.remove(high, low);
  }
}

function halves(fingerprint: Uint8Array): readonly [high: number, low: number] {
  const view = new DataView(fingerprint.buffer, fingerprint.byteOffset, fingerprint.byteLength);
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  // Two zeroes mark a free slot, and two ones a slot that was freed.
  return high === 0 && low < 2 ? [1, low] : [high, low];
}

/** Open addressing with linear probing, half full at most. */
class Table {
  private readonly slots: Uint32Array;
  private readonly mask: number;
  private used = 0;

  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.slots = new Uint32Array(size * 2);
    this.mask = size - 1;
  }

  get size(): number {
    return this.used;
  }

  has(high: number, low: number): boolean {
    return this.find(high, low) >= 0;
  }

  add(high: number, low: number): boolean {
    const place = this.find(high, low);
    if (place >= 0) return false;
    const free = ~place;
    this.slots[free] = high;
    this.slots[free + 1] = low;
    this.used += 1;
    return true;
  }

  /** The slot stays taken, so that probes go on past it. */
  remove(high: number, low: number): void {
    const place = this.find(high, low);
    if (place < 0) return;
    this.slots[place] = 0;
    this.slots[place + 1] = 1;
  }

  /** Where the pair stands, or the complement of the free slot that it would take. */
  private find(high: number, low: number): number {
    for (let slot = low & this.mask; ; slot = (slot + 1) & this.mask) {
      const place = slot * 2;
      const first = this.slots[place];
      const second = this.slots[place + 1];
      if (first === 0 && second === 0) return ~place;
      if (first === high && second === low) return place;
    }
  }
}
