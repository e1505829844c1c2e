import { createHash } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { plainText } from '../cluster/plain-text.ts';

/** A bundle that is larger is not taken: a node's evidence is a few hundred kilobytes. */
export const maxBundleBytes = 64 * 1024 * 1024;

/**
 * What a collector pod runs: it writes the bundle to its log, the only way out that needs no right but `pods/log`. What
 * the collecting script complains of comes first, a line each; then length and checksum, the bundle, and an end, so that
 * a log that was rotated or broken off is known for one.
 */
export const sendScript = `#!/bin/sh
# Runs collect-node.sh on the host whose files are at /host, and prints what it wrote.
sh /scripts/collect-node.sh /tmp/node.tar.gz /host live 2>/tmp/said
code=$?
head -n 5 /tmp/said | cut -c 1-300 | sed 's/^/bulwark-said /'
[ $code = 0 ] && [ -s /tmp/node.tar.gz ] || exit 2
sum=$(sha256sum /tmp/node.tar.gz) || exit 2
echo "bulwark-bundle $(($(wc -c </tmp/node.tar.gz))) \${sum%% *}"
base64 /tmp/node.tar.gz || exit 2
echo bulwark-end
`;

export type Received =
  | { readonly kind: 'bundle'; readonly content: Buffer }
  /** `code` as of a gap. */
  | { readonly kind: 'problem'; readonly code: 'interrupted' | 'too-large'; readonly reason: string };

/** The log of a collector pod as it arrives; of the text only the bundle is kept. */
export class BundleReceiver {
  private readonly text = new StringDecoder('latin1');
  private readonly parts: Buffer[] = [];
  private readonly said: string[] = [];
  private state: 'before' | 'inside' | 'after' = 'before';
  private expected = { length: 0, sum: '' };
  private received = 0;
  private line = '';
  /** Of base64, fewer than four characters that wait for the next line. */
  private rest = '';
  private problem: Received | undefined;

  push(chunk: Buffer): void {
    if (this.problem !== undefined || this.state === 'after') return;
    const lines = (this.line + this.text.write(chunk)).split('\n');
    this.line = lines.pop() ?? '';
    for (const line of lines) this.take(line);
    // A log without line ends is no collector's; nor is base64 without any, but it may be long.
    if (this.line.length > maxLineLength && this.state === 'inside') {
      this.take(this.line);
      this.line = '';
    } else if (this.line.length > maxLineLength) this.line = '';
  }

  /** What the whole log held. */
  end(): Received {
    if (this.line !== '') this.take(this.line);
    if (this.problem !== undefined) return this.problem;
    const said = this.said.length === 0 ? '' : `: ${plainText(this.said.join('; '))}`;
    if (this.state === 'before') return interrupted(`its log holds no bundle${said}`);
    if (this.state === 'inside') return interrupted('its log ends in the middle of the bundle');
    const content = Buffer.concat(this.parts);
    const sum = createHash('sha256').update(content).digest('hex');
    if (content.length !== this.expected.length || sum !== this.expected.sum) {
      return interrupted('its log does not hold the whole bundle: length or checksum differ');
    }
    return { kind: 'bundle', content };
  }

  private take(line: string): void {
    if (this.state === 'before') {
      const [, length, sum] = /^bulwark-bundle (\d{1,12}) ([0-9a-f]{64})\r?$/.exec(line) ?? [];
      if (length !== undefined && sum !== undefined) {
        this.state = 'inside';
        this.expected = { length: Number(length), sum };
        if (this.expected.length > maxBundleBytes) this.giveUp();
      } else if (line !== '' && this.said.length < maxSaid) {
        this.said.push(line.replace(/^bulwark-said /, '').slice(0, 300));
      }
      return;
    }
    if (this.state === 'after') return;
    if (/^bulwark-end\r?$/.test(line)) {
      this.keep(Buffer.from(this.rest, 'base64'));
      this.state = 'after';
      return;
    }
    const characters = this.rest + line.trimEnd();
    const whole = characters.length - (characters.length % 4);
    this.rest = characters.slice(whole);
    this.keep(Buffer.from(characters.slice(0, whole), 'base64'));
  }

  private keep(part: Buffer): void {
    if (this.problem !== undefined) return;
    this.received += part.length;
    if (this.received > maxBundleBytes) this.giveUp();
    else this.parts.push(part);
  }

  private giveUp(): void {
    this.parts.length = 0;
    this.problem = {
      kind: 'problem',
      code: 'too-large',
      reason: `its bundle is larger than ${maxBundleBytes / 1024 / 1024} MiB`,
    };
  }
}

const maxLineLength = 64 * 1024;
const maxSaid = 5;

function interrupted(reason: string): Received {
  return { kind: 'problem', code: 'interrupted', reason };
}
