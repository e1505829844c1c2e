import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii } from './bolt-fixture.ts';
import { KeyIndex } from './key-index.ts';

describe('KeyIndex', () => {
  it('numbers keys as a map would', () => {
    const keys = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 3 }), { maxLength: 300 });
    fc.assert(
      fc.property(keys, fc.integer(), (list, seed) => {
        const index = new KeyIndex({ seed, limit: 1000 });
        const numbers = new Map<string, number>();
        for (const key of list) {
          if (!numbers.has(key)) numbers.set(key, numbers.size);
          const bytes = ascii(`<${key}>`);
          expect(index.intern(bytes, 1, bytes.length - 1)).toBe(numbers.get(key));
        }
        for (const [key, number] of numbers) expect(index.text(number)).toBe(key);
      }),
      { numRuns: 200 },
    );
  });

  it('grows, and takes no new key beyond its limit', () => {
    const index = new KeyIndex({ seed: 1, limit: 50_000 });
    const key = (number: number): Uint8Array => ascii(`/registry/secrets/namespace-${number % 7}/name-${number}`);
    for (let round = 0; round < 2; round += 1) {
      for (let number = 0; number < 50_000; number += 1) {
        const bytes = key(number);
        if (index.intern(bytes, 0, bytes.length) !== number) throw new Error(`${number} has another number`);
      }
    }
    expect(index.intern(key(50_000), 0, key(50_000).length)).toBe(-1);
    expect(index.text(49_999)).toBe('/registry/secrets/namespace-5/name-49999');
  });
});
