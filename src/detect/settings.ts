import { describeType, isList, isObject, type Json, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import { network } from './addresses.ts';
import type { DetectorOptions } from './detector.ts';
import { parseTimespan } from './parse-correlation.ts';
import { RuleError } from './problem.ts';
import type { RuleProblem } from './rule.ts';
import type { TrustedIdentities } from './trusted.ts';

export type DetectorSettings = Pick<DetectorOptions, 'trusted' | 'addresses'>;

/**
 * Reads whom and what a cluster's owner trusts:
 *
 *     trusted:
 *       - user: system:serviceaccount:cert-manager:cert-manager
 *         reason: reads the Secrets that it makes
 *         until: 2027-01-01T00:00:00Z
 *     learning: 7d
 *     addresses:
 *       tor: [198.51.100.0/24]
 */
export function readSettings({
  path,
  text,
}: {
  readonly path: string;
  readonly text: string;
}): DetectorSettings | RuleProblem {
  try {
    const { value, positions } = parseYaml(text, 1);
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return { path, line: positions.locate(error.at)?.line ?? 1, message: error.message };
    }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { path, line: error.line, message: error.message };
  }
}

const known: ReadonlySet<string> = new Set(['trusted', 'learning', 'addresses']);

function read(value: Json): DetectorSettings {
  if (!isObject(value)) throw new RuleError([], `the settings are a mapping, found ${describeType(value)}`);
  for (const key of Object.keys(value)) {
    if (!known.has(key)) throw new RuleError([key], `"${key}" is no setting; there are ${[...known].join(', ')}`);
  }
  const learning = own(value, 'learning');
  const users = listAt(own(value, 'trusted'), ['trusted']).map((item, index) => userOf(item, ['trusted', index]));
  return {
    trusted: { users, ...(learning !== undefined && { learning: parseTimespan(learning, ['learning']) }) },
    addresses: addressesOf(own(value, 'addresses')),
  };
}

function userOf(item: Json, at: Path): TrustedIdentities['users'][number] {
  if (!isObject(item)) throw new RuleError(at, 'a trusted identity is a mapping with "user" and "reason"');
  const { user, reason, until } = item;
  if (typeof user !== 'string' || typeof reason !== 'string' || reason === '') {
    throw new RuleError(at, 'a trusted identity needs a "user" and a "reason"');
  }
  // A name with a wildcard would be one that others can take.
  if (/[*?]/.test(user))
    throw new RuleError([...at, 'user'], 'a trusted identity is an exact user name, without wildcards');
  if (until === undefined || until === null) return { user, reason };
  if (typeof until !== 'string' || Number.isNaN(Date.parse(until)))
    throw new RuleError([...at, 'until'], '"until" is a time such as 2027-01-01T00:00:00Z');
  return { user, reason, until };
}

function addressesOf(value: Json | undefined): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  if (value === undefined) return lists;
  if (!isObject(value))
    throw new RuleError(
      ['addresses'],
      `address lists are a mapping of names to networks, found ${describeType(value)}`,
    );
  for (const [name, list] of Object.entries(value)) {
    const networks = listAt(list, ['addresses', name]).map((item, index) => {
      if (typeof item === 'string' && network(item) !== undefined) return item;
      throw new RuleError(['addresses', name, index], `${JSON.stringify(item)} is no network, such as 10.0.0.0/8`);
    });
    lists.set(name, networks);
  }
  return lists;
}

function listAt(value: Json | undefined, at: Path): readonly Json[] {
  if (value === undefined) return [];
  if (!isList(value)) throw new RuleError(at, `this is a list, found ${describeType(value)}`);
  return value;
}
