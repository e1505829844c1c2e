import type { Profile } from '../controls/control.ts';
import type { Exception } from '../model/exception.ts';
import { type Json, type JsonObject, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { Settings } from '../model/settings.ts';
import { type Severity, severities } from '../model/severity.ts';
import { type Accountable, accountable, readExceptions, readRequired } from './configuration-exceptions.ts';
import { ConfigurationFields, type ConfigurationMistake } from './configuration-fields.ts';
import { idsNamed } from './control-names.ts';

/** What `bulwark.yaml` says. What it leaves out is undefined or empty, and the command line has the last word. */
export interface Configuration {
  /** As the user would name it; undefined: there is none. */
  readonly file: string | undefined;
  readonly profiles: readonly Profile[];
  readonly failOn: Severity | 'none' | undefined;
  /** Names of controls, components, or patterns. Empty: all. */
  readonly select: readonly string[];
  readonly skip: readonly string[];
  /** By control id. */
  readonly severities: ReadonlyMap<string, Severity>;
  readonly settings: Partial<Settings>;
  /** What exceptions must say of themselves. */
  readonly required: readonly Accountable[];
  readonly exceptions: readonly Exception[];
}

export const noConfiguration: Configuration = {
  file: undefined,
  profiles: [],
  failOn: undefined,
  select: [],
  skip: [],
  severities: new Map(),
  settings: {},
  required: accountable,
  exceptions: [],
};

export interface ConfigurationContext {
  readonly file: string;
  /** Ids of all controls there are. */
  readonly controls: readonly string[];
  /** Where a field stands, for people: `bulwark.yaml:12`. */
  readonly placeOf: (path: Path) => string;
}

/** The fields of each mapping of `bulwark.yaml`: `schema/bulwark.schema.json` has the same. */
export const configurationFields = {
  root: ['profiles', 'failOn', 'controls', 'settings', 'require', 'exceptions'],
  controls: ['select', 'skip', 'severities'],
} as const;

const profileNames = ['security', 'reliability'] as const satisfies readonly Profile[];

/** Reads a parsed `bulwark.yaml`. With a mistake in it, it is not to be followed. Never throws. */
export function readConfiguration(
  value: Json,
  context: ConfigurationContext,
): { readonly configuration: Configuration; readonly mistakes: readonly ConfigurationMistake[] } {
  const fields = new ConfigurationFields();
  const root = fields.mapping(value, { path: [], fields: configurationFields.root });
  const controls = fields.mapping(own(root, 'controls'), { path: ['controls'], fields: configurationFields.controls });
  const named = { fields, context };
  const select = controlList(controls, 'select', named);
  const skip = controlList(controls, 'skip', named);
  for (const [index, name] of skip.entries()) {
    if (!select.includes(name)) continue;
    fields.mistake(
      ['controls', 'skip', index],
      `controls both selects and skips ${name}`,
      () => 'leave one of them out',
    );
  }
  const required = readRequired(own(root, 'require'), fields);
  const configuration: Configuration = {
    file: context.file,
    profiles: fields.list(own(root, 'profiles'), ['profiles']).flatMap((item, index) => {
      return fields.choice(item, { path: ['profiles', index], choices: profileNames }) ?? [];
    }),
    failOn: fields.choice(own(root, 'failOn'), { path: ['failOn'], choices: [...severities, 'none'] as const }),
    select,
    skip,
    severities: readSeverities(controls, named),
    settings: readSettings(own(root, 'settings'), fields),
    required,
    exceptions: readExceptions(own(root, 'exceptions'), { ...named, required }),
  };
  return { configuration, mistakes: fields.mistakes };
}

interface Named {
  readonly fields: ConfigurationFields;
  readonly context: ConfigurationContext;
}

function controlList(controls: JsonObject, key: 'select' | 'skip', { fields, context }: Named): readonly string[] {
  const names = fields.texts(controls, { key, path: ['controls'] }) ?? [];
  for (const [index, name] of names.entries()) {
    if (idsNamed(name, context.controls).length > 0) continue;
    fields.unknownControl(['controls', key, index], name, context.controls);
  }
  return names;
}

function readSeverities(controls: JsonObject, { fields, context }: Named): ReadonlyMap<string, Severity> {
  const found = new Map<string, Severity>();
  const path = ['controls', 'severities'];
  const table = own(controls, 'severities');
  const names = table !== null && typeof table === 'object' && !Array.isArray(table) ? Object.keys(table) : [];
  for (const [name, value] of Object.entries(fields.mapping(table, { path, fields: names }))) {
    const ids = idsNamed(name, context.controls);
    if (ids.length === 0) fields.unknownControl([...path, name], name, context.controls);
    const severity = fields.choice(value, { path: [...path, name], choices: severities });
    if (severity === undefined) continue;
    // A control by its own name counts before its component or a pattern, whatever their order.
    for (const id of ids) if (id === name || !Object.hasOwn(table as JsonObject, id)) found.set(id, severity);
  }
  return found;
}

/** How each setting is written. A setting that is not here cannot be set, and the compiler asks for it. */
const settingKinds = {
  allowedRegistries: 'texts',
  sandboxRuntimeClasses: 'texts',
  untrustedLabels: 'texts',
  certificateWarnDays: 'count',
  certificateFailDays: 'count',
  backupMaxAgeHours: 'count',
} as const satisfies Record<keyof Settings, 'texts' | 'count'>;

export const settingNames: readonly string[] = Object.keys(settingKinds);

function readSettings(value: Json | undefined, fields: ConfigurationFields): Partial<Settings> {
  const path = ['settings'];
  const object = fields.mapping(value, { path, fields: settingNames });
  const entries = Object.entries(settingKinds).flatMap(([key, kind]) => {
    const read = kind === 'texts' ? fields.texts(object, { key, path }) : fields.count(object, { key, path });
    return read === undefined ? [] : [[key, read]];
  });
  // The table gives each setting the reader of its type.
  return Object.fromEntries(entries) as Partial<Settings>;
}
