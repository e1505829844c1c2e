import type { ConfigurationProblem, Setting } from '../model/component.ts';
import type { Json } from '../model/json.ts';
import { settingOrigin } from '../semantics/node/setting-text.ts';
import type { Style } from './style.ts';
import { padEnd, textWidth, wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** One component of a node and what is in force for it. */
export interface ConfigListing {
  readonly component: string;
  readonly node: string;
  /** In words: `v1.20`, `not known (v1.20 to v1.23)`. */
  readonly version: string;
  readonly minor: number | undefined;
  readonly settings: readonly ListedSetting[];
  readonly problems: readonly ConfigurationProblem[];
}

export interface ListedSetting extends Setting {
  /** Undefined: the version has no default for it that is known. */
  readonly default: Json | undefined;
}

export interface ConfigOptions {
  /** Columns; infinite where the text goes to a file or a program. */
  readonly width: number;
  readonly style: Style;
}

const titles = ['SETTING', 'VALUE', 'DEFAULT', 'FROM'] as const;

/** A line a setting where the terminal is wide enough, else a block a setting. */
export function configText(listing: ConfigListing, { width, style }: ConfigOptions): string {
  const { component, node, version, settings } = listing;
  const on = node === '' ? '' : ` on ${node}`;
  const heading = wrap(visible(`${component} ${version}${on}`), { width }).map(style.strong);
  if (settings.length === 0) return `${heading.join('\n')}\nEvery setting is left at its default; --all shows them.\n`;
  const rows = settings.map((setting) => ({ setting, cells: cellsOf(setting) }));
  const widths = titles.map((title, column) =>
    rows.reduce((most, { cells }) => Math.max(most, textWidth(cells[column] ?? '')), title.length),
  );
  const total = widths.reduce((sum, columns) => sum + columns, 2 * (titles.length - 1));
  const lines =
    total <= width || width === Number.POSITIVE_INFINITY
      ? [titles, ...rows.map(({ cells }) => cells)].map((cells) => inColumns(cells, widths))
      : rows.flatMap(({ setting, cells }) => ['', ...block(setting, cells, { width, style })]);
  return `${[...heading, ...lines].join('\n')}\n`;
}

/** All that is known, for programs. */
export function configJson(listings: readonly ConfigListing[]): string {
  const components = listings.map(({ minor, settings, ...listing }) => ({
    ...listing,
    ...(minor !== undefined && { minor }),
    settings: settings.map(({ name, value, default: byDefault, origin }) => ({
      name,
      value,
      ...(byDefault !== undefined && { default: byDefault }),
      origin,
    })),
  }));
  return `${JSON.stringify({ components }, null, 2)}\n`;
}

function inColumns(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => padEnd(cell, widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}

function block(
  { origin }: Setting,
  [name = '', value = '', byDefault = '', from = '']: readonly string[],
  options: ConfigOptions,
): string[] {
  const { width, style } = options;
  const rows = [
    ['Value', value],
    ...(origin.kind === 'default' ? [] : [['Default', byDefault]]),
    ['From', from],
  ] as const;
  return [
    style.strong(name),
    ...rows.flatMap(([title = '', text = '']) => wrap(text, { width, lead: `  ${padEnd(title, 7)}  ` })),
  ];
}

function cellsOf(setting: ListedSetting): readonly string[] {
  const { name, value, default: byDefault } = setting;
  const cells = [name, jsonText(value), byDefault === undefined ? '-' : jsonText(byDefault), settingOrigin(setting)];
  return cells.map(visible);
}

/** Text bare, lists with commas at which a line may break, and `""` for nothing. */
function jsonText(value: Json): string {
  if (value === null) return 'not known';
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.length === 0) return '[]';
  return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ');
}
