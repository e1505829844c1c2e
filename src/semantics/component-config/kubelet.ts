import type { Setting } from '../../model/component.ts';
import { isObject } from '../../model/json.ts';
import { problemAt } from './argv.ts';
import { flagOrigin, type Layers, placeOf } from './layers.ts';
import { type SettingRow, settingName } from './table.ts';

/** Without it, kubelets before v1.30 do not start with `--config-dir`. */
const dropInVariable = 'KUBELET_CONFIG_DROPIN_DIR_ALPHA';

/**
 * An explicit flag, else the drop-ins of `--config-dir` (`*.conf` in the order of their names, a later one wins), else
 * `--config`, else the default: that of the configuration API with a file or drop-ins, else the older one of the flags,
 * where anonymous requests are allowed, everybody may do everything and the read-only port is open.
 */
export function resolveKubelet(layers: Layers): Map<string, Setting> {
  const fromFile = readFiles(layers);
  const settings = new Map<string, Setting>();
  for (const row of layers.table.rows) {
    if (!layers.has(row)) continue;
    settings.set(settingName(row), resolveRow(layers, row, fromFile ? 'file' : 'flags'));
  }
  return settings;
}

function resolveRow(layers: Layers, row: SettingRow, source: 'file' | 'flags'): Setting {
  const flag = layers.fromFlags(row);
  const file = layers.fromFiles(row);
  // Feature gates are the only map that flags add to; any other that is given as a flag replaces the file's.
  if (flag !== undefined && file !== undefined && row.type === 'gates') {
    if (isObject(flag.value) && isObject(file.value)) return { ...flag, value: { ...file.value, ...flag.value } };
  }
  if (flag !== undefined) return flag;
  if (row.field !== undefined && layers.unreadable !== undefined) {
    return { name: row.field, value: null, origin: layers.unreadable };
  }
  if (file === undefined) return layers.byDefault(row, source);
  if (!layers.isUnset(row, file.value)) return file;
  const byDefault = layers.byDefault(row, source);
  return byDefault.value === file.value ? file : byDefault;
}

/** Whether the kubelet has a file or drop-ins. */
function readFiles(layers: Layers): boolean {
  const config = layers.path('config');
  const folder = layers.path('config-dir');
  if (config !== undefined) layers.addFile(config.text, flagOrigin(config.use), placeOf(config.use));
  if (folder === undefined) return config !== undefined;
  const { minor, env, listFolder } = layers.input;
  if (minor !== undefined && minor < 30 && env !== undefined && env.get(dropInVariable) === undefined) {
    const message = `kubelet ${layers.versionName} does not start with --config-dir unless ${dropInVariable} is set`;
    layers.problems.push(problemAt(folder.use.at, 'invalid', message));
  }
  const base = folder.text.replace(/\/+$/, '');
  const names = listFolder?.call(layers.input, folder.text).filter((name) => name.endsWith('.conf'));
  if (names === undefined) {
    layers.unreadable = flagOrigin(folder.use);
    const message = `${folder.text} could not be listed: what the drop-ins in it set is not known`;
    layers.problems.push(problemAt(folder.use.at, 'unreadable', message));
  }
  for (const name of [...(names ?? [])].sort()) {
    layers.addFile(`${base}/${name}`, flagOrigin(folder.use), placeOf(folder.use));
  }
  return true;
}
