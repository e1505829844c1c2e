import { describeType, isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { formatPath, type Path } from '../model/path.ts';
import { wordList } from '../model/word-list.ts';
import { nearestOf } from '../semantics/audit-policy/nearest.ts';

/** Something that keeps a policy file from being used. */
export interface FileProblem {
  /** `policy.yaml:12:5`. */
  readonly place: string;
  readonly message: string;
}

/** Says what is wrong with a field, and where it stands. */
export type Complain = (path: Path, message: string) => void;

/**
 * Reads a part of a policy file strictly: a field that is not known, or is not of its type, is a problem. What is
 * wrong reads as absent, so that one run tells everything.
 */
export class PolicyReader {
  readonly path: Path;
  private readonly raw: JsonObject;
  private readonly complain: Complain;

  constructor(raw: JsonObject, path: Path, complain: Complain) {
    this.raw = raw;
    this.path = path;
    this.complain = complain;
  }

  /** Complains of every field that is none of these. */
  only(...known: readonly string[]): this {
    for (const key of Object.keys(this.raw)) {
      if (known.includes(key)) continue;
      const near = nearestOf(key, known);
      const hint = near === undefined ? `it has ${wordList(known)}` : `did you mean ${near}?`;
      const where = this.path.length === 0 ? 'the policy' : formatPath(this.path);
      this.problem(key, `${where} has no field ${JSON.stringify(key)}: ${hint}`);
    }
    return this;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  string(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    return this.wrong(key, 'a string that is not empty', value);
  }

  /** A string that must be there. */
  required(key: string): string {
    if (!this.has(key)) {
      const where = formatPath(this.path);
      this.complain(this.path, `${where === '' ? '' : `${where}: `}${key} is missing`);
    }
    return this.string(key) ?? '';
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.wrong(key, 'true or false', value);
  }

  choice<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const text = this.string(key);
    if (text === undefined) return undefined;
    const chosen = choices.find((choice) => choice === text);
    if (chosen === undefined) {
      const near = nearestOf(text, choices);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      this.problem(
        key,
        `${this.name(key)} is ${JSON.stringify(text)}, and must be one of ${choices.join(', ')}${hint}`,
      );
    }
    return chosen;
  }

  /** The strings of a list, none of them empty or twice. */
  strings(key: string): readonly string[] {
    const found = new Set<string>();
    for (const [index, item] of this.list(key).entries()) {
      const at = [...this.path, key, index];
      if (typeof item !== 'string' || item === '') {
        this.complain(at, `${formatPath(at)} must be a string that is not empty, found ${describeType(item)}`);
      } else if (found.has(item)) this.complain(at, `${formatPath(at)} is a second ${JSON.stringify(item)}`);
      else found.add(item);
    }
    return [...found];
  }

  /** The object at `key`; undefined where there is none. */
  object(key: string): PolicyReader | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.wrong(key, 'an object', value);
    return new PolicyReader(value, [...this.path, key], this.complain);
  }

  objects(key: string): readonly PolicyReader[] {
    return this.list(key).flatMap((item, index) => {
      const at = [...this.path, key, index];
      if (isObject(item)) return [new PolicyReader(item, at, this.complain)];
      this.complain(at, `${formatPath(at)} must be an object, found ${describeType(item)}`);
      return [];
    });
  }

  problem(key: string, message: string): void {
    this.complain([...this.path, key], message);
  }

  name(key: string): string {
    return formatPath([...this.path, key]);
  }

  private get(key: string): Json | undefined {
    const value = own(this.raw, key);
    return value === null ? undefined : value;
  }

  private list(key: string): readonly Json[] {
    const value = this.get(key);
    if (value === undefined) return [];
    if (isList(value)) return value;
    this.wrong(key, 'a list', value);
    return [];
  }

  private wrong(key: string, expected: string, value: Json): undefined {
    this.problem(key, `${this.name(key)} must be ${expected}, found ${describeType(value)}`);
    return undefined;
  }
}
