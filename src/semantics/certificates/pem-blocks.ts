/** A certificate block of a PEM text (RFC 7468), with the line of its first character, from 1. */
export interface PemBlock {
  readonly pem: string;
  readonly line: number;
}

const begin = /^-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----/;

/** The certificate blocks of a text in order. One that does not end is left out: the rest of the text is no part of it. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly end: string; readonly line: number; readonly body: string[] } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const label = begin.exec(line)?.[1];
    if (label !== undefined) open = { end: `-----END ${label}-----`, line: index + 1, body: [] };
    else if (open === undefined) continue;
    else if (line.startsWith(open.end)) {
      blocks.push({ pem: asPem(open.body), line: open.line });
      open = undefined;
    } else open.body.push(line);
  }
  return blocks;
}

function asPem(body: readonly string[]): string {
  return `-----BEGIN CERTIFICATE-----\n${body.join('\n')}\n-----END CERTIFICATE-----\n`;
}
