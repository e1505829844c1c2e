import type { StoredResource } from '../../model/etcd-data.ts';
import { BoltFile, type Bucket, type ByteSource } from './bolt-file.ts';
import { readKeyValue, readRevision } from './key-value.ts';
import type { Slot } from './page.ts';
import { Problems } from './problems.ts';
import { StoredClasses } from './stored-value.ts';
import { Tally } from './tally.ts';

export interface EtcdStore {
  readonly size: { readonly total: number; readonly inUse: number };
  readonly revision: number;
  readonly compacted?: number;
  readonly prefix?: string;
  readonly resources: readonly StoredResource[];
  readonly otherKeys: number;
  readonly complete: boolean;
  readonly problems: readonly string[];
}

export interface ReadOptions {
  /** `--etcd-prefix` of the API server; guessed where it is not given. */
  readonly prefix?: string | undefined;
  /** A number that a writer of the file cannot foresee. */
  readonly seed?: number;
  /** Keys that are counted. */
  readonly maxKeys?: number;
}

/** Half a gigabyte at worst. The largest clusters that etcd carries have a quarter of it. */
export const defaultMaxKeys = 4_000_000;

/**
 * Counts how the values of a bbolt file of etcd are stored: the database of a member (`member/snap/db`), or a snapshot
 * without the hash at its end. Returns why it is not one, where it is not. Values are looked at in place; what is kept
 * of them is their class. Throws only what `source` throws.
 */
export async function readEtcdData(source: ByteSource, options: ReadOptions = {}): Promise<EtcdStore | string> {
  const problems = new Problems();
  const file = await BoltFile.open(source, problems);
  if (typeof file === 'string') return file;
  const buckets = await file.buckets();
  const data = buckets.find(({ name }) => name === 'key');
  if (data === undefined && !problems.any) return 'it is a bbolt database, but not of etcd: it has no bucket `key`';
  const classes = new StoredClasses();
  const { prefix, seed = 0, maxKeys = defaultMaxKeys } = options;
  const tally = new Tally({ classes, prefix: normalPrefix(prefix), seed, maxKeys });
  let compacted: number | undefined;
  for (const bucket of buckets) {
    if (bucket === data) await file.visit(bucket, (slot) => addRevision(slot, { classes, tally, problems }));
    else await file.visit(bucket, (slot) => (compacted = compactedBy(slot, bucket) ?? compacted));
  }
  const inUse = file.usedBytes;
  // Pages that a broken branch leads to would be taken for free ones.
  if (!problems.any) await file.visitFreed((slot) => addFreed(slot, { classes, tally }));
  const { uncounted, ...totals } = tally.totals();
  if (uncounted > 0) problems.add(uncountedProblem(uncounted, maxKeys));
  return {
    size: { total: file.totalBytes, inUse },
    revision: totals.revision,
    ...(compacted !== undefined && { compacted }),
    ...(totals.prefix !== undefined && { prefix: totals.prefix === '' ? '/' : totals.prefix }),
    resources: totals.resources,
    otherKeys: totals.otherKeys,
    complete: !problems.any,
    problems: problems.list(),
  };
}

export function uncountedProblem(values: number, maxKeys: number): string {
  return `${values} values were not counted: there are more than ${maxKeys} keys, or keys of more than 4096 bytes`;
}

/** The API server takes `registry`, `/registry` and `/registry/` for the same. */
export function normalPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  const parts = prefix.split('/').filter((part) => part !== '');
  return parts.map((part) => `/${part}`).join('');
}

interface Counting {
  readonly classes: StoredClasses;
  readonly tally: Tally;
}

function addRevision(slot: Slot, { classes, tally, problems }: Counting & { readonly problems: Problems }): void {
  const { bytes } = slot;
  const revision = readRevision(bytes, slot.keyStart, slot.keyEnd);
  if (revision === undefined) return problems.add('the bucket `key` has keys that are not revisions');
  const entry = readKeyValue(bytes, slot.keyEnd, slot.valueEnd);
  if (entry === undefined) return problems.add('the bucket `key` has values that are not of etcd');
  const { keyStart, keyEnd } = entry;
  const stored = revision.tombstone ? 0 : classes.of(bytes, entry.valueStart, entry.valueEnd);
  tally.add({ bytes, keyStart, keyEnd, revision, stored });
}

function addFreed(slot: Slot, { classes, tally }: Counting): void {
  const revision = readRevision(slot.bytes, slot.keyStart, slot.keyEnd);
  if (slot.bucket || revision === undefined || revision.tombstone) return;
  const entry = readKeyValue(slot.bytes, slot.keyEnd, slot.valueEnd);
  if (entry === undefined) return;
  tally.addFreed(slot.bytes, entry, classes.of(slot.bytes, entry.valueStart, entry.valueEnd));
}

const finishedCompaction = 'finishedCompactRev';

function compactedBy(slot: Slot, bucket: Bucket): number | undefined {
  if (bucket.name !== 'meta' || slot.keyEnd - slot.keyStart !== finishedCompaction.length) return undefined;
  const name = Buffer.from(slot.bytes.subarray(slot.keyStart, slot.keyEnd)).toString('latin1');
  return name === finishedCompaction ? readRevision(slot.bytes, slot.keyEnd, slot.valueEnd)?.main : undefined;
}
