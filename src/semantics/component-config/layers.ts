import type { Component, ConfigurationProblem, Setting, SettingOrigin } from '../../model/component.ts';
import { isList, isObject, type Json } from '../../model/json.ts';
import { type FlagUse, parseArguments, problemAt } from './argv.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { flagTextError, flagValue, isZeroDuration } from './flag-value.ts';
import type { VersionedInput } from './input.ts';
import { nearestNames } from './misplaced.ts';
import { defaultValue, inVersion, isSince, type SettingRow, type SettingTable, settingName, typeIn } from './table.ts';

/** What a component was given, by source, with the values of one setting after another asked from it. */
export class Layers {
  readonly input: VersionedInput;
  readonly table: SettingTable;
  readonly problems: ConfigurationProblem[] = [];
  /** Configuration files, the one that wins last. */
  readonly files: ConfigFile[] = [];
  /** Set where a file that decides could not be read: what named it. */
  unreadable: SettingOrigin | undefined;
  private readonly uses = new Map<SettingRow, FlagUse[]>();

  constructor(input: VersionedInput, table: SettingTable) {
    this.input = input;
    this.table = table;
    const parsed = parseArguments(input.args, {
      grammar: this.grammar,
      find: (name) => this.findFlag(name),
      unknown: (spelling, at) => problemAt(at, 'unknown-flag', this.unknownFlag(spelling), this.nearestFlag(spelling)),
    });
    this.problems.push(...parsed.problems);
    for (const use of parsed.uses) this.addUse(use);
  }

  get grammar(): 'pflag' | 'flag' {
    return this.input.component === 'etcd' ? 'flag' : 'pflag';
  }

  get versionName(): string {
    const { component, minor, versionName } = this.input;
    return versionName ?? nameOfMinor(component, minor);
  }

  /** Whether the flag was given, and is one that this version has. */
  given(flag: string): boolean {
    const row = this.table.byFlag(flag);
    return row !== undefined && this.uses.has(row);
  }

  usesOf(row: SettingRow): readonly FlagUse[] {
    return this.uses.get(row) ?? [];
  }

  /** Flags that were given, each once. */
  givenRows(): Iterable<SettingRow> {
    return this.uses.keys();
  }

  /** The value that the flags give; undefined where the flag was not given. */
  fromFlags(row: SettingRow): Setting | undefined {
    const uses = this.uses.get(row);
    const last = uses?.at(-1);
    if (uses === undefined || last === undefined) return undefined;
    const result = flagValue(
      this.typed(row),
      uses.map(({ text }) => text),
      this.grammar,
    );
    if ('error' in result) return undefined;
    return { name: settingName(row), value: result.value, origin: flagOrigin(last) };
  }

  /** The text of a flag that names a file or folder, and where it was given. */
  path(flag: string): { text: string; use: FlagUse } | undefined {
    const row = this.table.byFlag(flag);
    const use = row === undefined ? undefined : this.uses.get(row)?.at(-1);
    return use === undefined || use.text === '' ? undefined : { text: use.text, use };
  }

  /** Reads a configuration file into the layers; `origin` is what named it. */
  addFile(file: string, origin: SettingOrigin, where: { where: string; line?: number }): void {
    const { input, table } = this;
    const text = input.readFile(file);
    if (text === undefined) {
      this.unreadable = origin;
      this.problems.push({
        kind: 'unreadable',
        message: `${file} could not be read: what ${input.component} takes from it is not known`,
        ...where,
      });
      return;
    }
    const read = readConfigFile({ program: input.component, file, text, table, minor: input.minor });
    this.files.push(read);
    this.problems.push(...read.problems);
  }

  /** What the files give. Later files win; a map takes the keys of all. */
  fromFiles(row: SettingRow): Setting | undefined {
    if (row.field === undefined) return undefined;
    let setting: Setting | undefined;
    for (const file of this.files) {
      const entry = file.values.get(row.field);
      if (entry === undefined) continue;
      const before = setting?.value;
      const value = isObject(before) && isObject(entry.value) ? { ...before, ...entry.value } : entry.value;
      setting = { name: row.field, value, origin: { kind: 'file', ...entry.place } };
    }
    return setting;
  }

  /** A value from a file that the component's own defaulting takes for "unset". */
  isUnset(row: SettingRow, value: Json): boolean {
    if (row.pointer === true) return false;
    if (value === '' || value === 0) return true;
    return typeof value === 'string' && (row.fieldType ?? row.type) === 'duration' && isZeroDuration(value);
  }

  byDefault(row: SettingRow, source: 'file' | 'flags'): Setting {
    const twoSets = row.legacy !== undefined;
    const set = source === 'file' ? ' with a configuration file' : ' without a configuration file';
    return {
      name: settingName(row),
      value: defaultValue(row, this.input.minor, source),
      origin: { kind: 'default', of: `${this.versionName}${twoSets ? set : ''}` },
    };
  }

  /** Whether this version has the setting at all, as a flag or as a field. */
  has(row: SettingRow): boolean {
    if (row.flag !== undefined && inVersion(this.input.minor, row.since, row.removed)) return true;
    if (row.field === undefined) return false;
    return this.input.minor === undefined || row.fieldSince === undefined || this.input.minor >= row.fieldSince;
  }

  ignoreFlag(row: SettingRow, because: string): void {
    for (const use of this.usesOf(row)) {
      const hint = row.field === undefined ? undefined : `set ${row.field} in the file`;
      this.problems.push(problemAt(use.at, 'ignored-flag', `${use.spelling} is ignored: ${because}`, hint));
    }
    this.uses.delete(row);
  }

  /** The row with the type that it has in this version. */
  private typed(row: SettingRow): SettingRow {
    const type = typeIn(row, this.input.minor);
    return type === row.type ? row : { ...row, type };
  }

  private addUse(use: FlagUse): void {
    const { row, spelling, text, at } = use;
    const { component, minor } = this.input;
    if (!inVersion(minor, row.since, row.removed)) {
      const removed = row.removed !== undefined && isSince(minor, row.removed);
      const change = removed ? `was removed in ${this.name(row.removed)}` : `is new in ${this.name(row.since)}`;
      const message = `${spelling} ${change}: ${component} ${this.versionName} does not start with it`;
      this.problems.push(problemAt(at, 'unknown-flag', message));
      return;
    }
    const error = flagTextError(this.typed(row), text, this.grammar);
    if (error !== undefined) {
      this.problems.push(problemAt(at, 'invalid', `${spelling}: ${error}, and ${component} does not start with it`));
      return;
    }
    if (isSince(minor, row.noop)) {
      const same = flagValue(this.typed(row), [text], this.grammar);
      if ('value' in same && same.value === this.byDefault(row, 'flags').value) return;
      this.problems.push(problemAt(at, 'ignored-flag', `${spelling} has no effect since ${this.name(row.noop)}`));
      return;
    }
    const before = this.uses.get(row);
    if (before === undefined) this.uses.set(row, [use]);
    else before.push(use);
  }

  private name(minor: number | undefined): string {
    return nameOfMinor(this.input.component, minor ?? 0);
  }

  /** `_` is `-` for the kubelet always, and for the other components since v1.23; etcd takes names as they are. */
  private findFlag(name: string): SettingRow | undefined {
    const { component, minor } = this.input;
    const normalised = component === 'kubelet' || (component !== 'etcd' && (minor === undefined || minor >= 23));
    if (normalised) return this.table.byFlag(name.replaceAll('_', '-'));
    const row = this.table.byFlag(name.replaceAll('_', '-'));
    return (row?.spelled ?? row?.flag) === name ? row : undefined;
  }

  private unknownFlag(spelling: string): string {
    const { component } = this.input;
    return `${spelling} is no known flag of ${component} ${this.versionName}, which does not start with one that it does not know`;
  }

  private nearestFlag(spelling: string): string | undefined {
    const name = spelling.replace(/^-+/, '').replaceAll('_', '-');
    const known = this.table.rows.flatMap(({ flag, since, removed }) =>
      flag !== undefined && inVersion(this.input.minor, since, removed) ? [flag] : [],
    );
    const near = nearestNames(name, known);
    return near.length === 0 ? undefined : near.map((flag) => `--${flag}`).join(' or ');
  }
}

/** `v1.20`, and of etcd `3.4`. */
export function nameOfMinor(component: Component, minor: number): string {
  return component === 'etcd' ? `3.${minor}` : `v1.${minor}`;
}

export function flagOrigin(use: FlagUse): SettingOrigin {
  const { spelling: flag, at } = use;
  return { kind: 'flag', flag, where: at.where, ...(at.line === undefined ? {} : { line: at.line }) };
}

export function placeOf(use: FlagUse): { where: string; line?: number } {
  return { where: use.at.where, ...(use.at.line === undefined ? {} : { line: use.at.line }) };
}

/** The strings of a setting that is a list. */
export function stringsOf(setting: Setting | undefined): readonly string[] {
  const value = setting?.value;
  return isList(value) ? value.filter((item) => typeof item === 'string') : [];
}
