import type { Certificate, CertificatePlace, CertificateUse, FoundCertificate } from '../../model/certificate.ts';
import { type ParsedCertificate, parseCertificate } from './parse.ts';
import type { PemBlock } from './pem-blocks.ts';
import type { Verifiable } from './verify.ts';

/** A certificate while it is still being learned who uses it. */
export class Entry implements FoundCertificate {
  readonly certificate?: Certificate;
  readonly problem?: string;
  readonly pem: string;
  ofCluster?: boolean;
  readonly places: CertificatePlace[] = [];
  readonly uses: CertificateUse[] = [];
  readonly judgedBy: { readonly who: string; readonly trusts: boolean }[] = [];
  readonly sameKeyAs: NonNullable<CertificateUse['trust']>[] = [];
  readonly missingNames: { readonly name: string; readonly by: string }[] = [];
  private readonly known = new Set<string>();

  constructor(parsed: ParsedCertificate, pem: string) {
    if ('certificate' in parsed) this.certificate = parsed.certificate;
    else this.problem = parsed.problem;
    this.pem = pem;
  }

  use(use: CertificateUse): void {
    if (this.firstTime(`use ${use.by}`)) this.uses.push(use);
  }

  place(place: CertificatePlace): void {
    if (this.firstTime(`place ${place.text}`)) this.places.push(place);
  }

  judged(who: string, trusts: () => boolean): void {
    if (this.firstTime(`judge ${who}`)) this.judgedBy.push({ who, trusts: trusts() });
  }

  lacks(name: string, by: string): void {
    if (this.firstTime(`name ${name}`)) this.missingNames.push({ name, by });
  }

  /** A CA may have a place in each of a hundred thousand entries of a kubeconfig. */
  private firstTime(key: string): boolean {
    if (this.known.has(key)) return false;
    this.known.add(key);
    return true;
  }
}

/** Certificates by what they are: the same one in several files is one, with all of its places. */
export class Inventory {
  private readonly byPem = new Map<string, Entry>();
  private readonly byFingerprint = new Map<string, Entry>();
  private readonly entries: Entry[] = [];

  /** The entries of the blocks of one place, in their order. `placeOf` is asked for each with its index. */
  add(blocks: readonly PemBlock[], placeOf: (block: PemBlock, index: number) => CertificatePlace): readonly Entry[] {
    return blocks.map((block, index) => {
      const entry = this.entry(block.pem);
      entry.place(placeOf(block, index));
      return entry;
    });
  }

  found(): readonly Entry[] {
    return this.entries;
  }

  private entry(pem: string): Entry {
    const known = this.byPem.get(pem);
    if (known !== undefined) return known;
    const parsed = parseCertificate(pem);
    const fingerprint = 'certificate' in parsed ? parsed.certificate.fingerprint : '';
    let entry = this.byFingerprint.get(fingerprint);
    if (entry === undefined) {
      entry = new Entry(parsed, pem);
      this.entries.push(entry);
      if (fingerprint !== '') this.byFingerprint.set(fingerprint, entry);
    }
    this.byPem.set(pem, entry);
    return entry;
  }
}

/** Those that could be read. */
export function verifiable(entries: readonly FoundCertificate[]): readonly Verifiable[] {
  const found: Verifiable[] = [];
  for (const { certificate, pem } of entries) if (certificate !== undefined) found.push({ certificate, pem });
  return found;
}
