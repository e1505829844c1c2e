import { load, YAMLException } from 'js-yaml';
import type { Json } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { DuplicateKey, Positions } from '../model/snapshot.ts';
import { DocumentRefused, loadTracked, yamlOptions } from './node-tracker.ts';
import { LineIndex, type PositionNode, type PositionTree, TextPositions } from './positions.ts';
import { SavedPositions } from './saved-positions.ts';
import { sharingProblem } from './shared-nodes.ts';
import { asYamlError, type Origin, YamlError } from './yaml-error.ts';

export { maxDepth } from './node-tracker.ts';
export { YamlError } from './yaml-error.ts';

/** Most nodes of one document. */
export const maxNodes = 4_000_000;

/** A text shorter than this cannot hold too many nodes. */
const shortText = 2 * maxNodes;

export interface ParsedDocument {
  readonly value: Json;
  readonly positions: TextPositions;
  readonly duplicateKeys: readonly DuplicateKey[];
  /** The same positions from data that no longer holds the values below `paths`. */
  positionsWithout(paths: readonly Path[]): Positions;
}

/**
 * One YAML document as kubectl decodes it. `line` and `column` are where its first character stands in its file.
 * Duplicate keys are last-wins and listed. What kubectl would refuse for its scalars alone (`.inf`, a null key) is read
 * as text. Throws `YamlError`.
 */
export function parseYaml(text: string, line: number, column = 1, known?: KnownDocuments): ParsedDocument {
  const origin: Origin = { line, column };
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const before = known?.get(body);
  const places: SharedPlaces = before?.places ?? {};
  const positions = new TextPositions(body, treeBuilder(line, column, places));
  if (before !== undefined) return asParsed(before.value, positions, []);
  let duplicated = false;
  let value: unknown;
  try {
    value = loadValue(body, { json: false });
  } catch (error) {
    if (!(error instanceof YAMLException && error.reason === 'duplicated mapping key')) {
      throw documentError(error, body, origin);
    }
    duplicated = true;
    try {
      value = loadValue(body, { json: true });
    } catch (second) {
      throw documentError(second, body, origin);
    }
  }
  const json = (value ?? null) as Json;
  const problem = mayShare(body) ? sharingProblem(json) : undefined;
  if (problem !== undefined) throw new YamlError(problem, line, column);
  if (!duplicated && body.length >= worthKnowing) known?.set(body, { value: json, places });
  return asParsed(json, positions, duplicated ? positions.duplicateKeys() : []);
}

function asParsed(value: Json, positions: TextPositions, duplicateKeys: readonly DuplicateKey[]): ParsedDocument {
  return { value, positions, duplicateKeys, positionsWithout: () => new SavedPositions(positions.toJSON()) };
}

/**
 * Documents that were read before, by their text. Folders of manifests repeat whole documents (install variants,
 * vendored CRDs): each text is parsed once. Values are shared, and nobody may write to them.
 */
export type KnownDocuments = Map<string, { readonly value: Json; readonly places: SharedPlaces }>;

/** Where the nodes of a text stand within it: found once for all of its copies, when it is first asked for. */
interface SharedPlaces {
  root?: PositionNode;
}

/** Shorter documents are parsed as fast as they are found. */
const worthKnowing = 256;

/** Apart from `parseYaml`, so that the closure does not keep the text alive that it was given. */
function treeBuilder(line: number, column: number, places: SharedPlaces): (text: string) => PositionTree {
  return (text) => {
    places.root ??= loadTracked(text, { json: true, maxNodes }).root;
    return { root: places.root, lines: new LineIndex(text, line, column) };
  };
}

function loadValue(text: string, { json }: { readonly json: boolean }): unknown {
  if (text.length > shortText || needsTracking(text)) return loadTracked(text, { json, maxNodes }).value;
  return load(text, { ...yamlOptions, json });
}

/** Merges and mapping keys that are no scalars: rare, and js-yaml alone does not treat them as kubectl does. */
function needsTracking(text: string): boolean {
  if (text.includes('<<') || mayShare(text)) return true;
  if (text.includes('?') && /(?:^|[\s,[{])\?\s/.test(text)) return true;
  return /[\]}][ \t]*:|\{\s*[[{]/.test(text);
}

/** Only aliases share nodes, and each needs an anchor. */
function mayShare(text: string): boolean {
  return text.includes('*') && text.includes('&') && /(?:^|[\s,[{])&[^\s&,[\]{}]/.test(text);
}

function documentError(error: unknown, text: string, origin: Origin): YamlError {
  if (error instanceof DocumentRefused) {
    const place = new LineIndex(text, origin.line, origin.column).position(error.offset);
    return new YamlError(error.message, place.line, place.column);
  }
  return asYamlError(error, origin);
}
