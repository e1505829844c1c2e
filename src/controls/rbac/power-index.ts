import { serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import { type PodMakers, podMakers } from '../../facts/rbac-pod-makers.ts';
import type { ResourceRequest, RoleRule } from '../../semantics/rbac/rule.ts';
import { changeWorkloads, lesserRows } from './lesser-rows.ts';
import { givesAny, type Power } from './power.ts';
import { createWorkloads, powerRows } from './power-rows.ts';

/** A power that rules give, with the first of them that does. */
export interface GivenPower {
  readonly power: Power;
  readonly rule: RoleRule;
}

interface Entry {
  readonly power: Power;
  /** Its place in the tables. */
  readonly order: number;
  /** The row that it is in, and its place there. */
  readonly row: readonly Power[];
}

const all: readonly Entry[] = [...powerRows.values(), ...lesserRows.values()]
  .flatMap((row) => row.map((power) => ({ power, row })))
  .map((each, order) => ({ ...each, order }));

/** A power, and those of its requests that are about one resource. */
interface Asked extends Entry {
  readonly requests: readonly ResourceRequest[];
}

const whole: readonly Asked[] = all.map((entry) => ({ ...entry, requests: entry.power.requests }));

/** By what their requests name, so that a rule is asked only about powers that it can give. */
const byResource: ReadonlyMap<string, readonly Asked[]> = indexed();

function indexed(): ReadonlyMap<string, readonly Asked[]> {
  const index = new Map<string, Map<Entry, ResourceRequest[]>>();
  const add = (key: string, entry: Entry, request: ResourceRequest): void => {
    let entries = index.get(key);
    if (entries === undefined) index.set(key, (entries = new Map()));
    const requests = entries.get(entry);
    if (requests === undefined) entries.set(entry, [request]);
    else requests.push(request);
  };
  for (const entry of all) {
    for (const request of entry.power.requests) {
      const { resource, subresource } = request;
      add(subresource === undefined ? resource : `${resource}/${subresource}`, entry, request);
      if (subresource !== undefined) add(`*/${subresource}`, entry, request);
    }
  }
  const asked = (entries: ReadonlyMap<Entry, readonly ResourceRequest[]>): readonly Asked[] =>
    [...entries].map(([entry, requests]) => ({ ...entry, requests }));
  return new Map([...index].map(([key, entries]) => [key, asked(entries)]));
}

/** The powers that rules give, by the row that those are in, in its order. */
export type GivenRows = ReadonlyMap<readonly Power[], readonly GivenPower[]>;

/**
 * Every power of the tables that rules give when they hold everywhere. Rules are asked once: those of one role are
 * asked for again and again, and many roles give nothing.
 */
export const powersOfRules = defineFact('powers-of-rules', (facts): ((rules: readonly RoleRule[]) => GivenRows) => {
  const minor = facts.get(serverVersion)?.minor;
  const makers = facts.get(podMakers);
  const holds = ({ from = 0, until = Number.POSITIVE_INFINITY }: Power): boolean =>
    minor === undefined || (from <= minor && minor < until);
  const known = new Map<readonly RoleRule[], GivenRows>();
  // One board for all roles, wiped after each: there are very many roles.
  const board: (RoleRule | undefined)[] = all.map(() => undefined);
  return (rules) => {
    let rows = known.get(rules);
    if (rows !== undefined) return rows;
    const touched: number[] = [];
    for (const rule of rules) {
      const isAny = rule.resources.includes('*');
      for (const resource of isAny ? any : rule.resources) {
        for (const { power, order, requests } of isAny ? whole : (byResource.get(resource) ?? none)) {
          if (board[order] !== undefined || !givesAny(rule, power, requests) || !holds(power)) continue;
          board[order] = rule;
          touched.push(order);
        }
      }
      for (const order of ofItsGroups(rule, makers)) {
        if (board[order] !== undefined) continue;
        board[order] = rule;
        touched.push(order);
      }
    }
    rows = touched.length === 0 ? nothing : rowsOf(touched, board);
    for (const order of touched) board[order] = undefined;
    known.set(rules, rows);
    return rows;
  };
});

/** The powers that a rule gives over resources which no table can name. */
function* ofItsGroups(rule: RoleRule, makers: PodMakers): Iterable<number> {
  for (const { power, order } of ofGroups) if (givesAny(rule, power, power.requests)) yield order;
  if (rule.resourceNames.length > 0 || !rule.apiGroups.some((group) => makers.hasGroup(group))) return;
  const makes = rule.apiGroups.some((group) => rule.resources.some((plural) => makers.makesPods(group, plural)));
  if (!makes) return;
  for (const { power, order } of overWorkloads) {
    const verbs = new Set(power.requests.map(({ verb }) => verb));
    if (rule.verbs.some((verb) => verb === '*' || verbs.has(verb))) yield order;
  }
}

const ofGroups = all.filter(({ power }) => power.anyOf !== undefined);
const overWorkloads = all.filter(({ power }) => power === createWorkloads || power === changeWorkloads);

const none: readonly Asked[] = [];
const any = ['*'];
const nothing: GivenRows = new Map();

/** What is on the board, in the order of the tables, whatever the order of the rules. */
function rowsOf(touched: number[], board: readonly (RoleRule | undefined)[]): GivenRows {
  const rows = new Map<readonly Power[], GivenPower[]>();
  for (const order of touched.sort((a, b) => a - b)) {
    const entry = all[order];
    const rule = board[order];
    if (entry === undefined || rule === undefined) continue;
    const row = rows.get(entry.row);
    if (row === undefined) rows.set(entry.row, [{ power: entry.power, rule }]);
    else row.push({ power: entry.power, rule });
  }
  return rows;
}
