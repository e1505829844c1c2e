import { type Overload, readLibrary } from './function.ts';
import { authorizerSelectors, authorizers } from './library/authorizer.ts';
import { namedFormats } from './library/formats.ts';
import { cidrs, ips } from './library/ip.ts';
import { extendedLists, listMembership, lists, sets } from './library/lists.ts';
import { crossTypeComparisons, operators, optionalIndexes } from './library/operators.ts';
import { optionals } from './library/optionals.ts';
import { quantities } from './library/quantity.ts';
import { regex } from './library/regex.ts';
import { semvers } from './library/semver.ts';
import { standard } from './library/standard.ts';
import { strings, stringsOfVersionTwo } from './library/strings.ts';
import { time } from './library/time.ts';
import { urls } from './library/urls.ts';
import type { Type } from './type.ts';

/** What expressions may use: the language of a version of Kubernetes, and variables. */
export interface Environment {
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** What only later versions have. */
  readonly newer: ReadonlyMap<string, readonly Overload[]>;
  readonly typeNames: ReadonlySet<string>;
  readonly hasOptionals: boolean;
  readonly hasTwoVariables: boolean;
  readonly hasSortBy: boolean;
  /** Whether `duration('x')` is refused before it is evaluated. */
  readonly checksTimeLiterals: boolean;
  /** Whether `[1, 'a']` is a list. Not in Kubernetes. */
  readonly allowsMixedLiterals: boolean;
}

export interface EnvironmentOptions {
  /** The minor of Kubernetes 1.x; the newest that is known where it is not set. */
  readonly minor?: number | undefined;
  readonly variables: ReadonlyMap<string, Type>;
  /** For conformance with the CEL specification; Kubernetes refuses them. */
  readonly mixedLiterals?: 'allowed' | 'refused';
}

/** The newest minor whose libraries are known. */
const newestMinor = 37;

const overloads: readonly Overload[] = [
  operators,
  crossTypeComparisons,
  standard,
  time,
  strings,
  stringsOfVersionTwo,
  urls,
  regex,
  lists,
  optionals,
  optionalIndexes,
  authorizers,
  authorizerSelectors,
  quantities,
  sets,
  ips,
  cidrs,
  namedFormats,
  semvers,
  extendedLists,
  listMembership,
].flatMap(readLibrary);

const typeNames = new Set([
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
  'google.protobuf.Duration',
  'google.protobuf.Timestamp',
  'optional_type',
  'kubernetes.Quantity',
  'kubernetes.URL',
  'kubernetes.Semver',
  'kubernetes.NamedFormat',
  'net.IP',
  'net.CIDR',
]);

/** Source: apiserver pkg/cel/environment/base.go. */
export function createEnvironment(options: EnvironmentOptions): Environment {
  const minor = options.minor ?? newestMinor;
  return {
    variables: options.variables,
    functions: byName(overloads.filter(({ since, until }) => since <= minor && minor < until)),
    newer: byName(overloads.filter(({ since }) => since > minor)),
    typeNames,
    hasOptionals: minor >= 28,
    hasTwoVariables: minor >= 32,
    hasSortBy: minor >= 34,
    checksTimeLiterals: minor >= 29 && options.mixedLiterals !== 'allowed',
    allowsMixedLiterals: options.mixedLiterals === 'allowed',
  };
}

/** The same language with other variables. */
export function withVariables(environment: Environment, variables: ReadonlyMap<string, Type>): Environment {
  return { ...environment, variables };
}

function byName(list: readonly Overload[]): ReadonlyMap<string, readonly Overload[]> {
  const found = new Map<string, Overload[]>();
  for (const overload of list) {
    const known = found.get(overload.name);
    if (known === undefined) found.set(overload.name, [overload]);
    else known.push(overload);
  }
  return found;
}
