import { isList, isObject, type Json, own } from '../../model/json.ts';
import { issueLeaf, type KeyPair, makeAuthority } from './authority.ts';

/** The keys of a webhook as its keeper has them. Times are milliseconds since 1970. */
export interface Keyring {
  /** Signs leaves. */
  readonly authority: Made;
  /** Is in the bundle already, and will sign once every API server must have read that. */
  readonly next?: Made & { readonly publishedAt?: number };
  /** Stays in the bundle for servers that have not read their new leaf yet. */
  readonly previous?: { readonly cert: string; readonly retiredAt: number };
  readonly leaf: Made & { readonly names: readonly string[] };
}

interface Made extends KeyPair {
  readonly from: number;
  readonly until: number;
}

export interface Lives {
  /** Milliseconds. */
  readonly authority: number;
  readonly leaf: number;
  /**
   * How long a new authority is in the bundle before it signs, and an old one stays in it: longer than servers take to
   * see a change of their files, which is about 90 s for a mounted Secret.
   */
  readonly overlap: number;
}

export interface Renewal {
  readonly names: readonly string[];
  readonly lives: Lives;
  readonly now: number;
  /** The bundle that API servers have been given; undefined where nothing is registered, so that nobody reads one. */
  readonly published: string | undefined;
}

/** The bundle that API servers have to trust. */
export function bundleOf({ authority, next, previous }: Keyring): string {
  const certs = [authority.cert, next?.cert, previous?.cert];
  return certs.flatMap((cert) => (cert === undefined ? [] : [`${cert.trim()}\n`])).join('');
}

/**
 * The next state of the keys: renewed at two thirds of their lives, and so that at every moment what is served is
 * trusted by what is published, before and after each step. The same keyring where nothing is due.
 */
export async function renewKeyring(ring: Keyring | undefined, renewal: Renewal): Promise<Keyring> {
  const { lives, now } = renewal;
  if (ring === undefined || now >= ring.authority.until) {
    const authority = await newAuthority(renewal);
    return { authority, leaf: await newLeaf(authority, renewal) };
  }
  if (ring.previous !== undefined && now - ring.previous.retiredAt >= lives.overlap) {
    const { previous: _, ...rest } = ring;
    return renewKeyring(rest, renewal);
  }
  const { next } = ring;
  if (next === undefined) {
    if (isDue(ring.authority, lives.authority, now)) return { ...ring, next: await newAuthority(renewal) };
  } else if (next.publishedAt === undefined) {
    // Where nobody is registered yet nobody has to read it first.
    if (renewal.published === undefined || renewal.published.includes(next.cert.trim())) {
      return { ...ring, next: { ...next, publishedAt: now } };
    }
  } else if (now - next.publishedAt >= lives.overlap) {
    const { publishedAt: _, ...authority } = next;
    const previous = { cert: ring.authority.cert, retiredAt: now };
    return { authority, previous, leaf: await newLeaf(authority, renewal) };
  }
  if (!isDue(ring.leaf, lives.leaf, now) && sameNames(ring.leaf.names, renewal.names)) return ring;
  // An authority that is about to go signs for what is left of its own life.
  if (ring.leaf.until >= ring.authority.until && sameNames(ring.leaf.names, renewal.names)) return ring;
  return { ...ring, leaf: await newLeaf(ring.authority, renewal) };
}

/** At two thirds of the life that it has, or should have had. */
function isDue({ from, until }: Made, life: number, now: number): boolean {
  return now >= from + (Math.min(until - from, life) * 2) / 3;
}

function sameNames(before: readonly string[], now: readonly string[]): boolean {
  return before.length === now.length && before.every((name, index) => name === now[index]);
}

async function newAuthority({ now, lives }: Renewal): Promise<Made> {
  const pair = await makeAuthority(`bulwark-webhook-ca-${now}`, { from: now, life: lives.authority });
  return { ...pair, from: now, until: now + lives.authority };
}

async function newLeaf(authority: Made, { names, now, lives }: Renewal): Promise<Keyring['leaf']> {
  const pair = await issueLeaf(authority, { names, from: now, life: lives.leaf });
  return { ...pair, names, from: now, until: Math.min(now + lives.leaf, authority.until) };
}

/** A keyring as it was saved; undefined for anything else. */
export function readKeyring(value: Json): Keyring | undefined {
  if (!isObject(value)) return undefined;
  const authority = readMade(own(value, 'authority'));
  const leaf = readMade(own(value, 'leaf'));
  const leafValue = own(value, 'leaf');
  const names = isObject(leafValue) ? own(leafValue, 'names') : undefined;
  if (authority === undefined || leaf === undefined || !isList(names)) return undefined;
  const nextValue = own(value, 'next');
  const next = readMade(nextValue);
  const publishedAt = isObject(nextValue) ? own(nextValue, 'publishedAt') : undefined;
  const previous = own(value, 'previous');
  const cert = isObject(previous) ? own(previous, 'cert') : undefined;
  const retiredAt = isObject(previous) ? own(previous, 'retiredAt') : undefined;
  return {
    authority,
    leaf: { ...leaf, names: names.filter((name): name is string => typeof name === 'string') },
    ...(next !== undefined && { next: { ...next, ...(typeof publishedAt === 'number' && { publishedAt }) } }),
    ...(typeof cert === 'string' && typeof retiredAt === 'number' && { previous: { cert, retiredAt } }),
  };
}

function readMade(value: Json | undefined): Made | undefined {
  if (!isObject(value)) return undefined;
  const cert = own(value, 'cert');
  const key = own(value, 'key');
  const from = own(value, 'from');
  const until = own(value, 'until');
  if (typeof cert !== 'string' || typeof key !== 'string') return undefined;
  return typeof from === 'number' && typeof until === 'number' ? { cert, key, from, until } : undefined;
}
