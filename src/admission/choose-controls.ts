import type { AnyControl } from '../controls/control.ts';
import { hasWildcard, matchesName } from '../engine/exception-pattern.ts';
import { judge } from '../engine/judge.ts';
import type { Facts } from '../facts/facts.ts';
import { isObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import type { Subject } from '../model/subject.ts';
import type { Verdict } from '../model/verdict.ts';
import { groupKind } from '../model/workload.ts';
import { nearestOf } from '../semantics/audit-policy/nearest.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import { splitDocuments } from '../yaml/split.ts';
import type { ChosenControl, PolicyMode } from './policies.ts';
import { isNeverSent, isServedKind, servedKinds } from './served-kinds.ts';
import { neededFor } from './surroundings.ts';

/** One entry of `controls` in a policy file. */
export interface ControlChoice {
  /** A control's id, a component, or a pattern with `*`. */
  readonly pattern: string;
  readonly mode: PolicyMode;
}

export interface ChosenControls {
  readonly chosen: readonly ChosenControl[];
  /** By index of the choice: why it cannot be used. */
  readonly problems: ReadonlyMap<number, string>;
  /** Controls that a pattern matched and that cannot judge requests: why, by id. */
  readonly left: ReadonlyMap<string, string>;
  /** Patterns that lose controls so, in the order of the file. */
  readonly losses: readonly Loss[];
}

/** What a pattern means and does not choose. */
export interface Loss {
  readonly pattern: string;
  /** How many controls it matches. */
  readonly matching: number;
  /** Those of them that cannot judge requests. */
  readonly left: readonly string[];
}

/**
 * The controls that a policy file chooses, the last choice of a control counting. One that cannot decide by the object
 * of a request and what is known of the cluster is refused where it is named, and left out of what a pattern matches.
 */
export function chooseControls(choices: readonly ControlChoice[], controls: readonly AnyControl[]): ChosenControls {
  const chosen = new Map<string, ChosenControl>();
  const problems = new Map<number, string>();
  const left = new Map<string, string>();
  const losses: Loss[] = [];
  for (const [index, { pattern, mode }] of choices.entries()) {
    const matching = controls.filter(({ id }) => isMeant(pattern, id));
    if (matching.length === 0) {
      const near = nearestOf(
        pattern,
        controls.map(({ id }) => id),
      );
      problems.set(index, `there is no control ${pattern}${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
    const unfit = new Map<string, string>();
    for (const control of matching) {
      const fit = fitnessOf(control);
      if ('reason' in fit) unfit.set(control.id, fit.reason);
      else chosen.set(control.id, { control, mode, ...fit });
    }
    const [only] = unfit;
    if (only !== undefined && unfit.size === matching.length) {
      const which = matching.length === 1 ? `control ${only[0]}` : `none of the controls of ${pattern}`;
      const verb = matching.length === 1 ? 'cannot' : 'can';
      problems.set(index, `${which} ${verb} decide a request: ${only[1]}`);
    } else if (unfit.size > 0) {
      losses.push({ pattern, matching: matching.length, left: [...unfit.keys()] });
      for (const [id, reason] of unfit) left.set(id, reason);
    }
  }
  return { chosen: [...chosen.values()], problems, left, losses };
}

function isMeant(pattern: string, id: string): boolean {
  if (hasWildcard(pattern)) return matchesName(pattern, id);
  return id === pattern || id.startsWith(`${pattern}/`);
}

type Fitness = Pick<ChosenControl, 'kinds' | 'needs'> | { readonly reason: string };

/** Controls whose examples cannot tell why requests are not judged by them. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['secrets/plain-manifest', 'it is about files: every Secret reaches an API server in the clear, wherever it is kept'],
  ['manifests/duplicate-keys', 'it is about files: an API server passes on one value of a key'],
]);

const nothing: ReadonlySet<string> = new Set();

/**
 * Whether a control can decide about the object of a request, by what it asks for when its own examples are judged; a
 * control whose function takes no facts asks for none. `kinds` are those that a control of objects says anything about.
 */
function fitnessOf(control: AnyControl): Fitness {
  const { subject } = control;
  if (subject !== 'object' && subject !== 'pod' && subject !== 'container') {
    return { reason: `it is about a ${subject}, which no request carries` };
  }
  const reason = reasons.get(control.id);
  if (reason !== undefined) return { reason };
  if (subject !== 'object' && !takesFacts(control)) return { kinds: undefined, needs: nothing };
  const { asked, kinds } = observe(control);
  const needed = neededFor(subject, asked);
  if ('reason' in needed) return needed;
  if (subject !== 'object') return { kinds: undefined, needs: needed.kinds };
  const judged = allKinds(control, kinds);
  const sent = [...judged].filter((kind) => !isNeverSent(kind));
  if (sent.length === 0 && judged.size > 0) {
    return { reason: `it is about ${[...judged].join(', ')}, about which API servers ask no webhook` };
  }
  const unknown = sent.filter((kind) => !isServedKind(kind));
  if (sent.length === 0 || unknown.length > 0) {
    return { reason: `it is about ${unknown.join(', ') || 'kinds'} that webhooks are not sent here` };
  }
  return { kinds: new Set(sent), needs: needed.kinds };
}

/** The kinds of which its examples show that it judges them, and those beside them that it names. */
function allKinds({ kinds: named }: AnyControl, shown: ReadonlySet<string>): ReadonlySet<string> {
  if (named === undefined) return shown;
  const groups = new Set([...shown].map(groupOf));
  const beside = [...servedKinds()].filter((kind) => {
    return groups.has(groupOf(kind)) && named.includes(kind.slice(kind.lastIndexOf('/') + 1));
  });
  return new Set([...shown, ...beside]);
}

function groupOf(kind: string): string {
  return kind.slice(0, kind.lastIndexOf('/'));
}

/** A check that is declared without facts cannot ask for any; most are, and need no judging to be known. */
export function takesFacts({ check }: AnyControl): boolean {
  return check.length > 1;
}

/** What a control asks for while its examples are judged, and which kinds it gives verdicts on. */
export function observe(control: AnyControl): {
  readonly asked: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
} {
  const asked = new Set<string>();
  const kinds = new Set<string>();
  const watching = {
    ...control,
    check: (subject: Subject, facts: Facts): Verdict | readonly unknown[] => {
      const verdict = (control.check as (subject: Subject, facts: Facts) => Verdict | readonly unknown[])(subject, {
        settings: facts.settings,
        get snapshot() {
          return watched(facts.snapshot, () => asked.add('everything that was read'));
        },
        get: (fact) => {
          asked.add(fact.name);
          return facts.get(fact);
        },
      });
      if (!('kind' in verdict) || verdict.kind !== 'not-applicable') kinds.add(groupKind(subject.object));
      return verdict;
    },
  } as AnyControl;
  for (const text of [...control.examples.pass, ...control.examples.fail]) {
    const objects = objectsOf(text);
    const snapshot = {
      schema: 'bulwark.snapshot/v1',
      takenAt: '2000-01-01T00:00:00Z',
      objects,
      inputs: [],
      gaps: [],
    } as const;
    judge(snapshot, { controls: [watching], profiles: ['security', 'reliability'] });
  }
  return { asked, kinds };
}

/** What a snapshot says of itself a request has, too: whether a server holds the object, and that nothing is missing. */
const ofItself: ReadonlySet<string | symbol> = new Set(['cluster', 'gaps', 'takenAt', 'schema']);

function watched(snapshot: Snapshot, onMore: () => void): Snapshot {
  return new Proxy(snapshot, {
    get: (target, field) => {
      if (!ofItself.has(field)) onMore();
      return Reflect.get(target, field);
    },
  });
}

function objectsOf(text: string): readonly KubeObject[] {
  const objects: KubeObject[] = [];
  for (const { start, end, line, index } of splitDocuments(text)) {
    const value = parsed(text.slice(start, end), line);
    const apiVersion = isObject(value) ? own(value, 'apiVersion') : undefined;
    const kind = isObject(value) ? own(value, 'kind') : undefined;
    if (!isObject(value) || typeof apiVersion !== 'string' || typeof kind !== 'string') continue;
    const name = valueAt(value, ['metadata', 'name']);
    const namespace = valueAt(value, ['metadata', 'namespace']);
    objects.push({
      apiVersion,
      kind,
      name: typeof name === 'string' ? name : '',
      namespace: typeof namespace === 'string' ? namespace : undefined,
      value,
      source: { file: 'example', document: index, base: [] },
    });
  }
  return objects;
}

function parsed(text: string, line: number) {
  try {
    return parseYaml(text, line).value;
  } catch (error) {
    if (error instanceof YamlError) return undefined;
    throw error;
  }
}
