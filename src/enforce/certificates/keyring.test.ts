import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../model/json.ts';
import { bundleOf, type Keyring, type Lives, readKeyring, renewKeyring } from './keyring.ts';
import { certificatesIn, whyUntrusted } from './trust.ts';

const start = Date.parse('2026-11-21T00:00:00Z');
const hour = 3_600_000;
const names = ['bulwark-webhook.bulwark.svc', '10.0.0.1'];
const lives: Lives = { authority: 90 * hour, leaf: 9 * hour, overlap: hour };

const renew = (ring: Keyring | undefined, now: number, published?: string): Promise<Keyring> =>
  renewKeyring(ring, { names, lives, now, published });

const trusts = (bundle: string, leaf: string, now: number): string | undefined =>
  whyUntrusted(bundle, { chain: leaf, name: 'bulwark-webhook.bulwark.svc', now });

describe('a keyring', () => {
  it('begins with an authority and a leaf that it signed, for the names', async () => {
    const ring = await renew(undefined, start);
    const leaf = new X509Certificate(ring.leaf.cert);
    expect(leaf.subjectAltName).toBe('DNS:bulwark-webhook.bulwark.svc, IP Address:10.0.0.1');
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(new X509Certificate(ring.authority.cert).ca).toBe(true);
    expect(trusts(bundleOf(ring), ring.leaf.cert, start)).toBeUndefined();
  });

  it('stays as it is until two thirds of a life', async () => {
    const ring = await renew(undefined, start);
    expect(await renew(ring, start + 5 * hour, bundleOf(ring))).toBe(ring);
    const next = await renew(ring, start + 6 * hour, bundleOf(ring));
    expect(next.leaf.cert).not.toBe(ring.leaf.cert);
    expect(next.authority).toEqual(ring.authority);
  });

  it('makes a new leaf for other names, and for a shorter life than before', async () => {
    const ring = await renew(undefined, start);
    const renamed = await renewKeyring(ring, { names: ['other'], lives, now: start, published: bundleOf(ring) });
    expect(renamed.leaf.names).toEqual(['other']);
    const shorter = { ...lives, leaf: hour };
    const renewed = await renewKeyring(ring, { names, lives: shorter, now: start + hour, published: bundleOf(ring) });
    expect(renewed.leaf.until).toBe(start + 2 * hour);
  });

  it('lets a new authority sign only once it was published for the overlap', async () => {
    const first = await renew(undefined, start);
    const at = start + 60 * hour;
    const announced = await renew(first, at, bundleOf(first));
    expect(certificatesIn(bundleOf(announced))).toHaveLength(2);
    // Nobody has read it yet, however much time goes by.
    const waiting = await renew(announced, at + 5 * hour, bundleOf(first));
    expect(waiting.authority).toEqual(first.authority);
    const published = await renew(waiting, at + 6 * hour, bundleOf(waiting));
    expect(published.next?.publishedAt).toBe(at + 6 * hour);
    const signing = await renew(published, at + 7 * hour, bundleOf(published));
    expect(signing.authority.cert).toBe(announced.next?.cert);
    expect(trusts(bundleOf(published), signing.leaf.cert, at + 7 * hour)).toBeUndefined();
    // Servers that still serve the old leaf are trusted for the overlap.
    expect(trusts(bundleOf(signing), first.leaf.cert, start + hour)).toBeUndefined();
    const alone = await renew(signing, at + 8 * hour, bundleOf(signing));
    expect(certificatesIn(bundleOf(alone))).toHaveLength(1);
  });

  it('is read back as it was saved, and anything else is none', async () => {
    const ring = await renew(undefined, start);
    expect(readKeyring(JSON.parse(JSON.stringify(ring)) as Json)).toEqual(ring);
    const withNext = await renew(ring, start + 60 * hour, bundleOf(ring));
    expect(readKeyring(JSON.parse(JSON.stringify(withNext)) as Json)).toEqual(withNext);
    for (const value of [null, 1, 'x', [], {}, { authority: ring.authority }, { ...ring, leaf: { cert: 1 } }]) {
      expect(readKeyring(value as Json)).toBeUndefined();
    }
  });

  /**
   * Keepers come and go at any time, and what they wrote reaches API servers and servers late: what is served is
   * trusted by what is published at every moment, as long as the delays are shorter than the overlap.
   */
  it('never serves what is not trusted', async () => {
    const minute = hour / 60;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 8, maxLength: 14 }), async (steps) => {
        let now = start;
        let ring = await renew(undefined, now);
        let published = bundleOf(ring);
        const served: { leaf: string; until: number }[] = [];
        for (const step of steps) {
          now += step * minute;
          const before = ring;
          ring = await renew(ring, now, published);
          published = bundleOf(ring);
          // A server sees a new leaf 50 minutes late at most.
          if (before.leaf.cert !== ring.leaf.cert) served.push({ leaf: before.leaf.cert, until: now + 50 * minute });
          expect(trusts(published, ring.leaf.cert, now)).toBeUndefined();
          for (const { leaf, until } of served) {
            const isOver = Date.parse(new X509Certificate(leaf).validTo) < now;
            if (now <= until && !isOver) expect(trusts(published, leaf, now)).toBeUndefined();
          }
        }
      }),
      { numRuns: 6 },
    );
  });
});
