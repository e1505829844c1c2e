import type { AnyControl } from '../controls/control.ts';
import type { Severity } from '../model/severity.ts';
import type { Failure, Verdict } from '../model/verdict.ts';

/** Controls with the severities that somebody gave them: for every case, whatever the control itself thinks of it. */
export function reweighed(
  controls: readonly AnyControl[],
  severities: ReadonlyMap<string, Severity>,
): readonly AnyControl[] {
  if (severities.size === 0) return controls;
  return controls.map((control) => {
    const severity = severities.get(control.id);
    return severity === undefined ? control : withSeverity(control, severity);
  });
}

function withSeverity(control: AnyControl, severity: Severity): AnyControl {
  const check = control.check as (...asked: readonly unknown[]) => Verdict | readonly Failure[];
  const reweigh = (failure: Failure): Failure => ({ ...failure, severity });
  const checked = (...asked: readonly unknown[]): Verdict | readonly Failure[] => {
    const verdict = check(...asked);
    if (!('kind' in verdict)) return verdict.map(reweigh);
    return verdict.kind === 'fail' ? reweigh(verdict) : verdict;
  };
  // The same subject goes in and the same kind of verdict comes out, which the union of all controls does not show.
  return { ...control, severity, check: checked } as AnyControl;
}
