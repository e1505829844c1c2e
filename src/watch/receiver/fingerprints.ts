import type { AuditEvent } from '../../model/audit-event.ts';

export const fingerprintBytes = 8;

/**
 * Makes the fingerprints that tell a repeated delivery of an event from another event. Not of the audit id and stage
 * alone, which a client chooses: who sent a harmless request first and a harmful one under the same id would hide the
 * second. A repeated delivery is the same to the microsecond. Keyed, so that nobody can make two events alike.
 */
export class Fingerprints {
  private readonly high: number;
  private readonly low: number;

  /** `key` has 8 bytes that stay secret. */
  constructor(key: Buffer) {
    this.high = key.readUInt32BE(0);
    this.low = key.readUInt32BE(4);
  }

  of(event: AuditEvent): Buffer {
    const { id, stage, received, time, uri, verb, user, status } = event;
    const key = `${id} ${stage} ${received} ${time} ${verb} ${status?.code ?? ''} ${user?.name ?? ''} ${uri}`;
    let high = this.high;
    let low = this.low;
    for (let at = 0; at < key.length; at += 1) {
      const code = key.charCodeAt(at);
      high = Math.imul(high ^ code, 0x85eb_ca6b);
      low = Math.imul(low ^ code, 0xc2b2_ae35);
      high ^= high >>> 13;
      low ^= low >>> 16;
      // Each half depends on both keys.
      high = (high + low) | 0;
    }
    const fingerprint = Buffer.allocUnsafe(fingerprintBytes);
    fingerprint.writeInt32BE(mixed(high ^ Math.imul(low, 0x9e37_79b1)), 0);
    fingerprint.writeInt32BE(mixed(low ^ high), 4);
    return fingerprint;
  }
}

/** Every bit of the input reaches every bit of the output (the last steps of MurmurHash3). */
function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return bits ^ (bits >>> 16);
}

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
}

function halves(fingerprint: Uint8Array): readonly [high: number, low: number] {
  const view = new DataView(fingerprint.buffer, fingerprint.byteOffset, fingerprint.byteLength);
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  // Two zeroes mark a free slot.
  return high === 0 && low === 0 ? [1, low] : [high, low];
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
