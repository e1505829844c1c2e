import { join } from 'node:path';
import type { Gap } from '../../model/snapshot.ts';
import type { KnownDocuments } from '../../yaml/parse.ts';
import { Charts } from './chart.ts';
import { type Decoded, decodeManifest } from './decode.ts';
import { displayName, type FoundFile, findFiles } from './find-files.ts';
import { renderCharts } from './helm.ts';
import { isKustomizationFile } from './kustomization.ts';
import { Kustomize } from './kustomize.ts';
import { type Collection, inParallel, type Piece, piece } from './pieces.ts';
import { decodeText, defaultMaxFileBytes, readTextFile, tooLarge } from './read-text.ts';
import { findRenderer, type RenderOptions } from './renderer.ts';

export interface CollectManifestsOptions {
  /** Files, folders, globs, and `-` for standard input. */
  readonly paths: readonly string[];
  readonly stdin?: () => Promise<Buffer | string>;
  /** What paths are relative to, and how they are written in the result. */
  readonly cwd?: string;
  readonly limits?: { readonly maxFileBytes?: number };
  readonly render?: RenderOptions;
  readonly signal?: AbortSignal;
}

/**
 * Every object that the paths hold, in the order of their files' names. Charts and kustomizations are rendered where a
 * command for it is installed. A path that cannot be read is a gap; whatever gives no object is an input with the
 * reason. Throws only where `signal` aborts.
 */
export async function collectManifests(options: CollectManifestsOptions): Promise<Decoded> {
  const cwd = options.cwd ?? process.cwd();
  const maxFileBytes = options.limits?.maxFileBytes ?? defaultMaxFileBytes;
  const found = await findFiles(
    options.paths.filter((path) => path !== '-'),
    cwd,
  );
  const paths = new Set(found.files.map(({ path }) => path));
  const decoded = new Map<string, Promise<Decoded>>();
  const known: KnownDocuments = new Map();
  const collection: Collection = {
    cwd,
    known,
    maxFileBytes,
    charts: new Charts(),
    isFound: (path) => paths.has(path),
    decode(path) {
      let result = decoded.get(path);
      if (result === undefined) {
        result = decodeFile(path, displayName(path, cwd), collection);
        decoded.set(path, result);
      }
      return result;
    },
  };
  const kustomize = await Kustomize.read(found.files, collection);
  const pieces = await inParallel(found.files, 8, (file) => {
    options.signal?.throwIfAborted();
    return readFound(file, kustomize, collection);
  });
  const isAsked = options.paths.some((path) => path !== '-');
  if (isAsked) {
    const renderer = await findRenderer({ ...options.render, signal: options.signal });
    pieces.push(...(await renderCharts(found.files, renderer, collection)));
    pieces.push(...(await kustomize.render(renderer)));
  }
  if (options.paths.includes('-')) pieces.push(await readStdin(options, maxFileBytes));
  options.signal?.throwIfAborted();
  const all = joined(
    pieces.map((piece) => kustomize.withoutRendered(piece)),
    found.gaps,
  );
  const isEmpty = all.objects.length + all.inputs.length + all.gaps.length === 0;
  return isEmpty ? { ...all, gaps: [nothingThere(options.paths)] } : all;
}

/** An empty folder, or a pipe that carried nothing, is more likely a slip than a clean scan. */
function nothingThere(paths: readonly string[]): Gap {
  const hint = 'name a folder with .yaml, .yml or .json files, or pipe manifests in with -';
  return { code: 'unreadable', what: paths.join(' '), reason: 'no manifest is there', hint };
}

async function readFound(file: FoundFile, kustomize: Kustomize, collection: Collection): Promise<Piece> {
  const { name, path } = file;
  if (isKustomizationFile(path) || kustomize.isPart(path)) return piece(name, {});
  if (!kustomize.isResource(path)) {
    const chart = collection.charts.partOf(path);
    if (chart?.part === 'template') return piece(name, {});
    // Who scans a folder within a chart means what is in it.
    if (chart?.part === 'other' && !file.isNamed && collection.isFound(join(chart.chart, 'Chart.yaml'))) {
      const reason = `part of the Helm chart ${displayName(chart.chart, collection.cwd)}`;
      return piece(name, { inputs: [{ file: name, bucket: 'not-applicable', reason }] });
    }
  }
  if (!file.isNamed && /\.json$/i.test(path)) return { name, ...(await readFoundJson(file, collection)) };
  return { name, ...(await collection.decode(path)) };
}

/** Other tools' JSON, comments and all, is not ours to complain about. */
async function readFoundJson({ path, name }: FoundFile, collection: Collection): Promise<Decoded> {
  const read = await readTextFile(path, name, collection.maxFileBytes);
  if ('gap' in read) return { objects: [], inputs: [], gaps: [read.gap] };
  if (read.text.includes('"apiVersion"')) return decodeManifest(read.text, name, { known: collection.known });
  return {
    objects: [],
    inputs: [{ file: name, bucket: 'not-applicable', reason: 'JSON without apiVersion' }],
    gaps: [],
  };
}

async function decodeFile(path: string, name: string, { maxFileBytes, known }: Collection): Promise<Decoded> {
  const read = await readTextFile(path, name, maxFileBytes);
  return 'gap' in read ? { objects: [], inputs: [], gaps: [read.gap] } : decodeManifest(read.text, name, { known });
}

async function readStdin(options: CollectManifestsOptions, maxFileBytes: number): Promise<Piece> {
  if (options.stdin === undefined) {
    return piece('-', { gaps: [{ code: 'unreadable', what: '-', reason: 'there is no standard input' }] });
  }
  const input = await options.stdin();
  if (input.length > maxFileBytes) return piece('-', { gaps: [tooLarge('-', maxFileBytes)] });
  const read = typeof input === 'string' ? { text: input } : decodeText(input, '-');
  return 'gap' in read ? piece('-', { gaps: [read.gap] }) : { name: '-', ...decodeManifest(read.text, '-') };
}

function joined(pieces: readonly Piece[], gaps: readonly Gap[]): Decoded {
  const ordered = pieces.toSorted((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
  return {
    objects: ordered.flatMap((each) => each.objects),
    inputs: ordered.flatMap((each) => each.inputs),
    gaps: [...gaps, ...ordered.flatMap((each) => each.gaps)],
  };
}
