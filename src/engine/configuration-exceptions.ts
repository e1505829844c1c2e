import type { Exception } from '../model/exception.ts';
import { isList, type Json, type JsonObject, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { ConfigurationContext } from './configuration.ts';
import type { ConfigurationFields } from './configuration-fields.ts';
import { idsNamed } from './control-names.ts';
import { ExceptionBook } from './exceptions.ts';
import { expiryOf } from './expiry.ts';

/** What an exception must say of itself. `require` in `bulwark.yaml` may ask for less. */
export const accountable = ['reason', 'owner', 'expires'] as const;

export type Accountable = (typeof accountable)[number];

export const exceptionFields = {
  exception: ['control', 'object', 'container', 'path', ...accountable],
  object: ['kind', 'namespace', 'name'],
} as const;

interface Named {
  readonly fields: ConfigurationFields;
  readonly context: ConfigurationContext;
}

/** What the exceptions of a file must say of themselves: everything, unless it asks for less. */
export function readRequired(value: Json | undefined, fields: ConfigurationFields): readonly Accountable[] {
  if (value === undefined) return accountable;
  return fields.list(value, ['require']).flatMap((item, index) => {
    return fields.choice(item, { path: ['require', index], choices: accountable }) ?? [];
  });
}

/** The exceptions of `bulwark.yaml`: one for each control that an entry lists. */
export function readExceptions(
  value: Json | undefined,
  { fields, context, required }: Named & { readonly required: readonly Accountable[] },
): readonly Exception[] {
  const entries = fields.list(value, ['exceptions']);
  const byPath = new Map<Exception, Path>();
  for (const [index, entry] of entries.entries()) {
    const path = ['exceptions', index];
    for (const exception of new EntryReader({ fields, context }, required).read(entry, path)) {
      byPath.set(exception, path);
    }
  }
  const exceptions = [...byPath.keys()];
  const book = new ExceptionBook(exceptions, context.controls);
  // Only what does not depend on the time is a mistake: expired ones are told by the scan.
  for (const { kind, exception, message } of book.problems(new Date(0))) {
    const path = byPath.get(exception) ?? [];
    if (kind === 'contradiction') fields.mistake(path, message, () => 'leave one of them out, or narrow one');
  }
  return exceptions;
}

class EntryReader {
  private readonly fields: ConfigurationFields;
  private readonly context: ConfigurationContext;
  private readonly required: readonly Accountable[];

  constructor({ fields, context }: Named, required: readonly Accountable[]) {
    this.fields = fields;
    this.context = context;
    this.required = required;
  }

  read(value: Json, path: Path): readonly Exception[] {
    const { fields, context } = this;
    const entry = fields.mapping(value, { path, fields: exceptionFields.exception });
    for (const key of this.required) {
      if (own(entry, key) === undefined) {
        fields.mistake(path, `an exception needs ${key}`, () => 'say it, or have require in the file ask for less');
      }
    }
    const object = fields.mapping(own(entry, 'object'), {
      path: [...path, 'object'],
      fields: exceptionFields.object,
    });
    const expires = fields.text(entry, { key: 'expires', path });
    if (expires !== undefined && expiryOf(expires) === undefined) {
      fields.mistake(
        [...path, 'expires'],
        `${expires} is no date`,
        () => 'write it as 2027-01-31 or 2027-01-31T12:00:00Z',
      );
    }
    const container = fields.text(entry, { key: 'container', path });
    const field = fields.text(entry, { key: 'path', path });
    const about = {
      ...(own(entry, 'object') !== undefined && { object: this.object(object, [...path, 'object']) }),
      ...(container !== undefined && { container }),
      ...(field !== undefined && { path: field }),
      reason: fields.text(entry, { key: 'reason', path }) ?? '',
      owner: fields.text(entry, { key: 'owner', path }) ?? '',
      expires,
      origin: { by: 'configuration', place: context.placeOf(path) },
    } as const;
    return this.controls(entry, path).map((control) => ({ control, ...about }));
  }

  private object(object: JsonObject, path: Path): NonNullable<Exception['object']> {
    const [kind, namespace, name] = exceptionFields.object.map((key) => this.fields.text(object, { key, path }));
    return {
      ...(kind !== undefined && { kind }),
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
    };
  }

  /** One name, or a list of them; a component stands for all its controls. */
  private controls(entry: JsonObject, path: Path): readonly string[] {
    const { fields, context } = this;
    const value = own(entry, 'control');
    const at = [...path, 'control'];
    if (value === undefined || value === null || (isList(value) && value.length === 0)) {
      fields.mistake(path, 'an exception needs control', () => 'name a control, such as pods/host-network');
      return [];
    }
    const names =
      typeof value === 'string' ? [value] : (fields.texts({ control: value }, { key: 'control', path }) ?? []);
    for (const name of names) {
      if (idsNamed(name, context.controls).length === 0) fields.unknownControl(at, name, context.controls);
    }
    return names.map((name) => (context.controls.some((id) => id.startsWith(`${name}/`)) ? `${name}/*` : name));
  }
}
