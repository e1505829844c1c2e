import type { AnyControl } from '../controls/control.ts';
import { compareSeverity } from '../model/severity.ts';
import { groupBy } from './group-by.ts';
import { jsonLines } from './json-lines.ts';
import { compareText } from './location.ts';
import { styleOf } from './style.ts';
import { padEnd, wrap } from './text-width.ts';
import { tool } from './tool.ts';

export interface ControlsListOptions {
  readonly color?: 'always' | 'never';
  readonly width?: number;
  /** Ids of controls that the configuration leaves out. */
  readonly leftOut?: ReadonlySet<string>;
}

/** Every control as a table by component, gravest first. `fix` marks those that `bulwark fix` can mend. */
export function controlsList(controls: readonly AnyControl[], options: ControlsListOptions = {}): string {
  const { color = 'never', width = 100, leftOut } = options;
  const style = styleOf(color);
  const components = groupBy(controls, ({ id }) => id.slice(0, id.indexOf('/')));
  const idColumns = Math.max(...controls.map(({ id }) => id.length), 0);
  const lines: string[] = [];
  for (const component of [...components.keys()].toSorted(compareText)) {
    const members = (components.get(component) ?? []).toSorted(
      (a, b) => compareSeverity(b.severity, a.severity) || compareText(a.id, b.id),
    );
    lines.push(style.strong(`${component} (${members.length})`));
    for (const { id, severity, title, fix, mend } of members) {
      const before = `  ${padEnd(id, idColumns)}  ${padEnd(severity, 8)}  ${fix === undefined && mend === undefined ? '   ' : 'fix'}  `;
      const [first = '', ...others] = wrap(leftOut?.has(id) ? `${title} (left out here)` : title, {
        width,
        lead: before,
      });
      lines.push(first.replace(`  ${severity}`, `  ${style.severity(severity, severity)}`), ...others);
    }
    lines.push('');
  }
  const fixable = controls.filter(({ fix, mend }) => fix !== undefined || mend !== undefined).length;
  const out = controls.filter(({ id }) => leftOut?.has(id)).length;
  const left = out === 0 ? '' : ` The configuration leaves ${out} out.`;
  lines.push(
    `${controls.length} controls; "bulwark fix" mends ${fixable} of them.${left} "bulwark explain ID" tells more.`,
  );
  return `${lines.join('\n')}\n`;
}

/** The same for machines, a control a line, by id. */
export function controlsJson(
  controls: readonly AnyControl[],
  { leftOut }: Pick<ControlsListOptions, 'leftOut'> = {},
): Iterable<string> {
  const records = controls
    .toSorted((a, b) => compareText(a.id, b.id))
    .map(({ id, title, severity, profile, subject, component, why, remedy, fix, mend }) => ({
      id,
      title,
      severity,
      profile,
      subject,
      component,
      why,
      remedy: remedy === '' ? undefined : remedy,
      fix: (fix ?? mend)?.safety,
      leftOut: leftOut?.has(id) === true ? true : undefined,
    }));
  return jsonLines(
    new Map<string, unknown>([
      ['schema', 'bulwark.controls/v1'],
      ['tool', tool],
      ['controls', records],
    ]),
  );
}
