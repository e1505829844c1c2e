import type { Certificate, FoundCertificate, PublicKeyInfo } from '../model/certificate.ts';
import { compareText } from './location.ts';
import { padEnd, textWidth, wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface CertificateRow {
  /** The node or object; empty for the user's own kubeconfigs. */
  readonly where: string;
  readonly found: FoundCertificate;
}

const dayMs = 86_400_000;
const titles = ['EXPIRES', 'KEY', 'SUBJECT', 'ISSUER', 'FOR', 'WHERE'] as const;
/** Columns in which the longest texts are cut; the last is never. */
const widest = [24, 12, 44, 24, 44] as const;

/** The inventory for people, soonest expiry first. `now` in milliseconds since the epoch; wider than `width` it is stacked. */
export function certificatesTable(
  rows: readonly CertificateRow[],
  { now, width }: { now: number; width: number },
): string {
  if (rows.length === 0) return 'No certificates were found.\n';
  const several = new Set(rows.map(({ where }) => where)).size > 1;
  const lines = sorted(rows).map((row) => cellsOf(several ? row : { ...row, where: '' }, now).map(visible));
  const cells = [[...titles], ...lines].map((line) =>
    line.map((cell, column) => cut(cell, widest[column] ?? Number.POSITIVE_INFINITY)),
  );
  const widths = titles.map((_, column) =>
    cells.reduce((most, line) => Math.max(most, textWidth(line[column] ?? '')), 0),
  );
  const total = widths.reduce((sum, columns) => sum + columns, 2 * (titles.length - 1));
  if (total <= width) return cells.map((line) => inColumns(line, widths)).join('');
  return lines.map((line) => `${stacked(line, { width, expiry: widths[0] ?? 0 }).join('\n')}\n`).join('');
}

/** One below the other beside the expiry, nothing cut. */
function stacked(
  [expires = '', key = '', subject = '', issuer = '', use = '', where = '']: readonly string[],
  { width, expiry }: { width: number; expiry: number },
): string[] {
  const made = [
    ...(key === '-' ? [] : [key]),
    ...(issuer === '-' ? [] : [issuer === '(self-signed)' ? 'self-signed' : `by ${issuer}`]),
  ].join(', ');
  const texts = [subject, made, ...(use === '-' ? [] : [`for ${use}`]), where].filter((text) => text !== '');
  return texts.flatMap((text, index) => wrap(text, { width, lead: `${padEnd(index === 0 ? expires : '', expiry)}  ` }));
}

function inColumns(line: readonly string[], widths: readonly number[]): string {
  const last = line.length - 1;
  return `${line.map((cell, column) => (column === last ? cell : padEnd(cell, widths[column] ?? 0))).join('  ')}\n`;
}

function cellsOf({ where, found }: CertificateRow, now: number): readonly string[] {
  const { certificate, problem = '', places, uses } = found;
  const first = places[0]?.text ?? '';
  const by = uses[0]?.by ?? '-';
  // An entry of a kubeconfig is both: what the certificate is for, and where it stands.
  const [, entry, file] = by === first ? (/^((?:user|cluster) .*) of (\/.*)$/.exec(by) ?? []) : [];
  const use = `${entry ?? by}${uses.length > 1 ? ` +${uses.length - 1}` : ''}`;
  const more = places.length > 1 ? ` and ${places.length - 1} more` : '';
  const place = `${where === '' ? '' : `${where}: `}${file ?? first}${more}`;
  if (certificate === undefined) return ['unreadable', '-', problem, '-', use, place];
  const { subject, issuer } = certificate;
  const signer = issuer.raw === subject.raw ? '(self-signed)' : issuer.commonName || issuer.text;
  return [expiryText(certificate, now), keyText(certificate.key), nameText(certificate), signer, use, place];
}

/** The inventory as JSON: everything that is known of each certificate. */
export function certificatesJson(rows: readonly CertificateRow[]): string {
  const certificates = sorted(rows).map(({ where, found }) => {
    const { certificate, problem, places, uses } = found;
    return {
      ...(where !== '' && { where }),
      places: places.map(({ text }) => text),
      uses,
      ...(problem !== undefined && { problem }),
      ...(certificate !== undefined && certificateFields(certificate)),
    };
  });
  return `${JSON.stringify({ certificates }, null, 2)}\n`;
}

function certificateFields({ notBefore, notAfter, subject, issuer, ...rest }: Certificate): object {
  return {
    ...rest,
    subject: { name: subject.text, commonName: subject.commonName, organizations: subject.organizations },
    issuer: { name: issuer.text, commonName: issuer.commonName, organizations: issuer.organizations },
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
  };
}

function sorted(rows: readonly CertificateRow[]): CertificateRow[] {
  const expiry = ({ found }: CertificateRow): number => found.certificate?.notAfter ?? Number.NEGATIVE_INFINITY;
  const place = ({ where, found }: CertificateRow): string => `${where}\n${found.places[0]?.text ?? ''}`;
  return [...rows].sort((a, b) => (expiry(a) === expiry(b) ? compareText(place(a), place(b)) : expiry(a) - expiry(b)));
}

/** `364 days  2027-11-21`, `expired 3 days`. */
function expiryText({ notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>, now: number): string {
  const date = new Date(notAfter).toISOString().replace(/T.*$/, '');
  const left = notAfter - now;
  if (left < 0) return `expired ${counted(-left)} ago`;
  return notBefore > now ? `from ${new Date(notBefore).toISOString().slice(0, 10)} on` : `${counted(left)}, ${date}`;
}

function counted(ms: number): string {
  const days = Math.floor(ms / dayMs);
  const hours = Math.floor(ms / 3_600_000);
  return days >= 2 ? `${days} days` : hours === 1 ? '1 hour' : `${hours} hours`;
}

function keyText({ type, bits, curve }: PublicKeyInfo): string {
  if (type === 'ec') return curve ?? 'EC';
  if (type === 'ed25519') return 'Ed25519';
  if (type === 'ed448') return 'Ed448';
  return bits === 0 ? type : `${type.toUpperCase()} ${bits}`;
}

function nameText({ subject, names }: Certificate): string {
  return subject.text || names.dns[0] || names.ip[0] || '(no subject)';
}

function cut(text: string, columns: number): string {
  return textWidth(text) <= columns ? text : `${text.slice(0, columns - 3)}...`;
}
