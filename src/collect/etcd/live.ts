import { randomInt } from 'node:crypto';
import type { EtcdDataEvidence } from '../../model/etcd-data.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { Gap } from '../../model/snapshot.ts';
import {
  defaultMaxKeys,
  normalPrefix,
  StoredClasses,
  Tally,
  uncountedProblem,
} from '../../semantics/etcd-data/index.ts';
import type { EtcdReading } from './file.ts';
import { type EtcdCredentials, EtcdError, EtcdGateway } from './gateway.ts';

export interface EtcdLiveOptions extends EtcdCredentials {
  /** URLs of members, `https` only: all hold the same data, and the first that answers is read. */
  readonly endpoints: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Most keys to read; four million where it is not given. */
  readonly limit?: number | undefined;
  /** `--etcd-prefix` of the API server; guessed from the keys where it is not given. */
  readonly prefix?: string | undefined;
}

const firstPage = 100;
const largestPage = 2000;
/** Of one answer, as JSON: an older gateway refuses to carry more than 4 MiB. */
const pageBytes = 2 * 1024 * 1024;
const compactedCode = 11;
const exhaustedCode = 8;

/**
 * Reads a live etcd through its JSON gateway with `Range` and `Status` requests, and nothing else: how its values are
 * stored now. Old revisions and freed pages are not to be had this way. A value is dropped as soon as its class is
 * known. Never rejects: what cannot be read is a gap.
 */
export async function readEtcdLive(options: EtcdLiveOptions): Promise<EtcdReading> {
  const gaps: Gap[] = [];
  for (const endpoint of options.endpoints) {
    const reading = await readMember(endpoint, options);
    if (reading.evidence !== undefined) return reading;
    gaps.push(...reading.gaps);
    if (options.signal?.aborted) break;
  }
  if (options.endpoints.length === 0) gaps.push({ code: 'unavailable', what: 'etcd', reason: 'no endpoint is named' });
  return { gaps };
}

async function readMember(endpoint: string, options: EtcdLiveOptions): Promise<EtcdReading> {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'https:') {
    const reason = 'it is no https:// URL, and every value would cross the network in the clear';
    return { gaps: [{ code: 'unavailable', what: endpoint, reason, hint: 'name the member as https://HOST:2379' }] };
  }
  let gateway: EtcdGateway | undefined;
  try {
    gateway = new EtcdGateway(url, options, options.signal);
    return await readThrough(gateway, endpoint, options);
  } catch (error) {
    return { gaps: [gapOf(endpoint, error, options.signal)] };
  } finally {
    gateway?.close();
  }
}

async function readThrough(gateway: EtcdGateway, endpoint: string, options: EtcdLiveOptions): Promise<EtcdReading> {
  const status = await gateway.post('maintenance/status', {});
  // A limit of 0 is none to etcd.
  const limit = Math.max(1, Math.min(Math.floor(options.limit ?? defaultMaxKeys), defaultMaxKeys));
  const classes = new StoredClasses();
  const prefix = normalPrefix(options.prefix);
  const tally = new Tally({ classes, prefix, seed: randomInt(2 ** 32), maxKeys: limit });
  const end = await readAll(gateway, { classes, tally, limit, endpoint, signal: options.signal });
  const totals = tally.totals();
  const gaps = end.gap === undefined ? [] : [end.gap];
  if (totals.uncounted > 0) {
    gaps.push({ code: 'too-large', what: endpoint, reason: uncountedProblem(totals.uncounted, limit) });
  }
  const version = own(status, 'version');
  const total = wholeNumber(own(status, 'dbSize'));
  const inUse = wholeNumber(own(status, 'dbSizeInUse'));
  const evidence: EtcdDataEvidence = {
    from: 'live',
    at: endpoint,
    ...(typeof version === 'string' && { version }),
    // Before 3.4 a member does not tell how much of its file is in use.
    size: { total, inUse: inUse === 0 ? total : inUse },
    revision: Math.max(end.revision, totals.revision),
    ...(totals.prefix !== undefined && { prefix: totals.prefix === '' ? '/' : totals.prefix }),
    resources: totals.resources,
    otherKeys: totals.otherKeys,
    complete: gaps.length === 0,
    problems: gaps.map(({ reason }) => reason),
  };
  return { evidence, gaps };
}

interface Reading {
  readonly classes: StoredClasses;
  readonly tally: Tally;
  readonly limit: number;
  readonly endpoint: string;
  readonly signal: AbortSignal | undefined;
}

interface End {
  /** Of the store, when the reading began. */
  readonly revision: number;
  /** Why not all was read. */
  readonly gap?: Gap;
}

/** Pages through all keys as they were at one revision, until compaction takes it away: then as they are. */
async function readAll(gateway: EtcdGateway, reading: Reading): Promise<End> {
  const { limit, endpoint, signal } = reading;
  let from: Buffer = Buffer.from([0]);
  let page = Math.min(firstPage, limit);
  let revision = 0;
  let pinned = 0;
  let count = 0;
  for (;;) {
    let answer: JsonObject;
    try {
      answer = await gateway.post('kv/range', rangeRequest(from, { limit: page, revision: pinned }));
    } catch (error) {
      if (error instanceof EtcdError && isTooLarge(error) && page > 1) {
        page = Math.floor(page / 2);
        continue;
      }
      if (error instanceof EtcdError && error.code === compactedCode && pinned > 0) {
        pinned = 0;
        continue;
      }
      if (count === 0) throw error;
      return { revision, gap: gapOf(endpoint, error, signal) };
    }
    if (revision === 0) {
      revision = revisionOf(answer);
      pinned = revision;
    }
    const read = countPage(answer, from, reading);
    count += read.count;
    if (read.last === undefined) return read.broken ? { revision, gap: notInOrder(endpoint) } : { revision };
    if (own(answer, 'more') !== true) return { revision };
    if (count >= limit) return { revision, gap: limitReached(endpoint, limit) };
    from = Buffer.concat([read.last, Buffer.from([0])]);
    page = Math.min(nextPage(read), page * 2, limit - count);
  }
}

/** From one key to the end; `\0` stands for both the least key and the end of all (etcd rpc.proto RangeRequest). */
function rangeRequest(
  from: Buffer,
  { limit, revision }: { readonly limit: number; readonly revision: number },
): JsonObject {
  return {
    key: from.toString('base64'),
    range_end: 'AA==',
    limit: String(limit),
    ...(revision > 0 && { revision: String(revision) }),
  };
}

interface Page {
  readonly count: number;
  /** As base64. */
  readonly bytes: number;
  /** The greatest key; undefined where there is none, or no way on. */
  readonly last: Buffer | undefined;
  readonly broken: boolean;
}

function countPage(answer: JsonObject, from: Buffer, { classes, tally }: Reading): Page {
  const kvs = own(answer, 'kvs');
  let last: Buffer | undefined;
  let count = 0;
  let bytes = 0;
  for (const item of isList(kvs) ? kvs : []) {
    const encodedKey = isObject(item) ? own(item, 'key') : undefined;
    const encodedValue = isObject(item) ? (own(item, 'value') ?? '') : '';
    if (!isObject(item) || typeof encodedKey !== 'string' || typeof encodedValue !== 'string') {
      return { count, bytes, last: undefined, broken: true };
    }
    const key = Buffer.from(encodedKey, 'base64');
    // A server that repeats itself would be read for ever.
    if (key.compare(last ?? from) < (last === undefined ? 0 : 1))
      return { count, bytes, last: undefined, broken: true };
    const value = Buffer.from(encodedValue, 'base64');
    const revision = { main: wholeNumber(own(item, 'mod_revision')), sub: 0, tombstone: false };
    tally.add({ bytes: key, keyStart: 0, keyEnd: key.length, revision, stored: classes.of(value, 0, value.length) });
    last = key;
    count += 1;
    bytes += encodedKey.length + encodedValue.length;
  }
  return { count, bytes, last, broken: own(answer, 'more') === true && last === undefined };
}

/** So many keys that the next answer is about as large as an answer should be. */
function nextPage({ count, bytes }: Page): number {
  const each = Math.max(1, bytes / Math.max(1, count));
  return Math.max(1, Math.min(largestPage, Math.floor(pageBytes / each)));
}

function isTooLarge(error: EtcdError): boolean {
  return error.gapCode === 'too-large' || error.code === exhaustedCode;
}

function revisionOf(answer: JsonObject): number {
  const header = own(answer, 'header');
  return isObject(header) ? wholeNumber(own(header, 'revision')) : 0;
}

/** 64-bit integers come as strings, and zero not at all. */
function wholeNumber(value: Json | undefined): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0;
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}

function limitReached(what: string, limit: number): Gap {
  return { code: 'too-large', what, reason: `only the first ${limit} keys were read`, hint: 'read a snapshot instead' };
}

function notInOrder(what: string): Gap {
  return { code: 'malformed', what, reason: 'its answer is not what etcd answers: keys are missing or not in order' };
}

function gapOf(what: string, error: unknown, signal: AbortSignal | undefined): Gap {
  if (signal?.aborted) return { code: 'interrupted', what, reason: 'the reading was stopped' };
  if (error instanceof EtcdError) {
    const { gapCode: code, message: reason, hint } = error;
    return { code, what, reason, ...(hint !== undefined && { hint }) };
  }
  return { code: 'unavailable', what, reason: error instanceof Error ? error.message : String(error) };
}
