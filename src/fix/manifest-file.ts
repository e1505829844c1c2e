import { lstat, readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodeManifest } from '../collect/manifests/decode.ts';
import type { Edit } from '../model/edit.ts';
import { equalJson } from '../model/equal-json.ts';
import { jsonPointer } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { applyEdits } from '../yaml/splice.ts';
import { splitDocuments } from '../yaml/split.ts';
import { FileRefusal, refusalOf } from './file-refusal.ts';
import type { PlannedFix } from './plan.ts';

const byteOrderMark = '\ufeff';

/** A manifest that is being mended: its text as read, and as it would be written. */
export class ManifestFile {
  /** As the snapshot names it. */
  readonly name: string;
  /** Where a symbolic link leads: the file that is written. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly before: string;
  /** Without the byte order mark, if there is one. */
  private text: string;
  private readonly mark: string;

  constructor(read: { readonly name: string; readonly path: string; readonly bytes: Buffer }) {
    this.name = read.name;
    this.path = read.path;
    this.bytes = read.bytes;
    this.before = decodeUtf8(read.bytes);
    this.mark = this.before.startsWith(byteOrderMark) ? byteOrderMark : '';
    this.text = this.before.slice(this.mark.length);
  }

  /**
   * Reads a file and checks that it still holds the objects of the snapshot that are said to be in it. Throws
   * `FileRefusal`.
   */
  static async open(name: string, cwd: string, objects: readonly KubeObject[]): Promise<ManifestFile> {
    const file = await read(name, resolve(cwd, name));
    const fresh = file.objects();
    for (const object of objects) {
      const now = fresh.get(placeOf(object));
      if (now === undefined || !equalJson(now.value, object.value))
        throw new FileRefusal('it changed since it was read');
    }
    return file;
  }

  /** The whole text as it would be written. */
  get after(): string {
    return this.mark + this.text;
  }

  get isChanged(): boolean {
    return this.after !== this.before;
  }

  /** Forgets all edits. */
  reset(): void {
    this.text = this.before.slice(this.mark.length);
  }

  /** The objects of the text as it is now, by their place in it. */
  objects(name: string = this.name): ReadonlyMap<string, KubeObject> {
    return new Map(decodeManifest(this.text, name).objects.map((object) => [placeOf(object), object]));
  }

  /**
   * Makes the fixes in the text. A fix whose edits cannot all be made is left out, and the reason is given. Returns
   * whether the text changed.
   */
  mend(fixes: readonly PlannedFix[], refuse: (fix: PlannedFix, reason: string) => void): boolean {
    const byDocument = new Map<number, PlannedFix[]>();
    for (const fix of fixes) {
      const { document } = fix.place.object.source;
      const same = byDocument.get(document);
      if (same === undefined) byDocument.set(document, [fix]);
      else same.push(fix);
    }
    const parts: string[] = [];
    let at = 0;
    for (const { index, start, end } of splitDocuments(this.text)) {
      const ofDocument = byDocument.get(index);
      if (ofDocument === undefined) continue;
      parts.push(this.text.slice(at, start), mendDocument(this.text.slice(start, end), ofDocument, refuse));
      at = end;
    }
    parts.push(this.text.slice(at));
    const mended = parts.join('');
    const changed = mended !== this.text;
    this.text = mended;
    return changed;
  }
}

/** Every pass leaves out at least one fix; more passes than this and all that is in doubt goes. */
const maxPasses = 4;

function mendDocument(
  text: string,
  fixes: readonly PlannedFix[],
  refuse: (fix: PlannedFix, reason: string) => void,
): string {
  let remaining = fixes;
  for (let pass = 0; pass < maxPasses && remaining.length > 0; pass += 1) {
    const owners = new Map<Edit, PlannedFix>();
    for (const fix of remaining) for (const edit of editsInDocument(fix)) owners.set(edit, fix);
    const spliced = applyEdits(text, [...owners.keys()]);
    if (spliced.refused.length === 0) return spliced.text;
    const bad = new Map<PlannedFix, string>();
    for (const { edit, reason } of spliced.refused) {
      const fix = owners.get(edit);
      if (fix !== undefined && !bad.has(fix)) bad.set(fix, reason);
    }
    for (const [fix, reason] of bad) refuse(fix, reason);
    remaining = remaining.filter((fix) => !bad.has(fix));
  }
  for (const fix of remaining) refuse(fix, 'it does not go together with other fixes');
  return text;
}

/** Edits with paths from the document's root: an object may be an item of a List. */
function editsInDocument({ place, edits }: PlannedFix): Edit[] {
  const { base } = place.object.source;
  return edits.map((edit) => ({ ...edit, path: [...base, ...edit.path] }));
}

/** Tells the objects of one file apart. */
export function placeOf({ source }: KubeObject): string {
  return `${source.document}${jsonPointer(source.base)}`;
}

async function read(name: string, asked: string): Promise<ManifestFile> {
  try {
    const path = await realpath(asked);
    const stat = await lstat(path);
    if (!stat.isFile()) throw new FileRefusal('it is not a regular file');
    const bytes = await readFile(path);
    return new ManifestFile({ name, path, bytes });
  } catch (error) {
    throw refusalOf(error);
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileRefusal('it is not UTF-8 text');
  }
}
