import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A socket that lets nothing out but ClientHello, change_cipher_spec and alerts until it is released. Node checks a
 * server's certificate only when the handshake is over: in TLS 1.2 it has sent the client's by then, in TLS 1.3 it
 * depends on the order of its internals. In TLS 1.3 the handshake is over without another word of the server, so that
 * what is held back here goes out only after the check, or never.
 */
export class HeldBack extends Duplex {
  private readonly socket: Socket;
  private held: Buffer[] = [];
  private released = false;
  private partial: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    super({ allowHalfOpen: false });
    this.socket = socket;
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** From here on everything goes out: first what was held, in its order. */
  release(): void {
    this.released = true;
    for (const bytes of [...this.held, this.partial]) if (bytes.length > 0) this.socket.write(bytes);
    this.held = [];
    this.partial = Buffer.alloc(0);
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.released) {
      this.socket.write(chunk, done);
      return;
    }
    let bytes = this.partial.length === 0 ? chunk : Buffer.concat([this.partial, chunk]);
    while (bytes.length >= 6) {
      const end = 5 + bytes.readUInt16BE(3);
      if (bytes.length < end) break;
      const record = bytes.subarray(0, end);
      // After the first record that has to wait, all others wait: their order matters.
      if (this.held.length === 0 && goesFirst(record)) this.socket.write(record);
      else this.held.push(record);
      bytes = bytes.subarray(end);
    }
    this.partial = bytes;
    done();
  }

  override _final(done: () => void): void {
    this.socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.held = [];
    this.socket.destroy();
    done(error);
  }
}

const recordTypes = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;

function goesFirst(record: Buffer): boolean {
  const type = record[0];
  if (type === recordTypes.changeCipherSpec || type === recordTypes.alert) return true;
  return type === recordTypes.handshake && record[5] === 1;
}
