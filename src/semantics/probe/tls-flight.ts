import { alertName } from './tls-alert.ts';

/** What a server says in clear before it waits for the client. */
export interface ServerFlight {
  /** What the bytes are. `empty`: it closed or kept silent. */
  readonly speaks: 'tls' | 'http' | 'other' | 'empty';
  /** As it stands on the wire, where the server took the offer. */
  readonly version?: number;
  readonly suite?: number;
  /** DER, in the order of the server. None in TLS 1.3, where they are encrypted. */
  readonly certificates: readonly Buffer[];
  /** Whether the server asked for a certificate of the client; undefined where it did not say. */
  readonly asksForCertificate?: boolean;
  /** Name of the alert that ended the handshake. */
  readonly alert?: string;
}

/** Far more than a chain takes, and a bound on what a hostile server can make us keep. */
const longestFlight = 1024 * 1024;
const longestMessage = 512 * 1024;
const mostCertificates = 20;

const messageTypes = { serverHello: 2, certificate: 11, certificateRequest: 13, serverHelloDone: 14 } as const;

/** Reads the answer to a ClientHello as it arrives. The work is proportional to the bytes. */
export class FlightReader {
  private readonly records = new Growing();
  private readonly messages = new Growing();
  private received = 0;
  private speaks: ServerFlight['speaks'] = 'empty';
  private version: number | undefined;
  private suite: number | undefined;
  private certificates: readonly Buffer[] = [];
  private asks: boolean | undefined;
  private alert: string | undefined;
  private done = false;

  /** Takes what arrived. True once nothing more is to be learnt. */
  push(chunk: Uint8Array): boolean {
    if (this.done) return true;
    this.received += chunk.length;
    this.records.append(chunk);
    if (this.received > longestFlight) this.done = true;
    while (!this.done && this.readRecord());
    return this.done;
  }

  flight(): ServerFlight {
    const { speaks, version, suite, certificates, asks, alert } = this;
    return {
      speaks: speaks === 'empty' && this.received > 0 ? 'other' : speaks,
      certificates,
      ...(version !== undefined && { version }),
      ...(suite !== undefined && { suite }),
      ...(asks !== undefined && { asksForCertificate: asks }),
      ...(alert !== undefined && { alert }),
    };
  }

  private readRecord(): boolean {
    const bytes = this.records.view();
    if (bytes.length < 5) return false;
    const type = bytes[0] ?? 0;
    if (bytes[1] !== 3 || type < 20 || type > 24) {
      if (this.speaks === 'empty') this.speaks = bytes.subarray(0, 5).toString('latin1') === 'HTTP/' ? 'http' : 'other';
      this.done = true;
      return false;
    }
    const length = bytes.readUInt16BE(3);
    if (bytes.length < 5 + length) return false;
    this.speaks = 'tls';
    const content = bytes.subarray(5, 5 + length);
    if (type === 21) {
      this.alert = alertName(content[1] ?? -1);
      this.done = true;
    } else if (type === 22) {
      this.messages.append(content);
      while (!this.done && this.readMessage());
    } else if (type !== 20) {
      // Encrypted from here on.
      this.done = true;
    }
    this.records.drop(5 + length);
    return true;
  }

  private readMessage(): boolean {
    const bytes = this.messages.view();
    if (bytes.length < 4) return false;
    const length = bytes.readUIntBE(1, 3);
    if (length > longestMessage) {
      this.done = true;
      return false;
    }
    if (bytes.length < 4 + length) return false;
    this.readBody(bytes[0] ?? 0, bytes.subarray(4, 4 + length));
    this.messages.drop(4 + length);
    return true;
  }

  private readBody(type: number, body: Buffer): void {
    switch (type) {
      case messageTypes.serverHello:
        this.readServerHello(body);
        break;
      case messageTypes.certificate:
        this.certificates = readCertificates(body);
        break;
      case messageTypes.certificateRequest:
        this.asks = true;
        break;
      case messageTypes.serverHelloDone:
        this.asks ??= false;
        this.done = true;
        break;
    }
  }

  /** RFC 8446, 4.1.3: version, random, session id, suite, compression, extensions. */
  private readServerHello(body: Buffer): void {
    const sessionEnd = 35 + (body[34] ?? 0);
    if (body.length < sessionEnd + 3) {
      this.done = true;
      return;
    }
    this.suite = body.readUInt16BE(sessionEnd);
    this.version = selectedVersion(body.subarray(sessionEnd + 5)) ?? body.readUInt16BE(0);
    if (this.version === 0x0304) this.done = true;
  }
}

/** The extension supported_versions, by which TLS 1.3 is told from 1.2. */
function selectedVersion(extensions: Buffer): number | undefined {
  for (let at = 0; at + 4 <= extensions.length; ) {
    const length = extensions.readUInt16BE(at + 2);
    if (extensions.readUInt16BE(at) === 0x002b && length === 2 && at + 6 <= extensions.length)
      return extensions.readUInt16BE(at + 4);
    at += 4 + length;
  }
  return undefined;
}

function readCertificates(body: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 3; at + 3 <= body.length && found.length < mostCertificates; ) {
    const length = body.readUIntBE(at, 3);
    if (length === 0 || at + 3 + length > body.length) break;
    found.push(Buffer.from(body.subarray(at + 3, at + 3 + length)));
    at += 3 + length;
  }
  return found;
}

/** Bytes that are added at the end and dropped at the start, without copying all of them each time. */
class Growing {
  private bytes = Buffer.alloc(4096);
  private start = 0;
  private end = 0;

  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.bytes.length) {
      const used = this.end - this.start;
      const larger = Buffer.alloc(Math.max(used * 2, used + chunk.length, 4096));
      this.bytes.copy(larger, 0, this.start, this.end);
      this.bytes = larger;
      this.start = 0;
      this.end = used;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  view(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  drop(count: number): void {
    this.start += count;
  }
}
