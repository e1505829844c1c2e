import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlightReader } from './tls-flight.ts';
import { clientHello } from './tls-hello.ts';
import { suiteName, suites12, suites13 } from './tls-suites.ts';

const random = new Uint8Array(64).fill(7);

function record(type: number, content: Buffer): Buffer {
  const head = Buffer.of(type, 3, 3, 0, 0);
  head.writeUInt16BE(content.length, 3);
  return Buffer.concat([head, content]);
}

function message(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntBE(body.length, 1, 3);
  head[0] = type;
  return Buffer.concat([head, body]);
}

function serverHello(version: number, suite: number, extensions = Buffer.alloc(0)): Buffer {
  const tail = Buffer.alloc(5);
  tail.writeUInt16BE(suite, 0);
  tail.writeUInt16BE(extensions.length, 3);
  return message(
    2,
    Buffer.concat([Buffer.of(version >> 8, version & 255), Buffer.alloc(32), Buffer.of(0), tail, extensions]),
  );
}

function read(...chunks: readonly Uint8Array[]) {
  const reader = new FlightReader();
  for (const chunk of chunks) reader.push(chunk);
  return reader.flight();
}

describe('clientHello', () => {
  it('says its lengths right, and offers only what it is asked to', () => {
    for (const version of ['1.0', '1.1', '1.2', '1.3'] as const) {
      const suites = version === '1.3' ? suites13 : suites12;
      const hello = clientHello({ version, suites, serverName: 'api.example', random });
      expect(hello.readUInt16BE(3)).toBe(hello.length - 5);
      expect(hello.readUIntBE(6, 3)).toBe(hello.length - 9);
      expect(hello.readUInt16BE(9)).toBe({ '1.0': 0x301, '1.1': 0x302, '1.2': 0x303, '1.3': 0x303 }[version]);
      expect(hello.readUInt16BE(9 + 2 + 32 + 33)).toBe(suites.length * 2);
      expect(hello.includes('api.example')).toBe(true);
      expect(hello.includes(Buffer.of(0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x04))).toBe(version === '1.3');
    }
  });
});

describe('FlightReader', () => {
  const certificate = message(11, Buffer.concat([Buffer.of(0, 0, 6), Buffer.of(0, 0, 3), Buffer.from('DER')]));
  const flight = Buffer.concat([
    serverHello(0x0303, 0xc02f),
    certificate,
    message(13, Buffer.of(1, 64)),
    message(14, Buffer.alloc(0)),
  ]);

  it('reads version, suite, certificates and the wish for a client certificate, however the bytes are cut', () => {
    const expected = {
      speaks: 'tls',
      version: 0x0303,
      suite: 0xc02f,
      asksForCertificate: true,
      certificates: [Buffer.from('DER')],
    };
    expect(read(record(22, flight))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }), (cuts) => {
        const bytes = Buffer.concat([record(22, flight.subarray(0, 60)), record(22, flight.subarray(60))]);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          chunks.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        expect(read(...chunks)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('tells TLS 1.3 by the extension', () => {
    const selected = Buffer.of(0x00, 0x2b, 0x00, 0x02, 0x03, 0x04);
    expect(read(record(22, serverHello(0x0303, 0x1301, selected)))).toMatchObject({ version: 0x0304, suite: 0x1301 });
  });

  it.each([
    ['an alert', record(21, Buffer.of(2, 70)), { speaks: 'tls', alert: 'protocol_version' }],
    ['an unknown alert', record(21, Buffer.of(2, 222)), { speaks: 'tls', alert: 'alert 222' }],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), { speaks: 'http' }],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH\r\n'), { speaks: 'other' }],
    ['one byte', Buffer.of(22), { speaks: 'other' }],
    ['nothing', Buffer.alloc(0), { speaks: 'empty' }],
    ['a message that is too short', record(22, message(2, Buffer.of(3, 3))), { speaks: 'tls' }],
    ['a message of 16 MiB', record(22, Buffer.of(11, 255, 255, 255)), { speaks: 'tls' }],
  ])('takes %s for what it is', (_, bytes, expected) => {
    expect(read(bytes)).toEqual({ certificates: [], ...expected });
  });

  it('never throws', () => {
    const start = fc.constantFrom(
      Buffer.of(22, 3, 3, 0, 60),
      Buffer.of(22, 3, 1, 0, 20, 2, 0, 0, 16),
      Buffer.of(21, 3, 3),
      Buffer.alloc(0),
    );
    fc.assert(
      fc.property(start, fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (head, rest) => {
        expect(['tls', 'http', 'other', 'empty']).toContain(read(head, ...rest).speaks);
      }),
      { numRuns: 300 },
    );
  });
});

describe('suites', () => {
  it('have names, known or not', () => {
    expect([suiteName(0xc02f), suiteName(0x0a0a)]).toEqual(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', '0x0a0a']);
  });
});
