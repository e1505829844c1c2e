import { parseVersion } from '../model/version.ts';
import {
  firstClear,
  isBeyondData,
  type Program,
  type Vulnerability,
  vulnerabilitiesOf,
} from '../semantics/cves/index.ts';
import { isVendorBuild } from '../semantics/versions/vendor.ts';
import { defineFact, type Facts } from './facts.ts';
import { conditions, type Holds, type Place } from './vulnerable-conditions.ts';

/** What a version of a program is open to, where it runs. */
export interface Exposure {
  /** Gravest first. */
  readonly open: readonly Vulnerability[];
  /** Those that need what is not shown, each with what that is. */
  readonly undecided: readonly { readonly vulnerability: Vulnerability; readonly needs: string }[];
  /** The first version that is open to none: `1.20.11`. */
  readonly clear: string | undefined;
  /** The maker of this build may have mended some without a new number. */
  readonly isVendorBuild: boolean;
}

/**
 * Judges a version of a program, as a Node or the tag of an image tells it; a text is the reason why that is not known.
 * Each is judged once, however many pods run it.
 */
export const exposureOf = defineFact(
  'exposure-of',
  (facts): ((program: Program, version: string, place?: Place) => Exposure | string) => {
    const known = new Map<string, Exposure | string>();
    return (program, version, place = {}) => {
      const key = JSON.stringify([program.product.id, program.part, version, place.os]);
      let exposure = known.get(key);
      if (exposure === undefined) known.set(key, (exposure = exposureIn(facts, { program, text: version, place })));
      return exposure;
    };
  },
);

interface Asked {
  readonly program: Program;
  readonly text: string;
  readonly place: Place;
}

function exposureIn(facts: Facts, { program, text, place }: Asked): Exposure | string {
  const name = program.part ?? program.product.name;
  const version = parseVersion(text);
  if (version === undefined || version.numbers.length < 3)
    return `${text} does not tell which version of ${name} it is`;
  if (isBeyondData(program, version)) return `${name} ${text} is newer than what is known of vulnerabilities`;
  const found = vulnerabilitiesOf(program, version);
  const open: Vulnerability[] = [];
  const undecided: { vulnerability: Vulnerability; needs: string }[] = [];
  for (const vulnerability of found) {
    const { holds, needs } = allHold(facts, vulnerability, place);
    if (holds === 'yes') open.push(vulnerability);
    if (holds === 'unknown') undecided.push({ vulnerability, needs });
  }
  const clear = found.length === 0 ? undefined : firstClear(program, version);
  return { open, undecided, clear, isVendorBuild: isVendorBuild(text) };
}

function allHold(
  facts: Facts,
  { when }: Vulnerability,
  place: Place,
): { readonly holds: Holds; readonly needs: string } {
  const needs: string[] = [];
  for (const name of when) {
    const condition = conditions.get(name);
    const holds = condition?.holds(facts, place) ?? 'unknown';
    if (holds === 'no') return { holds, needs: '' };
    if (holds === 'unknown') needs.push(condition?.says ?? name);
  }
  return { holds: needs.length === 0 ? 'yes' : 'unknown', needs: needs.join(' and ') };
}
