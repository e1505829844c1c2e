import type { Component, ResolvedComponent, Setting } from '../model/component.ts';
import type { NodeChange } from '../model/node-change.ts';
import { compareSeverity } from '../model/severity.ts';
import type { ComponentSubject } from '../model/subject.ts';
import { type Failure, pass, unknown, type Verdict } from '../model/verdict.ts';
import { isSameSetting, rangeName } from '../semantics/component-config/versions.ts';
import type { Control, Mend } from './control.ts';

/*
 * A component whose version is not known is judged in each version that may be. Where they agree, that is the verdict;
 * where they do not, it is `unknown`, with what each says: never the verdict of a version that was guessed.
 */

type Checked = Verdict | readonly Failure[];

/** The control with a check and changes that hold in every version that a component may have. */
export function acrossVersions(control: Control<'component'>): Control<'component'> {
  const { check, mend } = control;
  return {
    ...control,
    check: (subject, facts) => {
      if (subject.component.config.possible === undefined) return check(subject, facts);
      return mergedVerdict(
        subject.component.component,
        answers(subject, (each) => check(each, facts)),
      );
    },
    ...(mend !== undefined && { mend: mendAcross(mend) }),
  };
}

function mendAcross(mend: Mend<'component'>): Mend<'component'> {
  return {
    ...mend,
    changes: (subject, failure, facts) => {
      const { possible } = subject.component.config;
      if (possible === undefined) return mend.changes(subject, failure, facts);
      const [only, ...others] = answers(subject, (each) => mend.changes(each, failure, facts));
      if (only === undefined || others.length > 0) return [];
      const isKnown = (change: NodeChange) =>
        change.kind !== 'setting' || possible.every((config) => config.get(change.name) !== undefined);
      return only.answer.every(isKnown) ? only.answer : [];
    },
    refusal: (subject, failure, facts) => {
      if (subject.component.config.possible === undefined) return mend.refusal?.(subject, failure, facts);
      const refusals = answers(subject, (each) => mend.refusal?.(each, failure, facts));
      return refusals.find(({ answer }) => answer !== undefined)?.answer;
    },
  };
}

/** Versions that follow each other with the answer of them all. */
interface Answer<T> {
  readonly first: number;
  last: number;
  readonly answer: T;
}

/** Asks about a component in each version that it may have; only once where what is looked at is the same. */
function answers<T>(subject: ComponentSubject, ask: (subject: ComponentSubject) => T): readonly Answer<T>[] {
  const { component } = subject;
  const { possible = [component.config] } = component.config;
  const found: Answer<T>[] = [];
  let seen: Seen | undefined;
  for (const config of possible) {
    const minor = config.minor ?? 0;
    const last = found.at(-1);
    if (last !== undefined && seen?.isSameIn(config) === true) {
      last.last = minor;
      continue;
    }
    seen = new Seen(config);
    const answer = ask({ ...subject, component: { ...component, config: seen.config } });
    if (last !== undefined && said(last.answer) === said(answer)) last.last = minor;
    else found.push({ first: minor, last: minor, answer });
  }
  return found;
}

/** What is said, without where: a place holds a whole object. */
function said(answer: unknown): string | undefined {
  return JSON.stringify(answer, (key, value: unknown) => (key === 'place' ? undefined : value));
}

function mergedVerdict(component: Component, found: readonly Answer<Checked>[]): Checked {
  const newest = found.at(-1);
  if (newest === undefined || found.length === 1) return newest?.answer ?? pass;
  const failures = found.map(({ answer }) => failuresOf(answer));
  if (failures.every((each) => each.length === 0)) return withoutFailure(found);
  const shared = failuresOf(newest.answer).flatMap((failure) => {
    const same = failures.map((each) => each.find((other) => idOf(other) === idOf(failure)));
    return same.every((each) => each !== undefined) ? [mergedFailure(component, same, newest)] : [];
  });
  if (shared.length > 0) return shared;
  const spans: Answer<string>[] = [];
  for (const { first, last, answer } of found) {
    const words = wordsOf(answer);
    const span = spans.at(-1);
    // What differs may be the remedy alone.
    if (span?.answer === words) span.last = last;
    else spans.push({ first, last, answer: words });
  }
  const each = spans.map(({ first, last, answer }) => `in ${rangeName(component, first, last)}, ${answer}`);
  return unknown(`the version of ${component} is not known: ${each.join('; ')}`);
}

function failuresOf(answer: Checked): readonly Failure[] {
  if (!('kind' in answer)) return answer;
  return answer.kind === 'fail' ? [answer] : [];
}

function withoutFailure(found: readonly Answer<Checked>[]): Checked {
  const verdicts = found.map(({ answer }): Verdict => ('kind' in answer ? answer : pass));
  for (const kind of ['unknown', 'manual', 'pass'] as const) {
    const verdict = verdicts.find((each) => each.kind === kind);
    if (verdict !== undefined) return verdict;
  }
  return verdicts.at(-1) ?? pass;
}

function idOf({ key, at }: Failure): string {
  return JSON.stringify([key, at]);
}

/** One failure of every version: as light as the lightest, with a remedy only where it is the same in all. */
function mergedFailure(
  component: Component,
  failures: readonly Failure[],
  { first, last, answer: _answer }: Answer<Checked>,
): Failure {
  const { remedy, ...newest } = failures.at(-1) as Failure;
  const isSame = <K extends keyof Failure>(field: K) =>
    failures.every((each) => each[field] === failures.at(-1)?.[field]);
  const severities = failures.flatMap(({ severity }) => severity ?? []).sort(compareSeverity);
  const severity = severities[0];
  return {
    ...newest,
    ...(severity !== undefined && !isSame('severity') && { severity }),
    ...(!isSame('message') && {
      message: `${newest.message} (said of ${rangeName(component, first, last)}; the version is not known, and others differ)`,
    }),
    ...(remedy !== undefined && isSame('remedy') && { remedy }),
  };
}

function wordsOf(answer: Checked): string {
  if (!('kind' in answer)) {
    const [first] = answer;
    return first === undefined ? 'nothing is wrong' : first.message;
  }
  if (answer.kind === 'fail') return answer.message;
  return answer.kind === 'pass' ? 'nothing is wrong' : answer.reason;
}

/** What a control looks at in a configuration. */
class Seen {
  readonly config: ResolvedComponent;
  private readonly settings = new Map<string, Setting | undefined>();
  /** Whether it asked for what every version has of its own. */
  private isWhole = false;

  constructor(config: ResolvedComponent) {
    const whole = <T>(value: T): T => {
      this.isWhole = true;
      return value;
    };
    this.config = {
      component: config.component,
      get minor() {
        return whole(config.minor);
      },
      get problems() {
        return whole(config.problems);
      },
      settings: () => whole(config.settings()),
      get: (name) => {
        const setting = config.get(name);
        this.settings.set(name, setting);
        return setting;
      },
    };
  }

  isSameIn(config: ResolvedComponent): boolean {
    if (this.isWhole) return false;
    for (const [name, setting] of this.settings) if (!isSameSetting(setting, config.get(name))) return false;
    return true;
  }
}
