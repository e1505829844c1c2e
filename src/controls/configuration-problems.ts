import type { Component, ConfigurationProblem, ResolvedComponent, SettingOrigin } from '../model/component.ts';
import type { ComponentSubject } from '../model/subject.ts';
import { type Failure, fail, notApplicable, unknown } from '../model/verdict.ts';
import { describedMinors } from '../semantics/component-config/versions.ts';
import { type Control, control, type Examples } from './control.ts';

/** Settings whose loss leaves a component open: what is ignored or misplaced of these is graver than of others. */
const protective =
  /tls|cert|private-?key|ca-?file|auth|anonymous|admission|audit|encryption|token|bind-?address|listen|read-?only-?port|kubeconfig|seccomp/i;

interface ConfigurationOptions {
  readonly examples: Examples;
  /** Whether a problem is what another control of the component is about: one cause is one finding. */
  readonly isToldElsewhere?: (problem: ConfigurationProblem) => boolean;
}

/** A component's flags and files that do not do what their author meant, each a failure at its place. */
export function configurationControl(
  component: Component,
  { examples, isToldElsewhere = () => false }: ConfigurationOptions,
): Control<'component'> {
  const check = problemCheck(component, isToldElsewhere);
  const whole = control<'component'>({
    id: `${component}/configuration-problems`,
    title: `Everything that is configured for ${component} is in force`,
    severity: 'medium',
    subject: 'component',
    why: 'A key at the wrong place or a flag that a file overrides looks like a setting and does nothing: what it was meant to protect is open.',
    remedy: 'Put the setting where this version of the component reads it, or take it away.',
    check,
    examples,
  });
  // Problems are already those of every version that may be: nothing is to be asked by version.
  return { ...whole, check };
}

function problemCheck(
  component: Component,
  isToldElsewhere: (problem: ConfigurationProblem) => boolean,
): Control<'component'>['check'] {
  return (subject) => {
    if (subject.component.component !== component) return notApplicable(`it is not ${component}`);
    const { config, start } = subject.component;
    const seen = new Map<string, number>();
    const failures: Failure[] = [];
    let told: string | undefined;
    for (const problem of config.problems) {
      // What runs has evidently taken its flags, whoever built it.
      if (problem.kind === 'unknown-flag' && start.pid !== undefined && start.differs !== true) continue;
      if (isToldElsewhere(problem)) {
        told ??= problem.message;
        continue;
      }
      // Lines move, and a failure's key must not.
      const name = `${problem.kind} ${problem.message.replace(/\bline \d+/g, 'line')}`;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      failures.push(failureOf(problem, { subject, key: count === 1 ? name : `${name} ${count}` }));
    }
    if (failures.length > 0) return failures;
    if (told !== undefined) return unknown(told);
    if (start.pid !== undefined || !isBounded(config)) return failures;
    return unknown(`whether ${component} takes all of its flags is not known, nor which version it is`);
  };
}

function failureOf(
  problem: ConfigurationProblem,
  { subject, key }: { subject: ComponentSubject; key: string },
): Failure {
  const { component } = subject;
  const { message, hint } = problem;
  const place = component.placeOf({ name: '', value: null, origin: originOf(problem) });
  return fail(message.replace(/[.!]+$/, ''), [], {
    key,
    severity: severityOf(problem),
    place: { ...place, path: [] },
    ...(hint !== undefined && { remedy: remedyOf(problem, hint) }),
  });
}

function remedyOf({ kind }: ConfigurationProblem, hint: string): string {
  return kind === 'ignored-flag' ? hint : `probably meant: ${hint}`;
}

/** Whether the version is known only by what is set: what runs has its flags, and what does not may not start with them. */
function isBounded({ component, possible }: ResolvedComponent): boolean {
  return possible !== undefined && possible.length < describedMinors(component).length;
}

/** Where the problem is, in the words that tell a setting's place. */
function originOf({ where, line, column }: ConfigurationProblem): SettingOrigin {
  if (line !== undefined && column !== undefined) return { kind: 'file', file: where, line, column };
  if (!where.startsWith('/') && !where.startsWith('process ')) return { kind: 'environment', variable: '', where };
  return { kind: 'flag', flag: '', where, ...(line !== undefined && { line }) };
}

function severityOf({ kind, message, hint }: ConfigurationProblem): NonNullable<Failure['severity']> {
  switch (kind) {
    case 'misplaced-field':
    case 'ignored-flag':
      return protective.test(message.split(' ')[0] ?? '') ? 'high' : 'medium';
    case 'unknown-field':
      // Misspelled, if something like it is known: then it is as good as misplaced.
      return hint !== undefined && protective.test(message.split(' ')[0] ?? '') ? 'high' : 'medium';
    case 'duplicate-field':
    case 'invalid':
    case 'unreadable':
      return 'medium';
    case 'unknown-flag':
      // That a flag was removed is known; one that is in no list, and like none, may be one of a vendor.
      return message.includes(' is no known flag ') && hint === undefined ? 'low' : 'medium';
  }
}
