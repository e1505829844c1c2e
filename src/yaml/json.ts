import type { Json } from '../model/json.ts';
import { buildYamlPositions } from './build-positions.ts';
import { type ParsedDocument, parseYaml } from './parse.ts';
import { TextPositions } from './positions.ts';

/** A document that begins like JSON: read as JSON where it is, else as the YAML flow style that it may be. */
export function parseJson(text: string, line: number): ParsedDocument {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return parseYaml(text, line);
  }
  return { value, positions: new TextPositions(() => buildYamlPositions(text, line)), duplicateKeys: [] };
}
