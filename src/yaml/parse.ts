import { load, YAMLException } from 'js-yaml';
import type { Json } from '../model/json.ts';
import type { DuplicateKey } from '../model/snapshot.ts';
import { buildYamlPositions } from './build-positions.ts';
import { TextPositions } from './positions.ts';
import { kubernetesSchema } from './schema.ts';

/** Deepest nesting that is read. The API server's own limit is 10,000; nothing real comes near either. */
export const maxDepth = 500;

/** Most nodes of one document, aliases expanded, as goyaml refuses "excessive aliasing". */
export const maxNodes = 4_000_000;
const maxAliasExpansion = 200_000;

export interface ParsedDocument {
  readonly value: Json;
  readonly positions: TextPositions;
  readonly duplicateKeys: readonly DuplicateKey[];
}

/** Why a document cannot be read, and where. Lines and columns count from 1. */
export class YamlError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(reason: string, line: number, column: number) {
    super(reason);
    this.name = 'YamlError';
    this.line = line;
    this.column = column;
  }
}

export const yamlOptions = { schema: kubernetesSchema, maxDepth };

/**
 * One YAML document as kubectl decodes it. `line` is the line of its first character within its file.
 * Duplicate keys are last-wins and listed. Throws `YamlError`.
 */
export function parseYaml(text: string, line: number): ParsedDocument {
  let duplicated = false;
  let value: unknown;
  try {
    value = load(text, yamlOptions);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw asYamlError(error, line);
    if (error.reason !== 'duplicated mapping key') throw asYamlError(error, line);
    duplicated = true;
    try {
      value = load(text, { ...yamlOptions, json: true });
    } catch (second) {
      throw asYamlError(second, line);
    }
  }
  const json = value as Json;
  if (text.includes('*')) limitAliases(json, line);
  const positions = new TextPositions(() => buildYamlPositions(text, line));
  return { value: json, positions, duplicateKeys: duplicated ? positions.duplicateKeys() : [] };
}

/** Aliases share nodes, so a bomb is cheap to parse and explosive to walk: count what a walk would see. */
function limitAliases(value: Json, line: number): void {
  const seen = new Set<object>();
  let repeated = 0;
  const visit = (node: Json, inside: boolean): void => {
    if (typeof node !== 'object' || node === null) return;
    const again = inside || seen.has(node);
    if (again) {
      repeated += 1;
      if (repeated > maxAliasExpansion) {
        throw new YamlError(`aliases expand to more than ${maxAliasExpansion} nodes: an alias bomb`, line, 1);
      }
    } else seen.add(node);
    for (const child of Object.values(node)) visit(child, again);
  };
  visit(value, false);
}

function asYamlError(error: unknown, line: number): YamlError {
  if (error instanceof YamlError) return error;
  if (error instanceof YAMLException) {
    const mark = error.mark as { line: number; column: number } | undefined;
    return new YamlError(error.reason, line + (mark?.line ?? 0), (mark?.column ?? 0) + 1);
  }
  if (error instanceof RangeError) return new YamlError('nested too deeply', line, 1);
  throw error;
}
