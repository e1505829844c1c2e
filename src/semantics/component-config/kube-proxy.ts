import type { Setting } from '../../model/component.ts';
import { flagOrigin, type Layers, placeOf } from './layers.ts';
import { inVersion, isSince, type SettingRow, settingName } from './table.ts';

/**
 * kube-proxy and kube-scheduler: with `--config` the file alone decides what can be set in it, and the flags for that
 * are ignored but for a few (`--hostname-override` of kube-proxy, `--leader-elect*` of kube-scheduler since v1.22).
 * Without it, a flag, else the default.
 */
export function resolveFlagsOrFile(layers: Layers): Map<string, Setting> {
  const config = layers.path('config');
  if (config !== undefined) {
    layers.addFile(config.text, flagOrigin(config.use), placeOf(config.use));
    for (const row of [...layers.givenRows()]) {
      const inFile = row.field !== undefined || row.ignoredWithFile === true;
      if (!inFile || isSince(layers.input.minor, row.overFile) || isLogging(row)) continue;
      layers.ignoreFlag(row, `with --config, ${layers.input.component} takes this from ${config.text} alone`);
    }
  }
  const settings = new Map<string, Setting>();
  for (const row of layers.table.rows) {
    if (!layers.has(row)) continue;
    const setting = resolveRow(layers, row, config === undefined ? 'flags' : 'file');
    if (setting !== undefined) settings.set(settingName(row), setting);
  }
  return settings;
}

/** Logging flags are not part of the configuration that the file replaces. */
function isLogging(row: SettingRow): boolean {
  return row.field?.startsWith('logging.') === true;
}

function resolveRow(layers: Layers, row: SettingRow, source: 'file' | 'flags'): Setting | undefined {
  if (source === 'flags') {
    const isFlag = row.flag !== undefined && inVersion(layers.input.minor, row.since, row.removed);
    if (!isFlag && row.fieldApis !== undefined) return undefined;
    return layers.fromFlags(row) ?? layers.byDefault(row, 'flags');
  }
  const flag = layers.fromFlags(row);
  if (flag !== undefined) return flag;
  if (row.field !== undefined && layers.unreadable !== undefined) {
    return { name: row.field, value: null, origin: layers.unreadable };
  }
  const file = layers.fromFiles(row);
  if (file === undefined) return layers.byDefault(row, 'file');
  if (!layers.isUnset(row, file.value)) return file;
  const byDefault = layers.byDefault(row, 'file');
  return byDefault.value === file.value ? file : byDefault;
}

/** Addresses of kube-proxy: the defaults follow the family of `bindAddress`, and an address without port gets one. */
export function completeKubeProxy(layers: Layers, settings: Map<string, Setting>): void {
  const bind = settings.get('bindAddress')?.value;
  const v6 = typeof bind === 'string' && bind.includes(':');
  const withFile = layers.path('config') !== undefined;
  const listeners = [
    { name: 'metricsBindAddress', port: 10249, v6Host: '[::1]', portFlag: 'metrics-port' },
    { name: 'healthzBindAddress', port: 10256, v6Host: '[::]', portFlag: 'healthz-port' },
  ];
  for (const { name, port, v6Host, portFlag } of listeners) {
    const setting = settings.get(name);
    if (setting === undefined || typeof setting.value !== 'string') continue;
    const flagPort = withFile ? undefined : portOf(layers, portFlag);
    if (flagPort?.value === 0) {
      settings.set(name, { ...setting, value: '', origin: flagPort.origin });
      continue;
    }
    const value = setting.origin.kind === 'default' && v6 ? `${v6Host}:${port}` : setting.value;
    const number = typeof flagPort?.value === 'number' ? flagPort.value : port;
    if (setting.origin.kind === 'default' && flagPort !== undefined) continue;
    settings.set(name, { ...setting, value: withPort(value, number) });
  }
}

function portOf(layers: Layers, flag: string): Setting | undefined {
  const row = layers.table.byFlag(flag);
  return row === undefined ? undefined : layers.fromFlags(row);
}

function withPort(address: string, port: number): string {
  if (/^[0-9.]+$/.test(address)) return `${address}:${port}`;
  const isV6 = address.includes('::') || address.split(':').length === 8;
  return isV6 && !address.startsWith('[') ? `[${address}]:${port}` : address;
}
