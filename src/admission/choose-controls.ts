import type { AnyControl } from '../controls/control.ts';
import { hasWildcard, matchesName } from '../engine/exception-pattern.ts';
import { judge } from '../engine/judge.ts';
import type { Facts } from '../facts/facts.ts';
import { isObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Subject } from '../model/subject.ts';
import type { Verdict } from '../model/verdict.ts';
import { groupKind } from '../model/workload.ts';
import { nearestOf } from '../semantics/audit-policy/nearest.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import { splitDocuments } from '../yaml/split.ts';
import type { ChosenControl, PolicyMode } from './policies.ts';
import { isServedKind } from './webhook-rules.ts';

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
  /** Controls that a pattern matched and that cannot decide from one object: why, by id. */
  readonly left: ReadonlyMap<string, string>;
}

/**
 * The controls that a policy file chooses, the last choice of a control counting. One that needs more than the object
 * of a request to decide is refused where it is named, and left out of what a pattern matches.
 */
export function chooseControls(choices: readonly ControlChoice[], controls: readonly AnyControl[]): ChosenControls {
  const chosen = new Map<string, ChosenControl>();
  const problems = new Map<number, string>();
  const left = new Map<string, string>();
  for (const [index, { pattern, mode }] of choices.entries()) {
    const matching = controls.filter(({ id }) => isMeant(pattern, id));
    if (matching.length === 0) {
      const near = nearestOf(
        pattern,
        controls.map(({ id }) => id),
      );
      problems.set(index, `there is no control ${pattern}${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
    const reasons = new Map<string, string>();
    for (const control of matching) {
      const fit = fitnessOf(control);
      if ('reason' in fit) reasons.set(control.id, fit.reason);
      else chosen.set(control.id, { control, mode, kinds: fit.kinds });
    }
    const [only] = reasons;
    if (only !== undefined && reasons.size === matching.length) {
      const which = matching.length === 1 ? `control ${only[0]}` : `none of the controls of ${pattern}`;
      const verb = matching.length === 1 ? 'cannot' : 'can';
      problems.set(index, `${which} ${verb} decide a request: ${only[1]}`);
    } else for (const [id, reason] of reasons) left.set(id, reason);
  }
  return { chosen: [...chosen.values()], problems, left };
}

function isMeant(pattern: string, id: string): boolean {
  if (hasWildcard(pattern)) return matchesName(pattern, id);
  return id === pattern || id.startsWith(`${pattern}/`);
}

/** Facts that follow from the object that is judged, or from what the view of the cluster tells of its version. */
const ownFacts: ReadonlySet<string> = new Set([
  ...['image-of', 'platform-component', 'policies-of-object', 'server-version', 'root-owner'],
]);

/**
 * Whether a control can decide from one object, by what it asks for when its own examples are judged; a control whose
 * function takes no facts asks for none. `kinds` are those that a control of objects says anything about.
 */
function fitnessOf(control: AnyControl): { readonly kinds: ChosenControl['kinds'] } | { readonly reason: string } {
  if (control.subject !== 'object' && control.subject !== 'pod' && control.subject !== 'container') {
    return { reason: `it is about a ${control.subject}, which no request carries` };
  }
  if (control.subject !== 'object' && !takesFacts(control)) return { kinds: undefined };
  const { asked, kinds } = observe(control);
  const foreign = [...asked].filter((fact) => !ownFacts.has(fact));
  if (foreign.length > 0) return { reason: 'it needs more than the one object that a request carries' };
  if (control.subject !== 'object') return { kinds: undefined };
  const unknown = [...kinds].filter((kind) => !isServedKind(kind));
  if (kinds.size === 0 || unknown.length > 0) {
    return { reason: `it is about ${unknown.join(', ') || 'kinds'} that webhooks are not sent here` };
  }
  return { kinds };
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
  const watched = {
    ...control,
    check: (subject: Subject, facts: Facts): Verdict | readonly unknown[] => {
      const verdict = (control.check as (subject: Subject, facts: Facts) => Verdict | readonly unknown[])(subject, {
        settings: facts.settings,
        get snapshot() {
          asked.add('everything that was read');
          return facts.snapshot;
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
    judge(snapshot, { controls: [watched], profiles: ['security', 'reliability'] });
  }
  return { asked, kinds };
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
