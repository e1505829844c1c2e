import { isList, isObject, type Json } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import { jsonPositions, jsonStrings, measureJson } from './json-scan.ts';
import { maxDepth, maxNodes, type ParsedDocument, parseYaml, YamlError } from './parse.ts';
import { LineIndex, nodeAt, type PositionNode, type PositionTree, TextPositions } from './positions.ts';

/**
 * A document that begins like JSON: read as JSON where it is, else as the YAML flow style that it may be.
 * Throws `YamlError`.
 */
export function parseJson(text: string, line: number, column = 1): ParsedDocument {
  const extent = measureJson(text, skipSpace(text));
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
    positionsWithout: (paths) => new TextPositions(maskStrings(text, jsonPositions(text), paths), build),
  };
}

/** Apart from `parseJson`, so that the closure does not keep the text alive that it was given. */
function treeBuilder(line: number, column: number): (text: string) => PositionTree {
  return (text) => ({ root: jsonPositions(text), lines: new LineIndex(text, line, column) });
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
  if (isList(value)) {
    let keys = 0;
    for (const item of value) keys += countKeys(item);
    return keys;
  }
  if (!isObject(value)) return 0;
  const names = Object.keys(value);
  let keys = names.length;
  for (const name of names) keys += countKeys(value[name] as Json);
  return keys;
}

function skipSpace(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}
