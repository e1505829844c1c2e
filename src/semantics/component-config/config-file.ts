import type { ConfigurationProblem } from '../../model/component.ts';
import { describeType, isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { formatPath, type Path } from '../../model/path.ts';
import { type ParsedDocument, parseYaml, YamlError } from '../../yaml/parse.ts';
import { splitDocuments } from '../../yaml/split.ts';
import { commaList, isDuration } from './flag-value.ts';
import { likelyPlace } from './misplaced.ts';
import { type ConfigVersion, inVersion, isSince, type SettingRow, type SettingTable, type ValueType } from './table.ts';

export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ConfigFile {
  /** What the file sets, by field. `null` is unset. */
  readonly values: ReadonlyMap<string, { readonly value: Json; readonly place: FilePlace }>;
  readonly problems: readonly ConfigurationProblem[];
}

export interface ConfigFileInput {
  readonly program: string;
  readonly file: string;
  readonly text: string;
  readonly table: SettingTable;
  readonly minor: number | undefined;
}

/** First document of a YAML or JSON file, as the components read one; a string says why there is none. */
export function firstDocument(text: string): ParsedDocument | YamlError {
  const [first] = splitDocuments(text);
  try {
    return first === undefined
      ? parseYaml('', 1)
      : parseYaml(text.slice(first.start, first.end), first.line, first.column);
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
}

/**
 * A component's configuration file, decoded as the component does: fields by their exact names, `null` as unset. What
 * strict decoding refuses (unknown and duplicate keys, wrong types) is a problem with its line; whether the component
 * then starts without the key or not at all is in the message.
 */
export function readConfigFile(input: ConfigFileInput): ConfigFile {
  const document = firstDocument(input.text);
  if (document instanceof YamlError) {
    const problem: ConfigurationProblem = {
      kind: 'invalid',
      message: `${input.file} is no YAML: ${document.message}`,
      where: input.file,
      line: document.line,
      column: document.column,
    };
    return { values: new Map(), problems: [problem] };
  }
  return new ConfigReader(input, document).read();
}

class ConfigReader {
  private readonly values = new Map<string, { value: Json; place: FilePlace }>();
  private readonly problems: ConfigurationProblem[] = [];
  private readonly input: ConfigFileInput;
  private readonly document: ParsedDocument;
  private version: ConfigVersion | undefined;

  constructor(input: ConfigFileInput, document: ParsedDocument) {
    this.input = input;
    this.document = document;
  }

  read(): ConfigFile {
    const root = this.document.value;
    if (isObject(root)) {
      this.checkKind(root);
      this.object(root, [], '');
    } else if (root !== null)
      this.report('invalid', [], `${this.input.file} holds ${describeType(root)}, not settings`);
    for (const { path, region, hidden } of this.document.duplicateKeys) {
      this.problems.push({
        kind: 'duplicate-field',
        message: `${formatPath(path)} is set twice: the one in line ${region.line} counts, this one does not${this.strictness()}`,
        where: this.input.file,
        line: hidden.line,
        column: hidden.column,
      });
    }
    return { values: this.values, problems: this.problems };
  }

  private checkKind(root: JsonObject): void {
    const { program, table, minor } = this.input;
    const config = table.config;
    if (config === undefined || config.kind === '') return;
    const apiVersion = own(root, 'apiVersion') ?? null;
    const kind = own(root, 'kind') ?? null;
    if (apiVersion === null || kind === null) {
      const missing = kind === null ? 'kind' : 'apiVersion';
      this.report('invalid', [], `the file has no ${missing}: ${program} does not start with it`, this.expected());
      return;
    }
    if (kind !== config.kind) {
      this.report('invalid', ['kind'], `kind is ${show(kind)}, and ${program} does not start with it`, this.expected());
      return;
    }
    const version = config.versions.find(({ name }) => apiVersion === `${config.group}/${name}`);
    this.version = version;
    if (version !== undefined && inVersion(minor, version.since, version.removed)) return;
    const at = minor === undefined ? '' : ` v1.${minor}`;
    this.report('invalid', ['apiVersion'], `${program}${at} does not know ${show(apiVersion)}`, this.expected());
  }

  private expected(): string {
    const { table, minor } = this.input;
    const config = table.config;
    const version = config?.versions.filter(({ since, removed }) => inVersion(minor, since, removed)).at(-1);
    return `apiVersion: ${config?.group}/${version?.name}, kind: ${config?.kind}`;
  }

  private object(object: JsonObject, path: Path, name: string): void {
    for (const [key, value] of Object.entries(object)) {
      const here = [...path, key];
      const field = name === '' ? key : `${name}.${key}`;
      // A dot in a key is no step into an object.
      const row = key.includes('.') ? undefined : this.input.table.byField(field);
      if (row !== undefined && this.has(row)) this.field(row, here, field, value);
      else if (!key.includes('.') && row === undefined && this.input.table.isParent(field)) {
        if (isObject(value)) this.object(value, here, field);
        else if (value !== null) this.report('invalid', here, `${field} holds ${describeType(value)}, not an object`);
      } else if (path.length > 0 || !this.isTypeMeta(key)) this.unknown(here, key, name, row);
    }
  }

  private has(row: SettingRow): boolean {
    const { minor } = this.input;
    if (minor !== undefined && row.fieldSince !== undefined && minor < row.fieldSince) return false;
    return row.fieldApis === undefined || this.version === undefined || row.fieldApis.includes(this.version.name);
  }

  private isTypeMeta(key: string): boolean {
    return (key === 'apiVersion' || key === 'kind') && (this.input.table.config?.kind ?? '') !== '';
  }

  private field(row: SettingRow, path: Path, field: string, value: Json): void {
    if (value === null) return;
    const type = row.fieldType ?? row.type;
    const plain = (this.input.table.config?.kind ?? '') === '';
    const read = fieldValue(type, plain ? plainValue(type, value) : value);
    if (read === undefined) {
      this.report('invalid', path, `${field} must be ${typeNames[type]}, and holds ${describeType(value)}`);
      return;
    }
    this.values.set(field, { value: read, place: { file: this.input.file, ...this.locate(path) } });
  }

  private unknown(path: Path, key: string, parent: string, row: SettingRow | undefined): void {
    const { program, table, minor } = this.input;
    const what = formatPath(path);
    if (row !== undefined) {
      const since =
        row.fieldSince !== undefined && !isSince(minor, row.fieldSince) ? ` (new in v1.${row.fieldSince})` : '';
      const at = minor === undefined ? '' : ` v1.${minor}`;
      this.report('unknown-field', path, `${what} is no field of ${program}${at}${since}${this.strictness()}`);
      return;
    }
    const likely = likelyPlace(table, parent, key);
    const kind = likely?.kind === 'misplaced' ? 'misplaced-field' : 'unknown-field';
    const where = parent === '' ? 'at the top level' : `in ${parent}`;
    const message =
      kind === 'misplaced-field'
        ? `${key} is no field ${where}${this.strictness()}`
        : `${what} is no field of ${program}${this.strictness()}`;
    this.report(kind, path, message, likely?.paths.join(' or '));
  }

  /** What the component does about a key that strict decoding refuses. */
  private strictness(): string {
    const { program, table } = this.input;
    const lenient = (table.config?.kind ?? '') === '' || this.version?.lenient === true;
    return lenient ? `: ${program} ignores it` : `: ${program} does not start with it`;
  }

  private report(kind: ConfigurationProblem['kind'], path: Path, message: string, hint?: string): void {
    const place = this.locate(path);
    this.problems.push({ kind, message, where: this.input.file, ...place, ...(hint === undefined ? {} : { hint }) });
  }

  private locate(path: Path): { line: number; column: number } {
    const region = this.document.positions.locate(path);
    return { line: region?.line ?? 1, column: region?.column ?? 1 };
  }
}

const typeNames: Readonly<Record<ValueType, string>> = {
  bool: 'true or false',
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  duration: 'a duration, such as 30s or 4h',
  list: 'a list',
  array: 'a list',
  map: 'a map of strings',
  multimap: 'a map of lists',
  gates: 'a map of true and false',
  any: 'anything',
};

/** etcd's file has lists as one text, and durations as nanoseconds. */
function plainValue(type: ValueType, value: Json): Json {
  if (type === 'list' && typeof value === 'string') return commaList(value);
  if (type === 'duration' && typeof value === 'number') return `${value}ns`;
  return value;
}

/** The value where it has the type, else undefined. */
function fieldValue(type: ValueType, value: Json): Json | undefined {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'duration':
      return typeof value === 'string' && isDuration(value) ? value : undefined;
    case 'list':
    case 'array':
      return isList(value) && value.every((item) => typeof item === 'string') ? value : undefined;
    case 'map':
      return isObject(value) && Object.values(value).every((item) => typeof item === 'string') ? value : undefined;
    case 'multimap':
      return isObject(value) && Object.values(value).every((item) => isList(item)) ? value : undefined;
    case 'gates':
      return isObject(value) && Object.values(value).every((item) => typeof item === 'boolean') ? value : undefined;
    case 'any':
      return value;
  }
}

function show(value: Json): string {
  return typeof value === 'string' ? value.slice(0, 100) : describeType(value);
}
