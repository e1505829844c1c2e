import data from '../../../data/cves.json' with { type: 'json' };
import { type Severity, severities } from '../../model/severity.ts';
import { parseVersion, type Version } from '../../model/version.ts';

/** From `introduced` on; up to `fixed` and without it, or up to `lastAffected` and with it. */
export interface AffectedRange {
  readonly introduced: Version;
  readonly fixed?: Version;
  readonly lastAffected?: Version;
}

export interface Vulnerability {
  /** `CVE-2021-25741`, or a GHSA number where there is none. */
  readonly id: string;
  /** Of Kubernetes: the program that has it. */
  readonly part?: string;
  /** Empty where nobody has written one. */
  readonly title: string;
  /** Undefined: not rated. */
  readonly severity: Severity | undefined;
  readonly ranges: readonly AffectedRange[];
  /** Names of what else must hold; see `facts/vulnerable-conditions.ts`. */
  readonly when: readonly string[];
}

export interface Product {
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  /** Newest release line that the data knows of; undefined where that is not written down. */
  readonly newest: Version | undefined;
  readonly vulnerabilities: readonly Vulnerability[];
}

/** A vulnerability of Kubernetes that no version mends: what asks for it, or why a person must. */
export interface UnfixedVulnerability {
  readonly id: string;
  readonly title: string;
  readonly checkedBy?: readonly string[];
  readonly manual?: string;
}

interface RowData {
  readonly id: string;
  readonly product: string;
  readonly part?: string;
  readonly title?: string;
  readonly severity?: string;
  readonly ranges: readonly { readonly introduced: string; readonly fixed?: string; readonly lastAffected?: string }[];
  readonly when?: readonly string[];
}

interface ProductData {
  readonly name: string;
  readonly newest?: string;
  readonly repositories: readonly string[];
}

const rows = data.rows as readonly RowData[];
const described: ReadonlyMap<string, ProductData> = new Map<string, ProductData>(Object.entries(data.products));

export const unfixed: readonly UnfixedVulnerability[] = data.unfixed;

export const products: ReadonlyMap<string, Product> = new Map(
  [...described].map(([id, { name, newest }]): [string, Product] => [
    id,
    {
      id,
      name,
      newest: newest === undefined ? undefined : parseVersion(newest),
      vulnerabilities: rows.filter(({ product }) => product === id).map(vulnerability),
    },
  ]),
);

/** The product whose images lie in a repository, by the repository's whole name. */
export const productsByRepository: ReadonlyMap<string, string> = new Map(
  [...described].flatMap(([id, { repositories }]) =>
    repositories.map((repository): [string, string] => [repository, id]),
  ),
);

function vulnerability({ id, part, title = '', severity, ranges, when = [] }: RowData): Vulnerability {
  return {
    id,
    ...(part !== undefined && { part }),
    title,
    severity: severities.find((each) => each === severity),
    ranges: ranges.flatMap(({ introduced, fixed, lastAffected }) => {
      const from = parseVersion(introduced);
      const to = parseVersion(fixed ?? lastAffected ?? '');
      if (from === undefined || to === undefined) return [];
      return [{ introduced: from, ...(fixed === undefined ? { lastAffected: to } : { fixed: to }) }];
    }),
    when,
  };
}
