import { explain } from '../report/explain.ts';
import type { RuleSourceFlags } from './configuration-options.ts';
import { catalogueOf } from './rules.ts';
import { findControl } from './select-controls.ts';
import type { Terminal } from './terminal.ts';

/** Explains one control, as the configuration has it here. Throws `unknown-control`. */
export async function runExplain(
  id: string,
  flags: RuleSourceFlags & { readonly color: 'always' | 'never' },
  terminal: Terminal,
): Promise<void> {
  const { controls, unweighed, leftOut } = await catalogueOf(flags, terminal.cwd);
  const control = findControl(id, controls);
  const before = findControl(control.id, unweighed).severity;
  const notes = [
    ...(leftOut.has(control.id) ? ['The configuration leaves it out.'] : []),
    ...(before !== control.severity ? [`The configuration gives it this severity; by itself it is ${before}.`] : []),
  ];
  await terminal.out(explain(control, { color: flags.color, width: Math.min(terminal.width, 100), notes }));
}
