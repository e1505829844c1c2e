import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HeldBack } from './held-back.ts';

const record = (type: number, content: readonly number[]): Buffer =>
  Buffer.of(type, 3, 3, 0, content.length, ...content);
const clientHello = record(22, [1, 0, 0, 0]);
const cipherSpec = record(20, [1]);
const certificate = record(22, [11, 9, 9, 9]);
const encrypted = record(23, [7, 7, 7]);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A gate to a server, and what that server has received after a while. */
async function gateToServer(): Promise<{ readonly gate: HeldBack; received(): Promise<Buffer> }> {
  const chunks: Buffer[] = [];
  const server = net.createServer((socket) =>
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const gate = new HeldBack(socket);
  closers.push(() => {
    gate.destroy();
    server.close();
  });
  return {
    gate,
    received: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return Buffer.concat(chunks);
    },
  };
}

describe('HeldBack', () => {
  it.each([
    ['whole', 1000],
    ['byte by byte', 1],
    ['in threes', 3],
  ])('lets only the start of a handshake out, written %s, and the rest after its release', async (_, size) => {
    const { gate, received } = await gateToServer();
    const all = Buffer.concat([clientHello, cipherSpec, encrypted, cipherSpec, encrypted]);
    for (let at = 0; at < all.length; at += size) gate.write(all.subarray(at, at + size));
    expect(await received()).toEqual(Buffer.concat([clientHello, cipherSpec]));
    gate.release();
    gate.write(encrypted);
    expect(await received()).toEqual(Buffer.concat([all, encrypted]));
  });

  it('holds a certificate in clear, as TLS 1.2 sends it', async () => {
    const { gate, received } = await gateToServer();
    gate.write(Buffer.concat([clientHello, certificate]));
    expect(await received()).toEqual(clientHello);
  });

  it('lets nothing of it out when it is destroyed', async () => {
    const { gate, received } = await gateToServer();
    gate.write(Buffer.concat([clientHello, encrypted]));
    gate.destroy();
    expect(await received()).toEqual(clientHello);
  });
});
