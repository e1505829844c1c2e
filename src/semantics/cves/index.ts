import type { ImageReference } from '../../model/image-reference.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import { compareVersions, type Version } from '../../model/version.ts';
import { type Product, products, productsByRepository, type Vulnerability } from './table.ts';

export { type Product, products, type UnfixedVulnerability, unfixed, type Vulnerability } from './table.ts';

/** A program whose vulnerabilities are known: a product, and of Kubernetes which of its programs. */
export interface Program {
  readonly product: Product;
  readonly part?: string;
}

/** Programs of Kubernetes, whose names no other image has: a copy of them in any registry is the same program. */
const kubernetesParts: ReadonlySet<string> = new Set([
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
]);

/** The program that an image is; undefined for all other images. */
export function programOfImage({ repository, path }: ImageReference): Program | undefined {
  const last = path.slice(path.lastIndexOf('/') + 1);
  if (kubernetesParts.has(last)) return programOf('kubernetes', last);
  return programOf(productsByRepository.get(repository) ?? productsByTail.get(tailOf(path) ?? '') ?? '');
}

/** By the end of its path, which copies in other registries mostly keep: `ingress-nginx/controller`. */
const productsByTail: ReadonlyMap<string, string> = new Map(
  [...productsByRepository].flatMap(([repository, id]): [string, string][] => {
    const tail = tailOf(repository.slice(repository.indexOf('/') + 1));
    return tail === undefined ? [] : [[tail, id]];
  }),
);

/** The last two steps of a path; undefined where one alone, or Docker Hub's own, tells nothing. */
function tailOf(path: string): string | undefined {
  const steps = path.split('/').slice(-2);
  return steps.length < 2 || steps[0] === 'library' ? undefined : steps.join('/');
}

export function programOf(id: string, part?: string): Program | undefined {
  const product = products.get(id);
  return product === undefined ? undefined : { product, ...(part !== undefined && { part }) };
}

/** Whether a version is one of those that have a vulnerability. A version of less than three numbers never is. */
export function isAffected(version: Version, { ranges }: Pick<Vulnerability, 'ranges'>): boolean {
  if (version.numbers.length < 3) return false;
  return ranges.some(({ introduced, fixed, lastAffected }) => {
    if (compareVersions(version, introduced) < 0) return false;
    if (fixed !== undefined) return compareVersions(version, fixed) < 0;
    return lastAffected !== undefined && compareVersions(version, lastAffected) <= 0;
  });
}

/** What a version of a program is open to, gravest first; what nobody has rated counts as medium. */
export function vulnerabilitiesOf({ product, part }: Program, version: Version): readonly Vulnerability[] {
  return product.vulnerabilities
    .filter(
      (each) => (part === undefined || each.part === undefined || each.part === part) && isAffected(version, each),
    )
    .sort((a, b) => compareSeverity(gravity(b), gravity(a)) || (a.id < b.id ? 1 : -1));
}

export function gravity({ severity }: Vulnerability): Severity {
  return severity ?? 'medium';
}

/** Whether a version is of a release line that is newer than the data, so that nothing can be said of it. */
export function isBeyondData({ product: { newest } }: Program, { numbers }: Version): boolean {
  if (newest === undefined) return false;
  const line: Version = { numbers: numbers.slice(0, newest.numbers.length), prerelease: undefined };
  return compareVersions(line, newest) > 0;
}

/**
 * The first version after this one that is open to none of what the table has of the program, as `1.20.11`; undefined
 * where no version of the table is.
 */
export function firstClear(program: Program, version: Version): string | undefined {
  const fixes = program.product.vulnerabilities.flatMap(({ ranges }) => ranges.flatMap(({ fixed }) => fixed ?? []));
  const later = fixes.filter((fix) => compareVersions(fix, version) > 0).sort(compareVersions);
  const clear = later.find((fix) => fix.prerelease === undefined && vulnerabilitiesOf(program, fix).length === 0);
  return clear?.numbers.join('.');
}
