import type { Component, ConfigurationProblem, ResolvedComponent, Setting } from '../../model/component.ts';
import type { ComponentInput, VersionedInput } from './input.ts';
import { nameOfMinor } from './layers.ts';

/** First and last minor version that the tables of settings describe. */
const described = { kubernetes: { first: 16, last: 36 }, etcd: { first: 3, last: 6 } } as const;

/** The minor versions that a component may have, the oldest first. */
export function describedMinors(component: Component): readonly number[] {
  const { first, last } = described[component === 'etcd' ? 'etcd' : 'kubernetes'];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** `v1.20`, or `v1.20 to v1.24`. */
export function rangeName(component: Component, first: number, last: number): string {
  const [from, to] = [nameOfMinor(component, first), nameOfMinor(component, last)];
  return first === last ? from : `${from} to ${to}`;
}

/** What messages call a version that is not known. */
export function unknownVersionName({ component, possible = [] }: ResolvedComponent): string {
  return rangeName(component, possible[0]?.minor ?? 0, possible.at(-1)?.minor ?? 0);
}

/**
 * The configuration of a component whose version is not known. What is set bounds the version: those that lack a flag,
 * field, gate or plugin that others have are left out, unless no version has all that is set. A setting has a value
 * where those that are left agree; else it is `null`, and its origin has what each of them says.
 */
export function acrossVersions(
  input: ComponentInput,
  resolve: (input: VersionedInput) => ResolvedComponent,
): ResolvedComponent {
  const { component } = input;
  const source = readOnce(input);
  const all = describedMinors(component).map((minor) => resolve({ ...source, minor }));
  const possible = thatStart(all);
  const minors = possible.map(({ minor }) => minor ?? 0);
  const [first, last] = [Math.min(...minors), Math.max(...minors)];
  const newest = resolve({ ...source, minor: last, versionName: rangeName(component, first, last) });
  const shared = sharedKeys(possible);
  const merged = new Map<string, Setting | undefined>();
  const get = (name: string): Setting | undefined => {
    if (!merged.has(name)) merged.set(name, mergedSetting(name, possible, newest));
    return merged.get(name);
  };
  return {
    component,
    minor: undefined,
    possible,
    get,
    settings: () => {
      const names = new Set(possible.flatMap((each) => each.settings().map(({ name }) => name)));
      return [...names].sort().flatMap((name) => get(name) ?? []);
    },
    problems: newest.problems.filter((problem) => shared.has(keyOf(problem))),
  };
}

/** Each file is read once, however many versions ask for it. */
function readOnce(input: ComponentInput): ComponentInput {
  const texts = new Map<string, string | undefined>();
  return {
    ...input,
    readFile: (path) => {
      if (!texts.has(path)) texts.set(path, input.readFile(path));
      return texts.get(path);
    },
  };
}

/** The versions that take all that is set, but for what none takes; else those that have all of it; else all. */
function thatStart(all: readonly ResolvedComponent[]): readonly ResolvedComponent[] {
  const always = sharedKeys(all);
  for (const refusals of [refused, lacking]) {
    const starting = all.filter(({ problems }) =>
      problems.every((problem) => !refusals.has(problem.kind) || always.has(keyOf(problem))),
    );
    if (starting.length > 0) return starting;
  }
  return all;
}

const lacking: ReadonlySet<ConfigurationProblem['kind']> = new Set(['unknown-flag', 'unknown-field']);
const refused: ReadonlySet<ConfigurationProblem['kind']> = new Set([...lacking, 'invalid']);

function sharedKeys(resolved: readonly ResolvedComponent[]): ReadonlySet<string> {
  const [first, ...others] = resolved;
  let shared = new Set(first?.problems.map(keyOf));
  for (const { problems } of others) {
    if (shared.size === 0) break;
    const keys = new Set(problems.map(keyOf));
    shared = new Set([...shared].filter((key) => keys.has(key)));
  }
  return shared;
}

/** One problem in several versions: its message but for what it calls the version. */
function keyOf({ kind, message, where, line, column }: ConfigurationProblem): string {
  const text = message.replace(/\b(?:v1|3)\.\d+(?: to (?:v1|3)\.\d+)?/g, 'VERSION');
  return `${kind}\n${where}:${line ?? ''}:${column ?? ''}\n${text}`;
}

/** Versions one after the other in which a setting has the same value. */
interface Span {
  readonly first: number;
  last: number;
  readonly setting: Setting | undefined;
}

function mergedSetting(
  name: string,
  possible: readonly ResolvedComponent[],
  newest: ResolvedComponent,
): Setting | undefined {
  const spans: Span[] = [];
  for (const { minor = 0, get } of possible) {
    const setting = get(name);
    const span = spans.at(-1);
    if (span !== undefined && isSameSetting(span.setting, setting)) span.last = minor;
    else spans.push({ first: minor, last: minor, setting });
  }
  const [only, ...others] = spans;
  if (others.length === 0) return only?.setting === undefined ? undefined : newest.get(name);
  const known = spans.find(({ setting }) => setting !== undefined)?.setting;
  const { component } = newest;
  const words = spans.map(({ first, last, setting }) => {
    const value = setting === undefined ? 'not there' : JSON.stringify(setting.value);
    return `${value} in ${rangeName(component, first, last)}`;
  });
  const of = `a version that is not known: ${words.join(', ')}`;
  return { name: known?.name ?? name, value: null, origin: { kind: 'default', of } };
}

/** Whether two versions give a setting the same value; where a default is from is of no matter. */
export function isSameSetting(a: Setting | undefined, b: Setting | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.value !== b.value && JSON.stringify(a.value) !== JSON.stringify(b.value)) return false;
  return a.origin.kind === b.origin.kind;
}
