import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { DuplicateKey, Gap, KubeObject, Positions, Rendered, SkippedInput, Source } from '../../model/snapshot.ts';
import { parseJson } from '../../yaml/json.ts';
import { parseYaml, YamlError } from '../../yaml/parse.ts';
import { splitDocuments } from '../../yaml/split.ts';

export interface Decoded {
  readonly objects: KubeObject[];
  readonly inputs: SkippedInput[];
  readonly gaps: Gap[];
}

/**
 * The objects of a manifest's text: YAML or JSON, several documents, Lists unpacked. Documents that give no object
 * come back in `inputs` with the reason; one bad document does not take its neighbours along.
 */
export function decodeManifest(text: string, file: string, rendered?: Rendered): Decoded {
  const decoded: Decoded = { objects: [], inputs: [], gaps: [] };
  for (const document of splitDocuments(text)) {
    const content = text.slice(document.start, document.end);
    try {
      const { value, positions, duplicateKeys } = parseDocument(content, document.line);
      const source: Source = { file, document: document.index, base: [], positions, ...(rendered && { rendered }) };
      addObjects(decoded, value, source, duplicateKeys);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      decoded.inputs.push({
        file,
        document: document.index,
        line: error.line,
        column: error.column,
        bucket: 'unparsable',
        reason: error.message,
      });
    }
  }
  return decoded;
}

function parseDocument(
  text: string,
  line: number,
): { value: Json; positions: Positions; duplicateKeys: readonly DuplicateKey[] } {
  return /^\s*[{[]/.test(text) ? parseJson(text, line) : parseYaml(text, line);
}

function addObjects(decoded: Decoded, value: Json, source: Source, duplicateKeys: readonly DuplicateKey[]): void {
  if (!isObject(value)) {
    skip(decoded, source, 'not a Kubernetes object');
    return;
  }
  const apiVersion = own(value, 'apiVersion');
  const kind = own(value, 'kind');
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '') {
    skip(decoded, source, 'not a Kubernetes object: it has no apiVersion and kind');
    return;
  }
  const items = own(value, 'items');
  if (kind.endsWith('List') && isList(items)) {
    for (const [index, item] of items.entries()) {
      const base: Path = [...source.base, 'items', index];
      addObjects(decoded, withListKind(item, apiVersion, kind), { ...source, base }, duplicateKeys);
    }
    return;
  }
  decoded.objects.push(toObject(value, apiVersion, kind, source, duplicateKeys));
}

/** Items of a typed list (`PodList`) may leave apiVersion and kind to the list. */
function withListKind(item: Json, apiVersion: string, listKind: string): Json {
  if (!isObject(item) || listKind === 'List' || own(item, 'kind') !== undefined) return item;
  return { apiVersion, kind: listKind.slice(0, -'List'.length), ...item };
}

function toObject(
  value: JsonObject,
  apiVersion: string,
  kind: string,
  source: Source,
  duplicateKeys: readonly DuplicateKey[],
): KubeObject {
  const metadata = own(value, 'metadata');
  const field = (name: string): string | undefined => {
    const found = isObject(metadata) ? own(metadata, name) : undefined;
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  const generated = field('generateName');
  const inside = duplicateKeys.filter(({ path }) => source.base.every((step, index) => path[index] === step));
  return {
    apiVersion,
    kind,
    name: field('name') ?? (generated === undefined ? '' : `${generated}*`),
    namespace: field('namespace'),
    value,
    source,
    ...(inside.length > 0 && { duplicateKeys: inside }),
  };
}

function skip(decoded: Decoded, source: Source, reason: string): void {
  const region = source.positions?.locate(source.base);
  decoded.inputs.push({
    file: source.file,
    document: source.document,
    ...(region !== undefined && { line: region.line }),
    bucket: 'not-applicable',
    reason,
  });
}
