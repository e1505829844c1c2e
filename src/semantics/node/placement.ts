import type { Setting } from '../../model/component.ts';
import { type Edit, edit } from '../../model/edit.ts';
import { isList, isObject, type Json } from '../../model/json.ts';
import type { NodeChange } from '../../model/node-change.ts';
import type { ComponentArgument, NodeComponent } from '../../model/node-component.ts';
import type { Path } from '../../model/path.ts';
import { type SettingRow, settingTable } from '../component-config/table.ts';
import { adviceFor, restartOf } from './layout-advice.ts';
import { valueText } from './setting-text.ts';

export type SettingChange = Extract<NodeChange, { kind: 'setting' }>;

/** Where a change of a setting has to be written down on the node that was read. */
export type Placement =
  | {
      readonly kind: 'edits';
      /** A YAML or JSON file of the node with one document. */
      readonly file: string;
      readonly edits: readonly Edit[];
      /** The change in words: `in /var/lib/kubelet/config.yaml set readOnlyPort: 0`. */
      readonly text: string;
      /** What starts again, and how: by itself, or by a command. */
      readonly restart: string;
    }
  /** It is written where only a person can: the text says where and what. */
  | { readonly kind: 'advice'; readonly text: string };

/**
 * Where and how to write a setting down, for the layout that was found. A setting that a flag gives is changed where
 * the flag stands, since flags win; others go to the configuration file of a component that has one, else to its flags.
 */
export function placeChange(change: SettingChange, component: NodeComponent): Placement {
  const row = settingTable(component.component).byName(change.name);
  if (row === undefined) return { kind: 'advice', text: `change ${change.name}` };
  const generated = adviceFor(row, change, component);
  if (generated !== undefined) return { kind: 'advice', text: generated };
  const file = configurationFile(component, component.config.get(change.name));
  const uses = flagUses(row, component.args);
  if (row.field !== undefined && file !== undefined && (uses.length === 0 || flagsIgnored(component))) {
    return inFile(row.field, change.value, { file, component });
  }
  if (component.start.by?.kind === 'static-pod' && row.flag !== undefined) {
    return inManifest(row, change.value, { uses, component, file: component.start.by.file });
  }
  return { kind: 'advice', text: flagAdvice({ row, value: change.value, uses, component, file }) };
}

/** The file that a setting comes from, else the main configuration file; undefined for a component without one. */
function configurationFile(component: NodeComponent, setting: Setting | undefined): string | undefined {
  if (setting?.origin.kind === 'file') return component.onNode(setting.origin.file);
  const named = component.component === 'etcd' ? 'config-file' : 'config';
  const path = component.config.get(named)?.value;
  return typeof path === 'string' && path !== '' ? component.onNode(path) : undefined;
}

/** Components that take nothing from their flags once they have a configuration file. */
function flagsIgnored({ component }: NodeComponent): boolean {
  return component !== 'kubelet';
}

function inFile(
  field: string,
  value: Json,
  { file, component }: { readonly file: string; readonly component: NodeComponent },
): Placement {
  const path: Path = field.split('.');
  return {
    kind: 'edits',
    file,
    edits: [value === null ? edit.remove(path) : edit.set(path, value)],
    text: value === null ? `in ${file} remove ${field}` : `in ${file} set ${field}: ${fieldText(value)}`,
    restart: restartOf(component),
  };
}

interface FlagUse {
  readonly words: readonly ComponentArgument[];
}

/** Each place where a flag is given: one word, or two in the form with a space. */
function flagUses(row: SettingRow, args: readonly ComponentArgument[]): FlagUse[] {
  const uses: FlagUse[] = [];
  for (const [index, word] of args.entries()) {
    const [, name, equals] = /^--?([^=]+)(=?)/.exec(word.text) ?? [];
    if (name === undefined || name.replaceAll('_', '-') !== row.flag) continue;
    const next = args[index + 1];
    const spaced = equals === '' && row.type !== 'bool' && row.bare === undefined && next !== undefined;
    uses.push({ words: spaced ? [word, next] : [word] });
  }
  return uses;
}

function inManifest(
  row: SettingRow,
  value: Json,
  {
    uses,
    component,
    file,
  }: { readonly uses: readonly FlagUse[]; readonly component: NodeComponent; readonly file: string },
): Placement {
  const wanted = flagText(row, value);
  const text =
    wanted === undefined
      ? `in ${file} remove --${row.flag}`
      : `in ${file} ${uses.length === 0 ? 'add' : 'set'} ${wanted}`;
  const words = uses.flatMap((use) => use.words);
  const list = component.start.by?.list;
  // A word that is no item of the manifest's lists stands in a shell script, which only a person can change.
  if (words.some(({ path, where }) => path === undefined || where !== file) || list === undefined) {
    return { kind: 'advice', text };
  }
  const [first, ...others] = words.map(({ path }) => path as Path);
  const edits: Edit[] = [];
  if (wanted !== undefined) edits.push(first === undefined ? edit.append(list, wanted) : edit.set(first, wanted));
  else if (first !== undefined) edits.push(edit.remove(first));
  edits.push(...others.map((path) => edit.remove(path)));
  return { kind: 'edits', file, edits, text, restart: restartOf(component) };
}

interface FlagAdvice {
  readonly row: SettingRow;
  readonly value: Json;
  readonly uses: readonly FlagUse[];
  readonly component: NodeComponent;
  readonly file: string | undefined;
}

function flagAdvice({ row, value, uses, component, file }: FlagAdvice): string {
  const wanted = flagText(row, value);
  const [at] = uses.flatMap((use) => use.words);
  const place = at === undefined ? undefined : `${at.where}${at.line === undefined ? '' : `:${at.line}`}`;
  const restart = restartOf(component);
  if (place !== undefined && row.field !== undefined && file !== undefined && wanted !== undefined) {
    return `in ${place} remove --${row.flag}, which wins over the file, and in ${file} set ${row.field}: ${fieldText(value)}; ${restart}`;
  }
  const by = place ?? component.start.by?.file ?? `the arguments of ${component.component}`;
  if (wanted === undefined) return `in ${by} remove --${row.flag}; ${restart}`;
  return `in ${by} ${place === undefined ? 'add' : 'set'} ${wanted}; ${restart}`;
}

/** `--profiling=false`; undefined where the flag is to go. */
function flagText(row: SettingRow, value: Json): string | undefined {
  if (value === null) return undefined;
  return `--${row.spelled ?? row.flag}=${flagValue(row, value)}`;
}

function flagValue(row: SettingRow, value: Json): string {
  if (typeof value === 'string') return value;
  if (isList(value)) return value.map((item) => valueText(item)).join(',');
  if (!isObject(value)) return valueText(value);
  const pairs = Object.entries(value).map(([key, each]) => `${key}${row.separator ?? '='}${valueText(each)}`);
  return pairs.join(',');
}

function fieldText(value: Json): string {
  if (isList(value) && value.every((item) => typeof item === 'string')) return `[${value.join(', ')}]`;
  return JSON.stringify(value);
}
