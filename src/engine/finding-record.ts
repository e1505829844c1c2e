import { compareSeverity, type Severity } from '../model/severity.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import type { Finding } from './finding.ts';
import { fingerprint, variantFingerprint } from './fingerprint.ts';
import { logicalName } from './lasting-name.ts';

/**
 * As much of a finding as a later run can be held against. Whatever an older baseline does not say is undefined, and
 * nothing is concluded from it.
 */
export interface FindingRecord {
  readonly fingerprint: string;
  /** Of copies of one object that fail in different ways: the fingerprint that stands for all of them. */
  readonly variantOf?: string;
  readonly severity?: Severity;
  readonly message?: string;
  /** Names in the message that change without meaning anything: those of the objects that it is about. */
  readonly names?: readonly string[];
  /** As `Failure.items`. */
  readonly items?: readonly string[];
  /** The files, charts or overlays in which it stands, sorted; of live objects none. */
  readonly files?: readonly string[];
  /** Those in which the same object stands without it, sorted. */
  readonly cleanIn?: readonly string[];
}

/** In what a finding is worse than it was; never all undefined. */
export interface Worsening {
  /** The severity that it had, where it was lighter. */
  readonly was?: Severity;
  /** What is listed now and was not. */
  readonly items?: readonly string[];
  /** Words that the message did not have, where a control lists nothing. */
  readonly words?: readonly string[];
  /** Files in which it did not stand. */
  readonly files?: readonly string[];
}

/** Whether messages were written by the same version of Bulwark: those of another may just be worded otherwise. */
export type Wording = 'same' | 'other';

export function recordOf(finding: Finding, copies: Copies): FindingRecord {
  const { severity, message, failure, places, owner, subject } = finding;
  const variantOf = variantFingerprint(finding);
  const files = new Set(places.flatMap(({ object }) => placeOf(object) ?? []));
  const cleanIn = cleanPlaces(finding, copies);
  return {
    fingerprint: fingerprint(finding),
    ...(variantOf !== undefined && { variantOf }),
    severity,
    message,
    names: [...new Set([owner.name, subject.object.name])],
    ...(failure.items !== undefined && { items: failure.items }),
    files: [...files].sort(),
    ...(cleanIn !== undefined && { cleanIn }),
  };
}

/** The files in which a copy of the object stands without the finding; undefined where none does. */
export function cleanPlaces({ owner, places }: Finding, copies: Copies): readonly string[] | undefined {
  const held = copies.of(owner);
  if (held.length < 2) return undefined;
  const clean = held.filter((file) => !places.some(({ object }) => placeOf(object) === file));
  return clean.length === 0 ? undefined : clean;
}

/** Objects of a snapshot that stand in several files. */
export interface Copies {
  /** Sorted, where it stands in several; else none. */
  of(object: KubeObject): readonly string[];
}

/** Goes through the objects once, and only where they come from files. */
export function copiesIn({ objects }: Pick<Snapshot, 'objects'>): Copies {
  const places = new Set<string | undefined>();
  for (const object of objects) places.add(placeOf(object));
  places.delete(undefined);
  if (places.size < 2) return { of: () => [] };
  const first = new Map<string, string>();
  const several = new Map<string, Set<string>>();
  for (const object of objects) {
    const place = placeOf(object);
    if (place === undefined) continue;
    const name = logicalName(object);
    const known = first.get(name);
    if (known === undefined) first.set(name, place);
    else if (known !== place) several.set(name, (several.get(name) ?? new Set([known])).add(place));
  }
  return { of: (object) => (several.size === 0 ? [] : [...(several.get(logicalName(object)) ?? [])].sort()) };
}

/** The file, or the chart or overlay that gives the object; undefined for a live one. */
function placeOf({ source }: KubeObject): string | undefined {
  if (source.rendered !== undefined) return source.rendered.from;
  return source.positions === undefined ? undefined : source.file;
}

/** Records by what they are looked up by. */
export class FindingRecords<R extends FindingRecord = FindingRecord> {
  readonly all: readonly R[];
  private readonly byMatter = new Map<string, R[]>();
  private readonly byPrint = new Map<string, R>();

  constructor(records: readonly R[]) {
    this.all = records;
    for (const record of records) {
      this.byPrint.set(record.fingerprint, record);
      const matter = record.variantOf ?? record.fingerprint;
      const same = this.byMatter.get(matter);
      if (same === undefined) this.byMatter.set(matter, [record]);
      else same.push(record);
    }
  }

  /** What was recorded of the same matter. A record of nothing but its fingerprint says nothing of variants. */
  of({ fingerprint: print, variantOf }: FindingRecord): readonly R[] {
    if (variantOf === undefined) return this.byMatter.get(print) ?? [];
    const exact = this.byPrint.get(print);
    const same = (this.byMatter.get(variantOf) ?? []).filter(
      (record) => record.severity !== undefined && record !== exact,
    );
    return exact === undefined ? same : [exact, ...same];
  }
}

/**
 * In what a finding is worse than all that was recorded of the same matter: graver, listing more, or standing in a file
 * whose copy of the object did not have it. Undefined where it is not. `before` is not empty.
 */
export function worsening(
  now: FindingRecord,
  before: readonly FindingRecord[],
  wording: Wording,
): Worsening | undefined {
  const files = newFiles(now, before);
  if (files.length > 0) return { files };
  // Each copy is held against what was recorded of it; one that moved, against whatever was recorded.
  for (const file of now.files?.length ? now.files : [undefined]) {
    const there = file === undefined ? [] : before.filter((record) => record.files?.includes(file));
    const records = there.length > 0 ? there : before;
    let least: Worsening | undefined;
    for (const record of records) {
      const worse = worseThan(now, record, wording);
      if (worse === undefined) {
        least = undefined;
        break;
      }
      least ??= worse;
    }
    if (least !== undefined) return least;
  }
  return undefined;
}

/**
 * Files in which the finding is new. A file that was renamed is none: the object has as many copies as before, and is no
 * longer where it was.
 */
function newFiles(now: FindingRecord, before: readonly FindingRecord[]): readonly string[] {
  if (before.some(({ files }) => files === undefined) || !now.files?.length) return [];
  const had = new Set(before.flatMap(({ files = [] }) => files));
  if (had.size === 0) return [];
  const strange = now.files.filter((file) => !had.has(file));
  if (strange.length === 0) return [];
  const hold = new Set([...now.files, ...(now.cleanIn ?? [])]);
  const held = new Set([...had, ...before.flatMap(({ cleanIn = [] }) => cleanIn)]);
  if (hold.size === 1 && held.size === 1) return [];
  const left = [...had].filter((file) => !hold.has(file));
  return hold.size >= held.size && strange.length <= left.length ? [] : strange;
}

function worseThan(now: FindingRecord, then: FindingRecord, wording: Wording): Worsening | undefined {
  const order =
    now.severity === undefined || then.severity === undefined ? 0 : compareSeverity(now.severity, then.severity);
  const was = order > 0 ? then.severity : undefined;
  const more = listedBesides(now, then, { wording, isLighter: order < 0 });
  return was === undefined && more === undefined ? undefined : { ...(was !== undefined && { was }), ...more };
}

function listedBesides(
  now: FindingRecord,
  then: FindingRecord,
  { wording, isLighter }: { readonly wording: Wording; readonly isLighter: boolean },
): Pick<Worsening, 'items' | 'words'> | undefined {
  if (now.items !== undefined && then.items !== undefined) {
    const had = new Set(then.items);
    const items = now.items.filter((item) => !had.has(item));
    return items.length === 0 ? undefined : { items };
  }
  if (wording === 'other' || isLighter || now.message === undefined || then.message === undefined) return undefined;
  if (now.message === then.message) return undefined;
  const had = new Set([...wordsOf(then.message), ...(now.names ?? []).flatMap(wordsOf), '']);
  const words = [...new Set(wordsOf(now.message))].filter((word) => !had.has(word));
  return words.length === 0 ? undefined : { words };
}

/**
 * The words of a message without those that have digits: tags, versions, dates, counts, hashes and generated names
 * change without anything getting worse. In whatever order, since lists have none.
 */
function wordsOf(message: string): string[] {
  return message
    .split(/[\s,;:@=()[\]{}"'`/]+/)
    .filter((word) => !/\d/.test(word) && !grammar.has(word))
    .map((word) => word.replace(/ies$/, 'y').replace(/s$/, ''));
}

/** Words that come and go with how many things are listed. */
const grammar: ReadonlySet<string> = new Set(
  'a an and are both by each from has have in is it its more no of on or other others run the their them they to which with'.split(
    ' ',
  ),
);
