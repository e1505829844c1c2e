import type { AnyControl } from '../controls/control.ts';
import type { Edit } from '../model/edit.ts';
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
  const { id, title, severity, profile, subject, why, remedy, coveredBy, check, fix, examples } = value as {
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
  expect(fix === undefined || isFix(fix), 'fix must have a safety, safe or may-break, and edits, a function');
  const { pass, fail } = (examples ?? {}) as { readonly pass?: unknown; readonly fail?: unknown };
  expect(isTexts(pass) && isTexts(fail), 'examples must have pass and fail, each a list of manifests');
  return mistakes;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * The control with a check and a fix that are bounded in time, and whose answers are looked at before they are believed.
 * A control that once took too long is not asked again: it would keep everyone waiting for every subject.
 */
export function guarded(control: AnyControl, bounded: Bounded): AnyControl {
  let stopped: OwnControlError | undefined;
  const check = control.check as (...asked: readonly unknown[]) => unknown;
  const run = (part: (...asked: readonly unknown[]) => unknown, asked: readonly unknown[]): unknown => {
    if (stopped !== undefined) throw stopped;
    try {
      return bounded(() => part(...asked));
    } catch (error) {
      if (error instanceof OwnControlError) stopped = new OwnControlError(`${error.message}, and is not asked again`);
      throw error instanceof OwnControlError ? error : new OwnControlError(messageOf(error), { cause: error });
    }
  };
  const checked = (...asked: readonly unknown[]): Verdict | readonly Failure[] => {
    const verdict = run(check, asked);
    if (isVerdict(verdict)) return verdict;
    throw new OwnControlError('check must return a verdict, or a list of failures as fail() makes them');
  };
  // What it would do to a node is not taken over: nothing has tried it.
  const { fix, mend: _mend, ...rest } = control;
  if (fix === undefined) return { ...rest, check: checked } as AnyControl;
  const edits = fix.edits as (...asked: readonly unknown[]) => unknown;
  const edited = (...asked: readonly unknown[]): readonly Edit[] => {
    const made = run(edits, asked);
    if (Array.isArray(made) && made.every(isEdit)) return made;
    throw new OwnControlError('the edits of fix must be a list of edits, as edit.set() and its like make them');
  };
  return { ...rest, check: checked, fix: { safety: fix.safety, edits: edited } } as AnyControl;
}

function isFix(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { safety, edits } = value as { readonly safety?: unknown; readonly edits?: unknown };
  return (safety === 'safe' || safety === 'may-break') && typeof edits === 'function';
}

function isEdit(value: unknown): value is Edit {
  if (typeof value !== 'object' || value === null) return false;
  const made = value as { readonly op?: unknown; readonly path?: unknown; readonly [field: string]: unknown };
  if (!isPath(made.path) || made.path.length === 0) return false;
  if (made.op === 'remove') return true;
  if (made.op === 'remove-items') return Array.isArray(made.values) && made.values.every((item) => isJson(item));
  return (made.op === 'set' || made.op === 'append') && isJson(made.value);
}

/** Deeper than any field of an object, and an end to what refers to itself. */
const maxDepth = 64;

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > maxDepth) return false;
  return Object.values(value).every((item) => isJson(item, depth + 1));
}

function isPath(value: unknown): value is readonly (string | number)[] {
  return Array.isArray(value) && value.every((step) => typeof step === 'string' || typeof step === 'number');
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
  const { kind, message, at, key, severity, items } = value as { readonly [name in keyof Failure]?: unknown };
  const isKey = key === undefined || typeof key === 'string';
  const isSeverity = severity === undefined || severities.some((each) => each === severity);
  const areItems = items === undefined || (Array.isArray(items) && items.every((item) => typeof item === 'string'));
  return kind === 'fail' && typeof message === 'string' && isPath(at) && isKey && isSeverity && areItems;
}
