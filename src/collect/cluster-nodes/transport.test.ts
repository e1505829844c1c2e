import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { BundleReceiver, maxBundleBytes, type Received, sendScript } from './transport.ts';

/** A log that holds a bundle, in lines of `width`. */
function logOf(bundle: Buffer, width = 76): string {
  const sum = createHash('sha256').update(bundle).digest('hex');
  const lines = bundle.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return [`bulwark-bundle ${bundle.length} ${sum}`, ...lines, 'bulwark-end', ''].join('\n');
}

/** What comes of a log that arrives in pieces of `size` bytes. */
function receive(log: string, size = 1000): Received {
  const receiver = new BundleReceiver();
  const bytes = Buffer.from(log);
  for (let at = 0; at < bytes.length; at += size) receiver.push(bytes.subarray(at, at + size));
  return receiver.end();
}

const bundle = randomBytes(5000);

describe('BundleReceiver', () => {
  it('takes any bundle, whatever the lines and pieces it comes in', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 5000 }),
        (bytes, width, size) => {
          const content = Buffer.from(bytes);
          expect(receive(logOf(content, width), size)).toEqual({ kind: 'bundle', content });
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each<[string, string, string]>([
    ['is empty', '', 'its log holds no bundle'],
    [
      'holds complaints alone',
      'bulwark-said collect-node: this node has no stat\nsh: base64: \u001b[1mnot found\n',
      'its log holds no bundle: collect-node: this node has no stat; sh: base64:  [1mnot found',
    ],
    ['ends early', logOf(bundle).slice(0, 3000), 'its log ends in the middle of the bundle'],
    ['lost its end', logOf(bundle).replace('bulwark-end\n', ''), 'its log ends in the middle of the bundle'],
    ['lost its beginning', logOf(bundle).slice(500), 'its log holds no bundle: '],
    [
      'lost a line',
      logOf(bundle).split('\n').toSpliced(7, 1).join('\n'),
      'its log does not hold the whole bundle: length or checksum differ',
    ],
    [
      'was changed',
      logOf(bundle).replace(/\n(.)/, (_, first: string) => `\n${first === 'A' ? 'B' : 'A'}`),
      'its log does not hold the whole bundle: length or checksum differ',
    ],
  ])('says so where the log %s', (_, log, reason) => {
    const received = receive(log);
    expect(received).toMatchObject({ kind: 'problem', code: 'interrupted' });
    expect(received).toHaveProperty('reason', expect.stringContaining(reason));
  });

  it('takes none that says it is too large, or is', () => {
    const reason = 'its bundle is larger than 64 MiB';
    const said = `bulwark-bundle ${maxBundleBytes + 1} ${'0'.repeat(64)}\nAAAA\nbulwark-end\n`;
    expect(receive(said)).toEqual({ kind: 'problem', code: 'too-large', reason });
    const receiver = new BundleReceiver();
    receiver.push(Buffer.from(`bulwark-bundle 3 ${'0'.repeat(64)}\n`));
    const line = Buffer.from(`${'A'.repeat(4 * 1024 * 1024)}\n`);
    for (let count = 0; count < 22; count += 1) receiver.push(line);
    expect(receiver.end()).toEqual({ kind: 'problem', code: 'too-large', reason });
  });

  it('is not slowed by a log without line ends', () => {
    const receiver = new BundleReceiver();
    const started = performance.now();
    for (let count = 0; count < 4000; count += 1) receiver.push(Buffer.alloc(4096, 'x'));
    expect(receiver.end().kind).toBe('problem');
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('the script that sends', () => {
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const isLinux = process.platform === 'linux';
  if (!isLinux) console.warn('the script that sends a bundle is not tested: it runs on Linux');

  /** What the script prints with a collecting script of these lines. */
  function sent(collect: string): string {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-send-'));
    writeFileSync(join(folder, 'collect-node.sh'), collect);
    const script = sendScript.replace(/\/(?:scripts|tmp)\//g, `${folder}/`);
    writeFileSync(join(folder, 'send.sh'), script);
    try {
      return execFileSync('sh', [join(folder, 'send.sh')], { encoding: 'utf8' });
    } catch (error) {
      return String((error as { readonly stdout?: unknown }).stdout);
    }
  }

  it.skipIf(!isLinux)('sends what the collecting script wrote, which is told where the host is', () => {
    const received = receive(sent('echo "$2 $3" >"$1"\n'));
    expect(received).toEqual({ kind: 'bundle', content: Buffer.from('/host live\n') });
  });

  it.skipIf(!isLinux)('sends its complaints where there is no bundle', () => {
    expect(receive(sent('echo "collect-node: no stat" >&2; exit 2\n'))).toEqual({
      kind: 'problem',
      code: 'interrupted',
      reason: 'its log holds no bundle: collect-node: no stat',
    });
  });
});
