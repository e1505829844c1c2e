import { describe, expect, it } from 'vitest';
import { BoundedStore } from './store.ts';

describe('a bounded store', () => {
  it('keeps what came last, and counts what went', () => {
    const store = new BoundedStore<number>(3);
    for (let key = 0; key < 10; key += 1) store.set(`k${key}`, key);
    expect([...store]).toEqual([
      ['k7', 7],
      ['k8', 8],
      ['k9', 9],
    ]);
    expect(store.evicted).toBe(7);
  });

  it('keeps what is used, although it came first', () => {
    const store = new BoundedStore<number>(4);
    store.set('used', 0);
    for (let key = 0; key < 20; key += 1) {
      store.set(`k${key}`, key);
      expect(store.get('used')).toBe(0);
    }
    expect(store.size).toBe(4);
  });

  it('comes back in the same order', () => {
    const store = new BoundedStore<number>(3);
    for (const key of ['a', 'b', 'c', 'd']) store.set(key, key.length);
    store.delete('c');
    const again = new BoundedStore<number>(3);
    again.restore(
      store.save((value) => value),
      (value) => (typeof value === 'number' ? value : undefined),
    );
    expect([...again]).toEqual([...store]);
    for (const key of ['e', 'f']) {
      store.set(key, 1);
      again.set(key, 1);
    }
    expect([...again]).toEqual([...store]);
  });
});
