import type { Json, JsonObject } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import {
  type JsonBrackets,
  type JsonExtent,
  jsonBrackets,
  jsonPositions,
  jsonStrings,
  measureJson,
} from './json-scan.ts';
import { maxDepth, maxNodes, type ParsedDocument, parseYaml, YamlError } from './parse.ts';
import { LineIndex, nodeAt, type PositionNode, type PositionTree, TextPositions } from './positions.ts';

/**
 * A document that begins like JSON: read as JSON where it is, else as the YAML flow style that it may be.
 * `measured` is the extent of its value, where it is known. Throws `YamlError`.
 */
export function parseJson(text: string, line: number, column = 1, measured?: JsonExtent): ParsedDocument {
  const extent = measured ?? measureJson(text, skipSpace(text));
  if (extent !== undefined) {
    if (extent.depth > maxDepth) throw new YamlError('nested too deeply', line, column);
    if (extent.marks > maxNodes) throw new YamlError(`more than ${maxNodes} nodes`, line, column);
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return parseYaml(text, line, column);
  }
  const build = treeBuilder(line, column);
  const positions = new TextPositions(text, build);
  const repeats = extent !== undefined && extent.keys > countKeys(value);
  return {
    value,
    positions,
    duplicateKeys: repeats ? positions.duplicateKeys() : [],
    positionsWithout: (paths) => {
      const brackets = jsonBrackets(text);
      const masked = maskStrings(text, jsonPositions(text, brackets), paths);
      // Nothing has moved, so the brackets of the one are those of the other.
      return new TextPositions(masked, treeBuilder(line, column, brackets));
    },
  };
}

/** Apart from `parseJson`, so that the closure does not keep the text alive that it was given. */
function treeBuilder(line: number, column: number, brackets?: JsonBrackets): (text: string) => PositionTree {
  return (text) => ({ root: jsonPositions(text, brackets), lines: new LineIndex(text, line, column) });
}

/** Every character of the strings below `paths`, keys apart, made an `x`, and every digit a 0: nothing moves. */
function maskStrings(text: string, root: PositionNode, paths: readonly Path[]): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const path of paths) {
    const node = nodeAt(root, path);
    if (node === undefined || node.start < copied) continue;
    pieces.push(text.slice(copied, node.start));
    copied = node.start;
    for (const { start, end, isKey } of jsonStrings(text, node)) {
      pieces.push(withoutNumbers(text.slice(copied, start)), isKey ? text.slice(start, end) : 'x'.repeat(end - start));
      copied = end;
    }
    pieces.push(withoutNumbers(text.slice(copied, node.end)));
    copied = node.end;
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

function withoutNumbers(text: string): string {
  return text.replace(/[0-9]/g, '0');
}

/** Keys that the parsed value still has: fewer than its text where keys were repeated. */
function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item);
    return keys;
  }
  // What was parsed inherits no fields that a loop would see.
  for (const name in value) keys += 1 + countKeys((value as JsonObject)[name] ?? null);
  return keys;
}

function skipSpace(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}
