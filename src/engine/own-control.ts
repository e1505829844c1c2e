import type { AnyControl } from '../controls/control.ts';
import { severities } from '../model/severity.ts';
import type { SubjectKind } from '../model/subject.ts';
import type { Failure, Verdict } from '../model/verdict.ts';

/** A control of the user's that failed by itself: no defect of Bulwark, and its author's to mend. */
export class OwnControlError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OwnControlError';
  }
}

/** Runs a function of the user's, and throws where it takes too long. */
export type Bounded = <T>(run: () => T) => T;

const subjects: Readonly<Record<SubjectKind, true>> = {
  object: true,
  pod: true,
  container: true,
  node: true,
  component: true,
  certificate: true,
  kubeconfig: true,
  'etcd-data': true,
};

/** What is wrong with an export that should be a control: `control({...})` fills in what may be left out. */
export function controlMistakes(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return ['it is no control: write it as control({...})'];
  const { id, title, severity, profile, subject, why, remedy, coveredBy, check, examples } = value as {
    readonly [key in keyof AnyControl]?: unknown;
  };
  const mistakes: string[] = [];
  const expect = (right: boolean, mistake: string): void => {
    if (!right) mistakes.push(mistake);
  };
  const isId = typeof id === 'string' && /^[a-z][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/.test(id);
  expect(isId, 'id must be component/name, in lower case');
  expect(typeof title === 'string' && title !== '', 'title must say the good state');
  expect(typeof why === 'string' && why !== '', 'why must say why someone should care');
  expect(
    severities.some((each) => each === severity),
    `severity must be one of ${severities.join(', ')}`,
  );
  expect(profile === 'security' || profile === 'reliability', 'profile must be security or reliability');
  const isSubject = typeof subject === 'string' && Object.hasOwn(subjects, subject);
  expect(isSubject, `subject must be one of ${Object.keys(subjects).join(', ')}`);
  expect(typeof remedy === 'string', 'remedy must be a text');
  expect(isTexts(coveredBy), 'coveredBy must be a list of ids');
  expect(typeof check === 'function', 'check must be a function');
  const { pass, fail } = (examples ?? {}) as { readonly pass?: unknown; readonly fail?: unknown };
  expect(isTexts(pass) && isTexts(fail), 'examples must have pass and fail, each a list of manifests');
  return mistakes;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * The control with a check that is bounded in time and whose verdict is looked at before it is believed. A control that
 * once took too long is not asked again: it would keep everyone waiting for every subject.
 */
export function guarded(control: AnyControl, bounded: Bounded): AnyControl {
  let stopped: OwnControlError | undefined;
  const check = control.check as (...asked: readonly unknown[]) => unknown;
  const checked = (...asked: readonly unknown[]): Verdict | readonly Failure[] => {
    if (stopped !== undefined) throw stopped;
    let verdict: unknown;
    try {
      verdict = bounded(() => check(...asked));
    } catch (error) {
      if (error instanceof OwnControlError) stopped = new OwnControlError(`${error.message}, and is not asked again`);
      throw error instanceof OwnControlError ? error : new OwnControlError(messageOf(error), { cause: error });
    }
    if (isVerdict(verdict)) return verdict;
    throw new OwnControlError('check must return a verdict, or a list of failures as fail() makes them');
  };
  // Its fixes are not taken over: nothing has bounded them or tried them.
  const { fix: _fix, mend: _mend, ...rest } = control;
  return { ...rest, check: checked } as AnyControl;
}

/** Whatever was thrown, in a line. Never throws, even where it has traps. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
      ? String(error.message)
      : String(error);
  } catch {
    return 'something that cannot be shown was thrown';
  }
}

function isVerdict(value: unknown): value is Verdict | readonly Failure[] {
  if (Array.isArray(value)) return value.every(isFailure);
  if (typeof value !== 'object' || value === null) return false;
  const { kind, reason } = value as { readonly kind?: unknown; readonly reason?: unknown };
  if (kind === 'pass') return true;
  if (kind === 'not-applicable' || kind === 'unknown' || kind === 'manual') return typeof reason === 'string';
  return isFailure(value);
}

function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, message, at, key, severity } = value as { readonly [name in keyof Failure]?: unknown };
  const isPath = Array.isArray(at) && at.every((step) => typeof step === 'string' || typeof step === 'number');
  const isKey = key === undefined || typeof key === 'string';
  const isSeverity = severity === undefined || severities.some((each) => each === severity);
  return kind === 'fail' && typeof message === 'string' && isPath && isKey && isSeverity;
}
