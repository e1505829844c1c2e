import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { redactSecret } from '../../model/redact.ts';
import type {
  DuplicateKey,
  Gap,
  IgnoreComment,
  KubeObject,
  Rendered,
  SkippedInput,
  Source,
} from '../../model/snapshot.ts';
import { parseJson } from '../../yaml/json.ts';
import { type KnownDocuments, type ParsedDocument, parseYaml, YamlError } from '../../yaml/parse.ts';
import type { TextPositions } from '../../yaml/positions.ts';
import { type DocumentText, splitDocuments } from '../../yaml/split.ts';
import { commentsAbove, commentsByItem, ignoreComments, ignoreMark } from './ignore-comments.ts';
import { templateLine } from './template.ts';

export interface Decoded {
  readonly objects: KubeObject[];
  readonly inputs: SkippedInput[];
  readonly gaps: Gap[];
}

export interface DecodeOptions {
  readonly rendered?: Rendered | undefined;
  /** Documents that other files of the same scan held. */
  readonly known?: KnownDocuments;
}

const renderHint = 'render it first, and scan the output: `… | bulwark scan -`';

/**
 * The objects of a manifest's text: YAML or JSON, several documents, Lists unpacked. Documents that give no object
 * come back in `inputs` with the reason; one bad document does not take its neighbours along. Secrets come back
 * without their values, and nothing that is returned holds their text. Rendered objects have no positions: they would
 * be of the renderer's output, which is no file of the user's.
 */
export function decodeManifest(text: string, file: string, options: DecodeOptions = {}): Decoded {
  const decoded: Decoded = { objects: [], inputs: [], gaps: [] };
  const reader = new ManifestReader(decoded, file, options);
  const documents = splitDocuments(text);
  const hasComments = text.includes(ignoreMark);
  let end = 0;
  for (const document of documents) {
    // What nothing but comments stand in belongs to the document below.
    if (hasComments) reader.above(text.slice(end, document.start), document);
    reader.document(text.slice(document.start, document.end), document);
    end = document.end;
  }
  if (documents.length > 1) reader.detach();
  return decoded;
}

class ManifestReader {
  private readonly decoded: Decoded;
  private readonly file: string;
  private readonly rendered: Rendered | undefined;
  private readonly known: KnownDocuments | undefined;
  private readonly lazy: TextPositions[] = [];
  private hasSecrets = false;
  private comments: readonly IgnoreComment[] = [];

  constructor(decoded: Decoded, file: string, { rendered, known }: DecodeOptions) {
    this.decoded = decoded;
    this.file = file;
    this.rendered = rendered;
    this.known = known;
  }

  /** Takes what stands between the document before and this one. */
  above(between: string, { line }: DocumentText): void {
    const first = line - (between.split('\n').length - 1);
    this.comments = commentsAbove({ text: between, line: first, column: 1 });
  }

  document(text: string, document: DocumentText): void {
    const above = this.comments;
    this.comments = [];
    const skip = (input: Omit<SkippedInput, 'file' | 'document'>): void => {
      this.decoded.inputs.push({ file: this.file, document: document.index, ...input });
    };
    if (document.afterEnd) {
      skip({ line: document.line, bucket: 'not-applicable', reason: 'kubectl does not read what follows `...`' });
      return;
    }
    const template = templateLine(text);
    if (template !== undefined) {
      const line = document.line + template - 1;
      skip({ line, bucket: 'unrendered', reason: 'a template, not YAML', hint: renderHint });
      return;
    }
    try {
      const parsed = parseDocument(text, document, this.known);
      const comments = [...above, ...ignoreComments({ ...document, text }, parsed)];
      this.parsed(parsed, { index: document.index, comments });
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      const { line, column, message } = error;
      if (isTemplateText(text, line - document.line)) {
        skip({ line, bucket: 'unrendered', reason: 'a template, not YAML', hint: renderHint });
      } else skip({ line, column, bucket: 'unparsable', reason: message });
    }
  }

  /** Once a Secret was found, no other document may keep the whole file's text alive. */
  detach(): void {
    if (this.hasSecrets) for (const positions of this.lazy) positions.detach();
  }

  private parsed(
    { value, positions, duplicateKeys, positionsWithout }: ParsedDocument,
    { index, comments }: { readonly index: number; readonly comments: readonly IgnoreComment[] },
  ): void {
    const source: Source = { file: this.file, document: index, base: [] };
    const marks = { duplicateKeys, comments };
    const secrets = secretPaths(value, []);
    if (this.rendered !== undefined) {
      this.add(value, { ...source, rendered: this.rendered }, marks);
    } else if (secrets.length > 0) {
      this.hasSecrets = true;
      this.add(value, { ...source, positions: positionsWithout(secrets) }, marks);
    } else {
      this.lazy.push(positions);
      this.add(value, { ...source, positions }, marks);
    }
  }

  private add(value: Json, source: Source, { duplicateKeys, comments }: Marks): void {
    if (!isObject(value)) {
      this.skip(source, 'not a Kubernetes object');
      return;
    }
    const apiVersion = own(value, 'apiVersion');
    const kind = own(value, 'kind');
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '') {
      this.skip(source, 'not a Kubernetes object: it has no apiVersion and kind');
      return;
    }
    const items = listItems(value, kind);
    if (items === undefined) {
      this.decoded.objects.push(toObject(value, { apiVersion, kind, source, duplicateKeys, comments }));
      return;
    }
    const byItem = groupByItem(duplicateKeys);
    const commentsOf = commentsByItem(comments);
    for (const duplicate of byItem.get(undefined) ?? []) this.repeatedInList(duplicate, kind, source);
    for (const [index, item] of items.entries()) {
      const base: Path = [...source.base, 'items', index];
      this.add(
        withListKind(item, apiVersion, kind),
        { ...source, base },
        { duplicateKeys: byItem.get(index) ?? none, comments: commentsOf(index) },
      );
    }
  }

  private repeatedInList({ path, region }: DuplicateKey, kind: string, source: Source): void {
    this.decoded.gaps.push({
      code: 'malformed',
      what: source.file,
      reason: `${kind} repeats the key ${path.join('.')}: only the last one counts`,
      ...(source.positions !== undefined && { region }),
    });
  }

  private skip(source: Source, reason: string): void {
    const region = source.positions?.locate(source.base);
    this.decoded.inputs.push({
      file: source.file,
      document: source.document,
      ...(region !== undefined && { line: region.line }),
      bucket: 'not-applicable',
      reason,
    });
  }
}

/** What a document has to say of its objects beyond their values. */
interface Marks {
  readonly duplicateKeys: readonly DuplicateKey[];
  /** Their paths are from the root of the value that comes with them. */
  readonly comments: readonly IgnoreComment[];
}

const none: readonly never[] = Object.freeze([]);

function parseDocument(
  text: string,
  { line, column, json }: DocumentText,
  known: KnownDocuments | undefined,
): ParsedDocument {
  return /^\s*[{[]/.test(text) ? parseJson(text, line, column, json) : parseYaml(text, line, column, known);
}

/** A template that slipped past `templateLine` shows by a mark where the YAML goes wrong. */
function isTemplateText(text: string, line: number): boolean {
  if (!text.includes('{{') && !text.includes('{%')) return false;
  const lines = text.split('\n', line + 1);
  return lines.slice(Math.max(0, line - 1)).some((content) => /\{[{%]/.test(content));
}

/**
 * The items of a list. To kubectl any object with `items` is one; here it must look like one, so that a custom
 * resource with a field of that name is not taken apart.
 */
function listItems(value: JsonObject, kind: string): readonly Json[] | undefined {
  const items = own(value, 'items');
  if (!isList(items)) return undefined;
  if (kind.endsWith('List')) return items;
  const isObjects = items.every((item) => isObject(item) && own(item, 'apiVersion') && own(item, 'kind'));
  return items.length > 0 && isObjects ? items : undefined;
}

/** Items of a typed list (`PodList`) may leave apiVersion and kind to the list. */
function withListKind(item: Json, apiVersion: string, listKind: string): Json {
  if (!isObject(item) || listKind === 'List' || own(item, 'kind') !== undefined) return item;
  return { apiVersion, kind: listKind.slice(0, -'List'.length), ...item };
}

function secretPaths(value: Json, path: Path): Path[] {
  if (!isObject(value)) return [];
  const kind = own(value, 'kind');
  if (kind === 'Secret' || kind === 'SecretList') return [path];
  const items = typeof kind === 'string' ? listItems(value, kind) : undefined;
  return items?.flatMap((item, index) => secretPaths(item, [...path, 'items', index])) ?? [];
}

/** Paths are relative to the list; the key `undefined` holds what is repeated outside the items. */
function groupByItem(duplicates: readonly DuplicateKey[]): ReadonlyMap<number | undefined, DuplicateKey[]> {
  const groups = new Map<number | undefined, DuplicateKey[]>();
  for (const duplicate of duplicates) {
    const [field, index] = duplicate.path;
    const inItem = field === 'items' && typeof index === 'number' && duplicate.path.length > 2;
    const key = inItem ? index : undefined;
    const group = groups.get(key);
    const relative = inItem ? { ...duplicate, path: duplicate.path.slice(2) } : duplicate;
    if (group === undefined) groups.set(key, [relative]);
    else group.push(relative);
  }
  return groups;
}

interface ObjectParts extends Marks {
  readonly apiVersion: string;
  readonly kind: string;
  readonly source: Source;
}

function toObject(read: JsonObject, { apiVersion, kind, source, duplicateKeys, comments }: ObjectParts): KubeObject {
  const value = kind === 'Secret' ? copy(redactSecret(read)) : read;
  const metadata = own(value, 'metadata');
  const field = (name: string): string | undefined => {
    const found = isObject(metadata) ? own(metadata, name) : undefined;
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  const generated = field('generateName');
  return {
    apiVersion,
    kind,
    name: field('name') ?? (generated === undefined ? '' : `${generated}*`),
    namespace: field('namespace'),
    value,
    source,
    ...(duplicateKeys.length > 0 && { duplicateKeys }),
    ...(comments.length > 0 && { ignoreComments: comments }),
  };
}

/** Strings of a parsed document are slices that keep all of its text alive, and a Secret's text must go. */
function copy(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
