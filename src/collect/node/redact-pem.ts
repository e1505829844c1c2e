import { certificatesIn } from '../../model/pem.ts';
import { redacted } from './redact-words.ts';

export interface RedactedPem {
  /** The certificates where they stood, every other line empty; undefined where there is none. */
  readonly text?: string;
  readonly hasPrivateKey: boolean;
  /** What is wrong with a block, with its line. */
  readonly broken?: string;
}

const label = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----\s*$/;

/**
 * A PEM file (RFC 7468) with nothing left but its certificates. What stands under that label and is none is taken out
 * too: it may be a key.
 */
export function redactPem(text: string): RedactedPem {
  const kept: string[] = [];
  let hasPrivateKey = false;
  let hasCertificate = false;
  let broken: string | undefined;
  let block: { readonly label: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, edge, name = ''] = label.exec(line) ?? [];
    kept.push('');
    if (edge === 'BEGIN') {
      if (block !== undefined) broken ??= `line ${block.line}: a ${block.label} block that does not end`;
      block = { label: name, line: index + 1, lines: [line] };
      if (name.endsWith('PRIVATE KEY')) hasPrivateKey = true;
      continue;
    }
    block?.lines.push(line);
    if (edge !== 'END' || block === undefined) continue;
    if (block.label !== name) broken ??= `line ${block.line}: a ${block.label} block that ends as ${name}`;
    else if (name.endsWith('CERTIFICATE') && certificatesIn(block.lines.join('\n')).length === 1) {
      hasCertificate = true;
      kept.splice(block.line - 1, block.lines.length, ...block.lines);
    } else if (name.endsWith('CERTIFICATE'))
      broken ??= `line ${block.line}: a CERTIFICATE block that is no certificate`;
    block = undefined;
  }
  if (block !== undefined) broken ??= `line ${block.line}: a ${block.label} block that does not end`;
  return {
    hasPrivateKey,
    ...(hasCertificate && { text: kept.join('\n') }),
    ...(broken !== undefined && { broken }),
  };
}

const pemName = /\.(?:crt|cert|cer|pem|key|pub)$/i;

/**
 * Why a file that is to hold certificates or keys holds none; undefined where it does, or where nothing says that it
 * should: anything may lie in a folder of certificates. Components read PEM alone, and not its binary form.
 */
export function missingPem(
  { path, size }: { readonly path: string; readonly size: number },
  content: Buffer,
): string | undefined {
  if (!pemName.test(path) || content.includes('-----BEGIN ')) return undefined;
  // Not by what was read: of a bundle that is what the script left.
  return size === 0 ? 'it is empty: no certificate and no key is in it' : 'no certificate and no key in PEM is in it';
}

const keyBlock =
  /(-----BEGIN [A-Z0-9 ]{0,64}PRIVATE KEY-----)([\s\S]*?)(-----END [A-Z0-9 ]{0,64}PRIVATE KEY-----|(?=-----BEGIN )|$)/g;
/** The base64 of `-----BEGIN` at the start of a run; the run may go on on the next lines. */
const encodedBlock = /LS0tLS1CRUdJTi[A-Za-z0-9+/=]*(?:(?:\s|\\n){1,64}[A-Za-z0-9+/=]{16,})*/g;

/**
 * Any text without the private keys in it, as PEM or base64 of PEM. The last net under the other rules: it needs no
 * structure, and lines stay where they are.
 */
export function redactKeys(text: string): { readonly text: string; readonly found: boolean } {
  let found = false;
  const plain = !text.includes('PRIVATE KEY-----')
    ? text
    : text.replace(keyBlock, (_, begin: string, body: string, end: string) => {
        found = true;
        return begin + body.replace(/[^\s]+/g, redacted) + end;
      });
  const result = plain.replace(encodedBlock, (run) => {
    if (
      !Buffer.from(run.replace(/\s|\\n/g, ''), 'base64')
        .toString('latin1')
        .includes('PRIVATE KEY-----')
    )
      return run;
    found = true;
    return redacted + '\n'.repeat(run.split('\n').length - 1);
  });
  return { text: result, found };
}
