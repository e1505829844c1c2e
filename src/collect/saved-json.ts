import { describeType, isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';

/** Narrows JSON that a file holds to what it should be. `at` names the place in what is thrown. */
export abstract class SavedJson {
  /** The error for a file that is not what it should be. */
  protected abstract invalid(reason: string): Error;

  protected object(value: Json, at: string): JsonObject {
    if (isObject(value)) return value;
    throw this.wrong(at, 'an object', value);
  }

  protected list(object: JsonObject, key: string, at: string): readonly Json[] {
    const value = own(object, key);
    if (isList(value)) return value;
    throw this.wrong(field(at, key), 'a list', value);
  }

  protected string(object: JsonObject, key: string, at: string): string {
    const value = own(object, key);
    if (typeof value === 'string') return value;
    throw this.wrong(field(at, key), 'a string', value);
  }

  protected number(object: JsonObject, key: string, at: string): number {
    const value = own(object, key);
    if (typeof value === 'number') return value;
    throw this.wrong(field(at, key), 'a number', value);
  }

  protected oneOf(object: JsonObject, key: string, at: string, values: readonly string[]): void {
    if (!values.includes(this.string(object, key, at)))
      throw this.invalid(`${field(at, key)} must be one of ${values.join(', ')}`);
  }

  protected wrong(at: string, expected: string, found: Json | undefined): Error {
    return this.invalid(`${at} must be ${expected}, found ${describeType(found)}`);
  }
}

function field(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}
