import { describeType, isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import type { Path } from '../model/path.ts';
import { controlHint } from './control-names.ts';

/** Something in `bulwark.yaml` that its author must mend before it can be followed. */
export interface ConfigurationMistake {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
}

const hintedMistakes = 20;

/** Reads fields of a configuration, and notes every mistake instead of stopping at the first. */
export class ConfigurationFields {
  readonly mistakes: ConfigurationMistake[] = [];

  /** What was meant is looked for only of the first mistakes: it takes time, and of more nobody reads. */
  mistake(path: Path, message: string, hint?: () => string | undefined): undefined {
    const found = this.mistakes.length < hintedMistakes ? hint?.() : undefined;
    this.mistakes.push({ path, message, ...(found !== undefined && { hint: found }) });
    return undefined;
  }

  unknownControl(path: Path, name: string, ids: readonly string[]): undefined {
    return this.mistake(path, `there is no control "${name}"`, () => controlHint(name, ids));
  }

  /** A mapping with no other fields than those named; an empty one where it is none. */
  mapping(value: Json | undefined, { path, fields }: { path: Path; fields: readonly string[] }): JsonObject {
    if (value === undefined || value === null) return {};
    if (!isObject(value)) {
      this.mistake(path, `${nameOf(path)} must be a mapping, and is ${describeType(value)}`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (fields.includes(key)) continue;
      this.mistake([...path, key], `${nameOf(path)} has no field ${key}`, () => {
        const near = nearest(key, fields);
        return near === undefined ? `fields: ${fields.join(', ')}` : `did you mean ${near}?`;
      });
    }
    return value;
  }

  list(value: Json | undefined, path: Path): readonly Json[] {
    if (value === undefined || value === null) return [];
    if (isList(value)) return value;
    this.mistake(path, `${nameOf(path)} must be a list, and is ${describeType(value)}`);
    return [];
  }

  /** A text that is not empty; undefined where it is not there. */
  text(object: JsonObject, { key, path }: { key: string; path: Path }): string | undefined {
    const value = own(object, key);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value.trim() !== '') return value;
    const found = value === '' || typeof value === 'string' ? 'empty' : describeType(value);
    return this.mistake([...path, key], `${nameOf([...path, key])} must be a text, and is ${found}`);
  }

  texts(object: JsonObject, { key, path }: { key: string; path: Path }): readonly string[] | undefined {
    const value = own(object, key);
    if (value === undefined || value === null) return undefined;
    const at = [...path, key];
    return this.list(value, at).flatMap((item, index) => {
      if (typeof item === 'string' && item.trim() !== '') return [item];
      this.mistake([...at, index], `${nameOf(at)} must be a list of texts, and has ${describeType(item)}`);
      return [];
    });
  }

  choice<T extends string>(
    value: Json | undefined,
    { path, choices }: { path: Path; choices: readonly T[] },
  ): T | undefined {
    if (value === undefined || value === null) return undefined;
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    const given = typeof value === 'string' ? value : describeType(value);
    return this.mistake(path, `${nameOf(path)} must be one of ${choices.join(', ')}, and is ${given}`, () => {
      const near = typeof value === 'string' ? nearest(value, choices) : undefined;
      return near === undefined ? undefined : `did you mean ${near}?`;
    });
  }

  /** A whole number of 0 or more. */
  count(object: JsonObject, { key, path }: { key: string; path: Path }): number | undefined {
    const value = own(object, key);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    const given = typeof value === 'number' ? String(value) : describeType(value);
    return this.mistake(
      [...path, key],
      `${nameOf([...path, key])} must be a whole number of 0 or more, and is ${given}`,
    );
  }
}

function nameOf(path: Path): string {
  const last = path.findLast((step) => typeof step === 'string');
  const item = typeof path.at(-1) === 'number' ? `an item of ${last}` : last;
  return String(item ?? 'the file');
}
