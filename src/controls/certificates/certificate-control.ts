import type { Facts } from '../../facts/facts.ts';
import type { Certificate, CertificatePurpose, FoundCertificate } from '../../model/certificate.ts';
import type { CertificateSubject } from '../../model/subject.ts';
import { type Failure, fail, pass, unknown, type Verdict } from '../../model/verdict.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

export interface CertificateRow extends Omit<ControlDefinition<'certificate'>, 'id' | 'subject' | 'check' | 'mend'> {
  /** Last part of the control's id. */
  readonly name: string;
  /** What is wrong with a certificate, without its name; undefined where nothing is. */
  readonly wrong: (question: CertificateQuestion) => Wrong | Verdict | undefined;
}

export interface CertificateQuestion {
  readonly certificate: Certificate;
  readonly found: FoundCertificate;
  /** When the evidence was taken, in milliseconds since the epoch. */
  readonly now: number;
  readonly facts: Facts;
}

export interface Wrong extends Pick<Failure, 'severity' | 'remedy'> {
  readonly says: string;
}

/** Controls of certificates, from a table. A certificate that cannot be read is unknown to all but one of them. */
export function certificateControls(rows: readonly CertificateRow[]): readonly Control<'certificate'>[] {
  return rows.map(({ name, wrong, ...rest }) =>
    control({
      ...rest,
      id: `certificates/${name}`,
      subject: 'certificate',
      check: ({ certificate: found, path }, facts) => {
        const { certificate } = found;
        if (certificate === undefined) return unknown(`a certificate cannot be read: ${found.problem ?? ''}`);
        const now = Date.parse(facts.snapshot.takenAt);
        if (Number.isNaN(now)) return unknown('it is not known when the evidence was taken');
        const answer = wrong({ certificate, found, now, facts });
        if (answer === undefined) return pass;
        if ('kind' in answer) return answer;
        const { says, ...more } = answer;
        return certificateFailure(
          { certificate: found, path },
          `${subjectText(certificate)} ${says}${context(found)}`,
          more,
        );
      },
    }),
  );
}

/** A failure about a certificate, told apart from others of the same object by where it stands. */
export function certificateFailure(
  { certificate, path }: Pick<CertificateSubject, 'certificate' | 'path'>,
  message: string,
  more: Pick<Failure, 'severity' | 'remedy'> = {},
): Failure {
  return fail(message, path, { key: certificate.places[0]?.text ?? '', ...more });
}

function subjectText({ subject, names }: Certificate): string {
  return subject.text || names.dns[0] || names.ip[0] || 'a certificate without a subject';
}

/** Who uses it, and how many more places it stands in. */
function context({ uses, places }: FoundCertificate): string {
  const [first, ...others] = uses;
  const more = others.length === 0 ? '' : ` and ${others.length} ${others.length === 1 ? 'other' : 'others'}`;
  const used = first === undefined ? '' : ` (${first.by}${more})`;
  const copies = places.length - 1;
  return copies <= 0 ? used : `${used}; also in ${places[1]?.text}${copies > 1 ? ` and ${copies - 1} more` : ''}`;
}

export function isUsedAs({ uses }: FoundCertificate, purpose: CertificatePurpose): boolean {
  return uses.some((use) => use.purpose === purpose);
}

/** Whether it vouches for others: as it is used, else as it says of itself. */
export function isAuthority(found: FoundCertificate): boolean {
  return found.uses.length > 0 ? isUsedAs(found, 'authority') : found.certificate?.authority === true;
}

export const dayMs = 86_400_000;

/** `2026-11-21`. */
export function dateText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().replace(/T.*$/, '');
}

/** `12 days`, `3 hours`: whole units, at least one of them. */
export function durationText(ms: number): string {
  const days = Math.floor(ms / dayMs);
  if (days >= 1) return days === 1 ? '1 day' : `${days} days`;
  const hours = Math.max(1, Math.floor(ms / 3_600_000));
  return hours === 1 ? '1 hour' : `${hours} hours`;
}
