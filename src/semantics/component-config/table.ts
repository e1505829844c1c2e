import etcd from '../../../data/component-settings/etcd.json' with { type: 'json' };
import apiServer from '../../../data/component-settings/kube-apiserver.json' with { type: 'json' };
import controllerManager from '../../../data/component-settings/kube-controller-manager.json' with { type: 'json' };
import kubeProxy from '../../../data/component-settings/kube-proxy.json' with { type: 'json' };
import scheduler from '../../../data/component-settings/kube-scheduler.json' with { type: 'json' };
import kubelet from '../../../data/component-settings/kubelet.json' with { type: 'json' };
import type { Component } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';

/** `array` is a list whose flag is repeated and never split at commas; `gates` a map of booleans; `any` is not looked into. */
export type ValueType =
  | 'bool'
  | 'int'
  | 'number'
  | 'string'
  | 'duration'
  | 'list'
  | 'array'
  | 'map'
  | 'multimap'
  | 'gates'
  | 'any';

/** One setting of a component, as `data/component-settings/` has it. All numbers of versions are minor versions. */
export interface SettingRow {
  /** Path in the configuration file. */
  readonly field?: string;
  /** Flag without dashes, in the spelling with `-`. */
  readonly flag?: string;
  /** How the flag is registered where that is not `flag`. */
  readonly spelled?: string;
  readonly type: ValueType;
  /** Type in the configuration file where it is another one than the flag's. */
  readonly fieldType?: ValueType;
  /** What separates key from value in a map flag, where that is not `=`. */
  readonly separator?: string;
  /** Of an `array`: first version in which the flag may be repeated; before, it is a text whose last value counts. */
  readonly repeatableSince?: number;
  /** A map flag that takes keys without a value. */
  readonly bareKeys?: boolean;
  /** What the flag means without a value, where it is no boolean. */
  readonly bare?: string;
  /** Absent: the zero value of the type. */
  readonly default?: Json;
  /** Where the default changed: the last row that is not newer than the version counts. */
  readonly defaults?: readonly { readonly since: number; readonly value: Json }[];
  /** Default of a kubelet that has no configuration file. */
  readonly legacy?: Json;
  /** First version with the flag, and first without. */
  readonly since?: number;
  readonly removed?: number;
  /** First version that accepts the flag and does nothing with it. */
  readonly noop?: number;
  readonly fieldSince?: number;
  /** API versions of the file that have the field; absent: all. */
  readonly fieldApis?: readonly string[];
  /** First version in which the flag wins over a file that makes other flags ignored. */
  readonly overFile?: number;
  /** A flag without a field that is ignored with a configuration file. */
  readonly ignoredWithFile?: boolean;
  /** A pointer in the API: a zero value in the file is a value, and does not mean "unset". */
  readonly pointer?: boolean;
}

export interface ConfigVersion {
  readonly name: string;
  readonly since?: number;
  readonly removed?: number;
  /** Falls back to lenient decoding when strict decoding fails: unknown fields are ignored with a warning. */
  readonly lenient?: boolean;
}

/** Of the configuration file. Kind and group are empty where the file has none (etcd). */
export interface ConfigKind {
  readonly kind: string;
  readonly group: string;
  readonly versions: readonly ConfigVersion[];
}

interface TableData {
  readonly config?: ConfigKind;
  readonly settings: readonly SettingRow[];
}

/** The settings of one component, found by flag, by field and by either. */
export class SettingTable {
  readonly rows: readonly SettingRow[];
  readonly config: ConfigKind | undefined;
  private readonly flags = new Map<string, SettingRow>();
  private readonly fields = new Map<string, SettingRow>();
  private readonly parents = new Set<string>(['']);

  constructor(data: TableData) {
    this.rows = data.settings;
    this.config = data.config;
    for (const row of data.settings) {
      if (row.flag !== undefined) this.flags.set(row.flag, row);
      if (row.field === undefined) continue;
      this.fields.set(row.field, row);
      for (let dot = row.field.indexOf('.'); dot !== -1; dot = row.field.indexOf('.', dot + 1)) {
        this.parents.add(row.field.slice(0, dot));
      }
    }
  }

  byFlag(flag: string): SettingRow | undefined {
    return this.flags.get(flag);
  }

  byField(field: string): SettingRow | undefined {
    return this.fields.get(field);
  }

  /** By configuration path, else by flag. */
  byName(name: string): SettingRow | undefined {
    return this.fields.get(name) ?? this.flags.get(name);
  }

  /** Whether `path` is an object that has fields, and not a field itself. */
  isParent(path: string): boolean {
    return this.parents.has(path);
  }

  /** Paths of all fields and of the objects that hold them. */
  *paths(): Iterable<string> {
    yield* this.fields.keys();
    for (const parent of this.parents) if (parent !== '') yield parent;
  }
}

const tables: ReadonlyMap<Component, SettingTable> = new Map<Component, SettingTable>([
  ['kube-apiserver', new SettingTable(apiServer as TableData)],
  ['kube-controller-manager', new SettingTable(controllerManager as TableData)],
  ['kube-scheduler', new SettingTable(scheduler as TableData)],
  ['etcd', new SettingTable(etcd as TableData)],
  ['kubelet', new SettingTable(kubelet as TableData)],
  ['kube-proxy', new SettingTable(kubeProxy as TableData)],
]);

export function settingTable(component: Component): SettingTable {
  const table = tables.get(component);
  if (table === undefined) throw new RangeError(`no settings are known of ${component}`);
  return table;
}

/** The one name of a setting: its configuration path, else its flag. */
export function settingName(row: SettingRow): string {
  return row.field ?? row.flag ?? '';
}

/** Whether a version has what came and went in these; `undefined` is the newest known version. */
export function inVersion(minor: number | undefined, since: number | undefined, removed: number | undefined): boolean {
  if (minor === undefined) return removed === undefined;
  return (since === undefined || minor >= since) && (removed === undefined || minor < removed);
}

/** Whether something that is so since a version is so in this one. */
export function isSince(minor: number | undefined, since: number | undefined): boolean {
  return since !== undefined && (minor === undefined || minor >= since);
}

/** The default of a version. `withFile`: whether the component has a configuration file. */
export function defaultValue(row: SettingRow, minor: number | undefined, source: 'file' | 'flags'): Json {
  if (source === 'flags' && row.legacy !== undefined) return row.legacy;
  let value: Json | undefined = row.default;
  for (const entry of row.defaults ?? []) {
    if (minor === undefined || minor >= entry.since) value = entry.value;
  }
  return value ?? zeroValue(typeIn(row, minor));
}

/** The type of a setting in a version. */
export function typeIn({ type, repeatableSince }: SettingRow, minor: number | undefined): ValueType {
  return repeatableSince === undefined || isSince(minor, repeatableSince) ? type : 'string';
}

/** What Go has for a field that nobody set. */
function zeroValue(type: ValueType): Json {
  if (type === 'bool') return false;
  if (type === 'int' || type === 'number') return 0;
  if (type === 'string') return '';
  if (type === 'duration') return '0s';
  if (type === 'list' || type === 'array') return [];
  return {};
}
