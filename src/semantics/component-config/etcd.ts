import type { Setting } from '../../model/component.ts';
import { problemAt } from './argv.ts';
import { flagValue } from './flag-value.ts';
import { flagOrigin, type Layers, placeOf } from './layers.ts';
import { inVersion, type SettingRow, settingName } from './table.ts';

/**
 * A configuration file (`--config-file`, else `ETCD_CONFIG_FILE`) alone, every other flag and variable then being
 * ignored; without one a flag, else its variable (`ETCD_CERT_FILE` for `--cert-file`), else the default.
 */
export function resolveEtcd(layers: Layers): Map<string, Setting> {
  const withFile = readFile(layers);
  const settings = new Map<string, Setting>();
  for (const row of layers.table.rows) {
    // A key of the file comes and goes with its flag.
    if (!inVersion(layers.input.minor, row.since, row.removed)) continue;
    const setting = withFile ? resolveFromFile(layers, row) : resolveFromFlags(layers, row);
    settings.set(settingName(row), setting);
  }
  return settings;
}

function readFile(layers: Layers): boolean {
  const config = layers.path('config-file');
  const variable = layers.input.env?.get('ETCD_CONFIG_FILE');
  if (config !== undefined) layers.addFile(config.text, flagOrigin(config.use), placeOf(config.use));
  else if (variable !== undefined && variable.value !== '') {
    const { value, where } = variable;
    layers.addFile(value, { kind: 'environment', variable: 'ETCD_CONFIG_FILE', where }, { where });
  } else return false;
  const because = `etcd takes everything from ${config?.text ?? variable?.value} alone`;
  for (const row of [...layers.givenRows()]) {
    if (row.field !== undefined) layers.ignoreFlag(row, because);
  }
  for (const row of layers.table.rows) {
    const name = variableName(row);
    const ignored = row.field === undefined ? undefined : layers.input.env?.get(name);
    if (ignored === undefined || ignored.value === '') continue;
    layers.problems.push({ kind: 'ignored-flag', message: `${name} is ignored: ${because}`, where: ignored.where });
  }
  return true;
}

function resolveFromFile(layers: Layers, row: SettingRow): Setting {
  if (row.field === undefined)
    return layers.fromFlags(row) ?? fromVariable(layers, row) ?? layers.byDefault(row, 'file');
  if (layers.unreadable !== undefined) return { name: row.field, value: null, origin: layers.unreadable };
  return layers.fromFiles(row) ?? layers.byDefault(row, 'file');
}

function resolveFromFlags(layers: Layers, row: SettingRow): Setting {
  return layers.fromFlags(row) ?? fromVariable(layers, row) ?? layers.byDefault(row, 'flags');
}

function variableName(row: SettingRow): string {
  return `ETCD_${(row.flag ?? '').toUpperCase().replaceAll('-', '_')}`;
}

/** An empty variable is as good as none. */
function fromVariable(layers: Layers, row: SettingRow): Setting | undefined {
  const variable = variableName(row);
  const given = layers.input.env?.get(variable);
  if (given === undefined || given.value === '') return undefined;
  const result = flagValue(row, [given.value], 'flag');
  if ('error' in result) {
    const message = `${variable}: ${result.error}, and etcd does not start with it`;
    layers.problems.push(problemAt({ text: variable, where: given.where }, 'invalid', message));
    return undefined;
  }
  return { name: settingName(row), value: result.value, origin: { kind: 'environment', variable, where: given.where } };
}
