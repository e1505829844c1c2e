import type { AnyControl, Profile } from '../controls/control.ts';
import { controls as builtIn } from '../controls/registry.ts';
import type { Configuration } from '../engine/configuration.ts';
import type { JudgeOptions } from '../engine/judge.ts';
import { reweighed } from '../engine/reweigh.ts';
import { defaultSettings } from '../model/settings.ts';
import { configurationOf } from './configuration.ts';
import type { RuleSourceFlags } from './configuration-options.ts';
import { selectControls } from './select-controls.ts';

export interface RuleFlags extends RuleSourceFlags {
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly profile: readonly Profile[];
  readonly allowRegistry?: readonly string[];
}

/** By what a command judges: `bulwark.yaml`, with the command line's last word. */
export interface Rules {
  readonly configuration: Configuration;
  /** All controls there are, own ones included. */
  readonly all: readonly AnyControl[];
  /** Those that run, and how. */
  readonly judging: Required<Pick<JudgeOptions, 'controls' | 'profiles' | 'settings'>>;
}

/** Throws `configuration-invalid`, `controls-invalid` and `unknown-control`. */
export async function rulesOf(flags: RuleFlags, cwd: string): Promise<Rules> {
  const all = await allControls(flags.controls ?? [], cwd);
  const configuration = await configurationOf(flags, { cwd, controls: all });
  const { profiles, select, skip, severities, settings } = configuration;
  const asked = flags.profile.length > 0 ? flags.profile : profiles;
  const registries = flags.allowRegistry ?? [];
  return {
    configuration,
    all,
    judging: {
      controls: selectControls(
        { only: flags.only.length > 0 ? flags.only : select, skip: [...skip, ...flags.skip] },
        reweighed(all, severities),
      ),
      profiles: asked.length > 0 ? asked : ['security'],
      settings: { ...defaultSettings, ...settings, ...(registries.length > 0 && { allowedRegistries: registries }) },
    },
  };
}

/** The controls that would run, did the configuration not leave them out. */
export function turnedOff(
  { all, configuration, judging }: Rules,
  flags: Pick<RuleFlags, 'only' | 'skip'>,
): readonly AnyControl[] {
  if (configuration.select.length === 0 && configuration.skip.length === 0) return [];
  const running = new Set(judging.controls.map(({ id }) => id));
  return selectControls(flags, all).filter(({ id }) => !running.has(id));
}

export interface Catalogue {
  /** Every control there is, as the configuration weighs it. */
  readonly controls: readonly AnyControl[];
  /** The same as they weigh themselves. */
  readonly unweighed: readonly AnyControl[];
  /** Ids of those that the configuration leaves out. */
  readonly leftOut: ReadonlySet<string>;
}

/** For whoever lists controls and judges nothing. Throws as `rulesOf` does. */
export async function catalogueOf(flags: RuleSourceFlags, cwd: string): Promise<Catalogue> {
  const open = { only: [], skip: [] };
  const rules = await rulesOf({ ...flags, ...open, profile: [] }, cwd);
  return {
    controls: reweighed(rules.all, rules.configuration.severities),
    unweighed: rules.all,
    leftOut: new Set(turnedOff(rules, open).map(({ id }) => id)),
  };
}

/** Bulwark's own controls, and those of the modules that are named. */
async function allControls(files: readonly string[], cwd: string): Promise<readonly AnyControl[]> {
  if (files.length === 0) return builtIn;
  return [...builtIn, ...(await ownControls(files, cwd))];
}

/** The controls of the user's own modules. Throws `controls-invalid`. */
export async function ownControls(files: readonly string[], cwd: string): Promise<readonly AnyControl[]> {
  const [{ loadOwnControls }, library] = await Promise.all([
    import('../collect/own-controls.ts'),
    import('../index.ts'),
  ]);
  return loadOwnControls(files, { cwd, known: builtIn, library });
}
