import data from '../../../data/component-settings/admission-plugins.json' with { type: 'json' };
import type { Setting } from '../../model/component.ts';
import { placeOfOrigin } from './feature-gates.ts';
import { type Layers, stringsOf } from './layers.ts';
import { inVersion, isSince } from './table.ts';

interface Plugin {
  readonly name: string;
  readonly since?: number;
  readonly removed?: number;
  readonly defaultSince?: number;
}

const plugins: readonly Plugin[] = data.plugins;

/**
 * The admission plugins that run, in their order, as the setting `admission-plugins`: those of the version that are on
 * by default and not disabled, and those that are enabled. The old `--admission-control` names exactly what runs.
 * Source: staging/src/k8s.io/apiserver/pkg/server/options/admission.go.
 */
export function effectiveAdmissionPlugins(layers: Layers, settings: ReadonlyMap<string, Setting>): Setting {
  const exact = set(settings, 'admission-control');
  const enabled = set(settings, 'enable-admission-plugins');
  const disabled = set(settings, 'disable-admission-plugins');
  const known = plugins.filter(({ since, removed }) => inVersion(layers.input.minor, since, removed));
  const names: ReadonlySet<string> = new Set(known.map(({ name }) => name));
  for (const list of [exact, enabled, disabled]) checkNames(layers, list, names);
  if (exact !== undefined && (enabled ?? disabled) !== undefined) {
    invalid(
      layers,
      exact,
      '--admission-control goes with neither --enable-admission-plugins nor --disable-admission-plugins',
    );
  }
  const on = new Set(stringsOf(exact ?? enabled));
  const off = new Set(stringsOf(disabled));
  for (const name of on) {
    if (off.has(name) && disabled !== undefined) invalid(layers, disabled, `${name} is both enabled and disabled`);
  }
  const running = known.filter(({ name, defaultSince }) => {
    if (on.has(name)) return true;
    return exact === undefined && !off.has(name) && isSince(layers.input.minor, defaultSince);
  });
  const decided = exact ?? enabled ?? disabled;
  return {
    name: 'admission-plugins',
    value: running.map(({ name }) => name),
    origin: decided?.origin ?? { kind: 'default', of: layers.versionName },
  };
}

/** A list that was given, and is not a default. */
function set(settings: ReadonlyMap<string, Setting>, name: string): Setting | undefined {
  const setting = settings.get(name);
  return setting === undefined || setting.origin.kind === 'default' ? undefined : setting;
}

function checkNames(layers: Layers, setting: Setting | undefined, known: ReadonlySet<string>): void {
  if (setting === undefined) return;
  for (const name of stringsOf(setting)) {
    if (known.has(name)) continue;
    invalid(layers, setting, `${name} in --${setting.name} is no admission plugin of ${layers.versionName}`);
  }
}

function invalid(layers: Layers, setting: Setting, message: string): void {
  const text = `${message}: kube-apiserver does not start with it`;
  layers.problems.push({ kind: 'invalid', message: text, ...placeOfOrigin(setting.origin) });
}
