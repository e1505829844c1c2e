import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import { BulwarkError } from '../model/errors.ts';
import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import { describeType, type Json, type JsonObject, own } from '../model/json.ts';
import type { NodeEvidence } from '../model/node.ts';
import { redactCredentials } from '../model/redact-credentials.ts';
import type { Gap, KubeObject, Positions, SkippedInput, Snapshot, Source } from '../model/snapshot.ts';
import { SavedPositions } from '../yaml/saved-positions.ts';
import { SavedEtcd } from './saved-etcd.ts';
import { SavedJson } from './saved-json.ts';
import { SavedKubeconfigs } from './saved-kubeconfigs.ts';
import { SavedNodes } from './saved-nodes.ts';

const schema = 'bulwark.snapshot/v1';

/**
 * Writes a snapshot as JSON, gzipped where the name ends in `.gz`, for `readSnapshot`. Readable by its owner only: it
 * shows a cluster from inside, without the credentials in it. The file is there whole or not at all. Throws `output-unwritable`.
 */
export async function writeSnapshot(snapshot: Snapshot, file: string): Promise<void> {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const target = createWriteStream(temporary, { mode: 0o600, flags: 'wx' });
    const lines = Readable.from(snapshotLines(snapshot));
    if (file.endsWith('.gz')) await pipeline(lines, createGzip(), target);
    else await pipeline(lines, target);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new BulwarkError('output-unwritable', `cannot write ${file}: ${reason}`, 'choose another place with --save', {
      cause: error,
    });
  }
}

/** An object a line. Objects of one document share their positions, which are written once, after them. */
function* snapshotLines({ objects, ...rest }: Snapshot): Generator<string> {
  const indexes = new Map<Positions, number>();
  yield `${JSON.stringify(rest).slice(0, -1)},"objects":[`;
  let separator = '\n';
  for (const object of objects) {
    yield separator +
      JSON.stringify({
        ...object,
        value: redactCredentials(object.value),
        source: savedSource(object.source, indexes),
      });
    separator = ',\n';
  }
  yield '\n],"positions":[';
  separator = '\n';
  for (const positions of indexes.keys()) {
    yield separator + JSON.stringify(positions);
    separator = ',\n';
  }
  yield '\n]}\n';
}

function savedSource({ positions, ...source }: Source, indexes: Map<Positions, number>): object {
  if (positions === undefined) return source;
  let index = indexes.get(positions);
  if (index === undefined) {
    index = indexes.size;
    indexes.set(positions, index);
  }
  return { ...source, positions: index };
}

/** Reads what `writeSnapshot` wrote. Throws `snapshot-invalid` with what is wrong and where. */
export async function readSnapshot(file: string): Promise<Snapshot> {
  let root: Json;
  try {
    const bytes = await readFile(file);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    root = JSON.parse((isGzip ? gunzipSync(bytes) : bytes).toString('utf8')) as Json;
  } catch (error) {
    // A parser's message quotes the text, which is not for an error message.
    const reason =
      error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : 'unreadable';
    throw invalid(file, reason);
  }
  return new SnapshotReader(file).snapshot(root);
}

function invalid(file: string, reason: string): BulwarkError {
  return new BulwarkError(
    'snapshot-invalid',
    `${file}: ${reason}`,
    'give --from a file that `bulwark scan --save FILE` wrote; manifests are scanned by their path alone',
  );
}

/** Narrows a saved snapshot. What is inside an object is as untrusted as in a manifest, and stays so. */
class SnapshotReader extends SavedJson {
  private readonly file: string;

  constructor(file: string) {
    super();
    this.file = file;
  }

  protected invalid(reason: string): BulwarkError {
    return invalid(this.file, reason);
  }

  snapshot(value: Json): Snapshot {
    const root = this.object(value, 'the file');
    const found = own(root, 'schema');
    if (found !== schema) {
      throw invalid(
        this.file,
        `schema must be ${schema}, found ${typeof found === 'string' ? found : describeType(found)}`,
      );
    }
    const positions = this.list(root, 'positions', '').map((saved) => new SavedPositions(saved));
    const cluster = own(root, 'cluster');
    const kubeconfigs = own(root, 'kubeconfigs');
    return {
      schema,
      takenAt: this.string(root, 'takenAt', ''),
      objects: this.list(root, 'objects', '').map((item, index) =>
        this.kubeObject(item, `objects[${index}]`, positions),
      ),
      inputs: this.list(root, 'inputs', '').map((item, index) => this.input(item, `inputs[${index}]`)),
      gaps: this.list(root, 'gaps', '').map((item, index) => this.gap(item, `gaps[${index}]`)),
      ...(cluster !== undefined && { cluster: this.cluster(cluster) }),
      ...(own(root, 'nodes') !== undefined && { nodes: this.nodes(root) }),
      ...(own(root, 'etcd') !== undefined && { etcd: this.etcd(root) }),
      ...(kubeconfigs !== undefined && {
        kubeconfigs: new SavedKubeconfigs((reason) => invalid(this.file, reason)).evidence(kubeconfigs),
      }),
    };
  }

  private kubeObject(item: Json, at: string, positions: readonly Positions[]): KubeObject {
    const object = this.object(item, at);
    const namespace = own(object, 'namespace');
    if (namespace !== undefined) this.string(object, 'namespace', at);
    const duplicates = own(object, 'duplicateKeys');
    if (duplicates !== undefined) {
      for (const [index, duplicate] of this.list(object, 'duplicateKeys', at).entries()) {
        const where = `${at}.duplicateKeys[${index}]`;
        const fields = this.object(duplicate, where);
        this.path(fields, 'path', where);
        for (const field of ['region', 'hidden']) this.region(own(fields, field) ?? null, `${where}.${field}`);
      }
    }
    return {
      // The checked fields only: the rest has no meaning to this version.
      apiVersion: this.string(object, 'apiVersion', at),
      kind: this.string(object, 'kind', at),
      name: this.string(object, 'name', at),
      namespace: typeof namespace === 'string' ? namespace : undefined,
      value: this.object(own(object, 'value') ?? null, `${at}.value`),
      source: this.source(own(object, 'source') ?? null, `${at}.source`, positions),
      ...(duplicates !== undefined && {
        duplicateKeys: duplicates as unknown as NonNullable<KubeObject['duplicateKeys']>,
      }),
      ...this.ignoreComments(object, at),
    };
  }

  private ignoreComments(object: JsonObject, at: string): Pick<KubeObject, 'ignoreComments'> {
    if (own(object, 'ignoreComments') === undefined) return {};
    return {
      ignoreComments: this.list(object, 'ignoreComments', at).map((item, index) => {
        const where = `${at}.ignoreComments[${index}]`;
        const comment = this.object(item, where);
        return {
          text: this.string(comment, 'text', where),
          line: this.number(comment, 'line', where),
          ...(own(comment, 'path') !== undefined && { path: this.path(comment, 'path', where) }),
        };
      }),
    };
  }

  private source(value: Json, at: string, positions: readonly Positions[]): Source {
    const source = this.object(value, at);
    const index = own(source, 'positions');
    const place = typeof index === 'number' ? positions[index] : undefined;
    if (index !== undefined && place === undefined) throw invalid(this.file, `${at}.positions refers to nothing`);
    const rendered = own(source, 'rendered');
    if (rendered !== undefined) {
      const fields = this.object(rendered, `${at}.rendered`);
      this.oneOf(fields, 'by', `${at}.rendered`, ['helm', 'kustomize']);
      this.string(fields, 'from', `${at}.rendered`);
      if (own(fields, 'template') !== undefined) this.string(fields, 'template', `${at}.rendered`);
    }
    return {
      file: this.string(source, 'file', at),
      document: this.number(source, 'document', at),
      base: this.path(source, 'base', at),
      ...(rendered !== undefined && { rendered: rendered as unknown as NonNullable<Source['rendered']> }),
      ...(place !== undefined && { positions: place }),
    };
  }

  private input(item: Json, at: string): SkippedInput {
    const input = this.object(item, at);
    for (const field of ['file', 'reason']) this.string(input, field, at);
    this.oneOf(input, 'bucket', at, ['not-applicable', 'unparsable', 'unrendered']);
    for (const field of ['document', 'line', 'column'])
      if (own(input, field) !== undefined) this.number(input, field, at);
    if (own(input, 'hint') !== undefined) this.string(input, 'hint', at);
    return input as unknown as SkippedInput;
  }

  private gap(item: Json, at: string): Gap {
    const gap = this.object(item, at);
    for (const field of ['code', 'what', 'reason']) this.string(gap, field, at);
    if (own(gap, 'hint') !== undefined) this.string(gap, 'hint', at);
    const region = own(gap, 'region');
    if (region !== undefined) this.region(region, `${at}.region`);
    const rule = own(gap, 'rule');
    if (rule !== undefined) this.list(this.object(rule, `${at}.rule`), 'verbs', `${at}.rule`);
    return gap as unknown as Gap;
  }

  private cluster(value: Json): NonNullable<Snapshot['cluster']> {
    const cluster = this.object(value, 'cluster');
    this.string(cluster, 'server', 'cluster');
    if (own(cluster, 'version') !== undefined) this.string(cluster, 'version', 'cluster');
    return cluster as unknown as NonNullable<Snapshot['cluster']>;
  }

  private nodes(root: JsonObject): NodeEvidence[] {
    const reader = new SavedNodes((reason) => this.invalid(reason));
    return this.list(root, 'nodes', '').map((item, index) => reader.node(item, `nodes[${index}]`));
  }

  private etcd(root: JsonObject): EtcdDataEvidence[] {
    const reader = new SavedEtcd((reason) => this.invalid(reason));
    return this.list(root, 'etcd', '').map((item, index) => reader.data(item, `etcd[${index}]`));
  }

  private region(value: Json, at: string): void {
    const region = this.object(value, at);
    for (const field of ['line', 'column', 'endLine', 'endColumn']) this.number(region, field, at);
  }

  private path(object: JsonObject, key: string, at: string): (string | number)[] {
    return this.list(object, key, at).map((step, index) => {
      if (typeof step === 'string' || typeof step === 'number') return step;
      throw this.wrong(`${at}.${key}[${index}]`, 'a string or a number', step);
    });
  }
}
