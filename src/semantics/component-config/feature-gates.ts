import data from '../../../data/component-settings/feature-gates.json' with { type: 'json' };
import type { ConfigurationProblem, Setting, SettingOrigin } from '../../model/component.ts';
import { isObject } from '../../model/json.ts';
import type { Layers } from './layers.ts';
import { inVersion, isSince } from './table.ts';

interface Gate {
  readonly since?: number;
  readonly removed?: number;
  readonly locked?: number;
  readonly value?: boolean;
}

const gates: ReadonlyMap<string, Gate> = new Map<string, Gate>(Object.entries(data.gates));

/** Gates that are no feature: they set all of a stage. */
const stages: ReadonlySet<string> = new Set(['AllAlpha', 'AllBeta']);

/** Feature gates that keep this version from starting: not there, or locked to the other value. */
export function featureGateProblems(layers: Layers, settings: ReadonlyMap<string, Setting>): ConfigurationProblem[] {
  const setting = settings.get('featureGates') ?? settings.get('feature-gates');
  if (setting === undefined || !isObject(setting.value)) return [];
  const { component, minor } = layers.input;
  const problems: ConfigurationProblem[] = [];
  for (const [name, value] of Object.entries(setting.value)) {
    const gate = gates.get(name);
    if (stages.has(name)) continue;
    const place = placeOfOrigin(setting.origin);
    if (gate === undefined || !inVersion(minor, gate.since, gate.removed)) {
      const message = `feature gate ${name} is not known in ${layers.versionName}: ${component} does not start with it`;
      problems.push({ kind: 'invalid', message, ...place });
    } else if (isSince(minor, gate.locked) && value !== gate.value) {
      const message = `feature gate ${name} is locked to ${gate.value} since v1.${gate.locked}: ${component} does not start with ${name}=${String(value)}`;
      problems.push({ kind: 'invalid', message, ...place });
    }
  }
  return problems;
}

/** Where a setting was set, as a problem has it. */
export function placeOfOrigin(origin: SettingOrigin): { where: string; line?: number; column?: number } {
  if (origin.kind === 'file') return { where: origin.file, line: origin.line, column: origin.column };
  if (origin.kind === 'default') return { where: origin.of };
  const line = origin.kind === 'flag' ? origin.line : undefined;
  return { where: origin.where, ...(line === undefined ? {} : { line }) };
}
