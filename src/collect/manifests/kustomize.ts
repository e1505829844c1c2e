import { dirname } from 'node:path';
import type { Gap, KubeObject, SkippedInput } from '../../model/snapshot.ts';
import { groupKind } from '../../model/workload.ts';
import { YamlError } from '../../yaml/parse.ts';
import { decodeManifest } from './decode.ts';
import { displayName, type FoundFile } from './find-files.ts';
import {
  includedFolders,
  isKustomizationFile,
  type Kustomization,
  kustomizationFileOf,
  readKustomization,
} from './kustomization.ts';
import { type Collection, inParallel, type Piece, piece } from './pieces.ts';
import { readTextFile } from './read-text.ts';
import type { Renderer } from './renderer.ts';
import { shellWord } from './shell-word.ts';

/**
 * The kustomizations among the found files. Roots, which no other one includes, are rendered; what a rendered one is
 * made of is then not judged a second time.
 */
export class Kustomize {
  private readonly collection: Collection;
  /** By folder: those that were found, and those that they include. */
  private readonly known = new Map<string, Kustomization>();
  private readonly found = new Map<string, FoundFile>();
  private readonly unread: Piece[] = [];
  private readonly resources = new Set<string>();
  /** Files with patches and other sources, with the kustomization's folder. */
  private readonly parts = new Map<string, { readonly folder: string; readonly isPatch: boolean }>();
  private readonly partFiles: FoundFile[] = [];
  /** Folders of kustomizations, with the name of the root that was rendered with them. */
  private readonly rendered = new Map<string, string>();
  /** The same for resources, by their names. */
  private readonly renderedByName = new Map<string, string>();

  private constructor(collection: Collection) {
    this.collection = collection;
  }

  static async read(files: readonly FoundFile[], collection: Collection): Promise<Kustomize> {
    const kustomize = new Kustomize(collection);
    for (const file of files) {
      if (isKustomizationFile(file.path) && collection.charts.partOf(file.path)?.part !== 'template') {
        await kustomize.readFound(file);
      }
    }
    for (const file of files) if (kustomize.isPart(file.path)) kustomize.partFiles.push(file);
    return kustomize;
  }

  /** Whether a file is read by a kustomization without being an object of its own. */
  isPart(path: string): boolean {
    return this.parts.has(path) && !this.resources.has(path);
  }

  isResource(path: string): boolean {
    return this.resources.has(path);
  }

  async render(renderer: Renderer): Promise<Piece[]> {
    const included = new Set<string>();
    for (const each of this.known.values()) for (const folder of includedFolders(each)) included.add(folder);
    const roots = [...this.found.keys()].filter((folder) => {
      const { isComponent } = this.known.get(folder) as Kustomization;
      return !isComponent && !included.has(folder);
    });
    const pieces = await inParallel(roots, 3, (folder) => this.renderRoot(folder, renderer));
    for (const [folder, file] of this.found) if (!roots.includes(folder)) pieces.push(this.includedPiece(folder, file));
    return [...pieces, ...this.partFiles.map((file) => this.partPiece(file)), ...this.unread];
  }

  /** A raw file's objects become inputs where they were rendered as part of a root. */
  withoutRendered(found: Piece): Piece {
    const objects: KubeObject[] = [];
    const inputs = [...found.inputs];
    for (const object of found.objects) {
      const { source } = object;
      const root = source.rendered ? undefined : this.renderedByName.get(source.file);
      if (root === undefined) {
        objects.push(object);
        continue;
      }
      const { file, document } = source;
      inputs.push({ file, document, bucket: 'not-applicable', reason: `rendered as part of ${root}` });
    }
    return { ...found, objects, inputs };
  }

  private async readFound(file: FoundFile): Promise<void> {
    const folder = dirname(file.path);
    const problem = await this.readFolder(folder, file.path);
    if (problem !== undefined) this.unread.push(problem);
    else this.found.set(folder, file);
  }

  /** Reads a folder's kustomization and those that it includes, however deep. What cannot be read is returned. */
  private async readFolder(folder: string, path: string): Promise<Piece | undefined> {
    if (this.known.has(folder)) return undefined;
    const name = displayName(path, this.collection.cwd);
    const read = await readTextFile(path, name, this.collection.maxFileBytes);
    if ('gap' in read) return piece(name, { gaps: [read.gap] });
    let kustomization: Kustomization;
    try {
      kustomization = readKustomization(read.text, folder);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      const { line, column, message } = error;
      return piece(name, { inputs: [{ file: name, line, column, bucket: 'unparsable', reason: message }] });
    }
    this.known.set(folder, kustomization);
    for (const resource of kustomization.resources) this.resources.add(resource);
    for (const patch of kustomization.patches) this.parts.set(patch, { folder, isPatch: true });
    for (const other of kustomization.other) {
      if (!this.parts.has(other)) this.parts.set(other, { folder, isPatch: false });
    }
    for (const included of includedFolders(kustomization)) {
      const file = kustomizationFileOf(included);
      if (file !== undefined) await this.readFolder(included, file);
    }
    return undefined;
  }

  private async renderRoot(folder: string, renderer: Renderer): Promise<Piece> {
    const name = displayName(folder, this.collection.cwd);
    const file = (this.found.get(folder) as FoundFile).name;
    const unrendered = (reason: string, gaps: Gap[] = []): Piece => {
      const hint = `kubectl kustomize ${shellWord(name)} | bulwark scan -`;
      return piece(name, { inputs: [{ file, bucket: 'unrendered', reason, hint }], gaps });
    };
    const parts = this.closure(folder);
    const obstacle = parts.find((part) => part.obstacle !== undefined)?.obstacle;
    if (obstacle !== undefined) return unrendered(`a kustomization that is not rendered here: ${obstacle}`);
    if (!renderer.hasKustomize) return unrendered('a kustomization, and there is no kustomize or kubectl to render it');
    const rendering = await renderer.kustomize(folder);
    if ('problem' in rendering) {
      const gap: Gap = { code: 'render-failed', what: name, reason: `kustomize: ${rendering.problem}` };
      return unrendered('a kustomization that could not be rendered', [gap]);
    }
    const decoded = decodeManifest(rendering.output, name, {
      rendered: { by: 'kustomize', from: name },
      known: this.collection.known,
    });
    const templateOf = await this.matcher(parts);
    for (const part of parts) this.markRendered(part, name);
    return {
      name,
      objects: decoded.objects.map((object) => {
        const template = templateOf(object);
        if (template === undefined) return object;
        return { ...object, source: { ...object.source, rendered: { by: 'kustomize', from: name, template } } };
      }),
      inputs: [...decoded.inputs, { file, bucket: 'not-applicable', reason: 'a kustomization, rendered' }],
      gaps: decoded.gaps,
    };
  }

  /** A kustomization and all that it includes. */
  private closure(folder: string): Kustomization[] {
    const folders = new Set([folder]);
    const parts: Kustomization[] = [];
    for (const each of folders) {
      const part = this.known.get(each);
      if (part === undefined) continue;
      parts.push(part);
      for (const included of includedFolders(part)) folders.add(included);
    }
    return parts;
  }

  private markRendered(part: Kustomization, root: string): void {
    if (!this.rendered.has(part.folder)) this.rendered.set(part.folder, root);
    for (const resource of part.resources) {
      const name = displayName(resource, this.collection.cwd);
      if (!this.renderedByName.has(name)) this.renderedByName.set(name, root);
    }
  }

  /** Finds the one resource file that an object of the output can come from. */
  private async matcher(parts: readonly Kustomization[]): Promise<(object: KubeObject) => string | undefined> {
    const candidates = new Map<string, Set<string>>();
    const prefixes = new Set(['', ...parts.map((part) => part.namePrefix)]);
    const suffixes = new Set(['', ...parts.map((part) => part.nameSuffix)]);
    for (const path of new Set(parts.flatMap((part) => part.resources))) {
      if (this.known.has(path)) continue;
      for (const { apiVersion, kind, name } of (await this.collection.decode(path)).objects) {
        for (const prefix of prefixes) {
          for (const suffix of suffixes) {
            const key = `${groupKind({ apiVersion, kind })}\n${prefix}${name}${suffix}`;
            const files = candidates.get(key) ?? new Set();
            candidates.set(key, files.add(displayName(path, this.collection.cwd)));
          }
        }
      }
    }
    return (object) => {
      const files = candidates.get(`${groupKind(object)}\n${object.name}`);
      return files?.size === 1 ? [...files][0] : undefined;
    };
  }

  private includedPiece(folder: string, { name }: FoundFile): Piece {
    const root = this.rendered.get(folder);
    if (root !== undefined) {
      const reason = `rendered as part of ${root}`;
      return piece(name, { inputs: [{ file: name, bucket: 'not-applicable', reason }] });
    }
    const reason = this.known.get(folder)?.isComponent
      ? 'a component, which is rendered only with a kustomization that includes it'
      : 'part of a kustomization that was not rendered';
    return piece(name, { inputs: [{ file: name, bucket: 'unrendered', reason }] });
  }

  private partPiece({ path, name }: FoundFile): Piece {
    const { folder, isPatch } = this.parts.get(path) as { folder: string; isPatch: boolean };
    const of = displayName(folder, this.collection.cwd);
    const input: SkippedInput = isPatch
      ? { file: name, bucket: this.rendered.has(folder) ? 'not-applicable' : 'unrendered', reason: `a patch of ${of}` }
      : { file: name, bucket: 'not-applicable', reason: `read by the kustomization ${of}` };
    return piece(name, { inputs: [input] });
  }
}
