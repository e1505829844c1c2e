const end = -1;

/** Steps through a protobuf message in place. A message that is cut short or not protobuf ends in `broken`. */
export class Fields {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly limit: number;
  broken = false;
  /** Of a length-delimited field: where its bytes start and end. Of others: both where it ends. */
  start = 0;
  end = 0;

  constructor(bytes: Uint8Array, start: number, limit: number) {
    this.bytes = bytes;
    this.at = start;
    this.limit = Math.min(limit, bytes.length);
  }

  /** The number of the next field; -1 at the end. */
  next(): number {
    if (this.at >= this.limit || this.broken) return end;
    const tag = this.varint();
    const type = tag % 8;
    let length = 0;
    if (type === 0) this.varint();
    else if (type === 1) length = 8;
    else if (type === 2) length = this.varint();
    else if (type === 5) length = 4;
    else this.broken = true;
    this.start = type === 2 ? this.at : this.at + length;
    this.end = this.at + length;
    this.at = this.end;
    if (this.at > this.limit) this.broken = true;
    return this.broken ? end : Math.floor(tag / 8);
  }

  /** Not exact above 2^53: no length is. */
  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70 && this.at < this.limit; shift += 7) {
      const byte = this.bytes[this.at] as number;
      this.at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    this.broken = true;
    return 0;
  }
}
