import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ascii,
  boltFile,
  concat,
  type FixtureEntry,
  type FixtureOptions,
  field,
  keyValue,
  revisionKey,
  sourceOf,
} from './bolt-fixture.ts';
import { type EtcdStore, readEtcdData } from './read.ts';

const aescbc = (key: string): Uint8Array => concat([ascii(`k8s:enc:aescbc:v1:${key}:`), Uint8Array.of(0, 255, 58, 7)]);
const protobuf = 'k8s\0\n\x0c';

function put(main: number, key: string, value: Uint8Array | string): FixtureEntry {
  return { key: revisionKey(main), value: keyValue(key, value) };
}

function remove(main: number, key: string): FixtureEntry {
  return { key: revisionKey(main, 0, 't'), value: field(1, ascii(key)) };
}

const compacted: FixtureEntry = { key: ascii('finishedCompactRev'), value: revisionKey(4) };

const history: readonly FixtureEntry[] = [
  put(5, '/registry/secrets/default/plain', protobuf),
  put(6, '/registry/secrets/default/moved', protobuf),
  put(7, '/registry/secrets/default/moved', aescbc('old')),
  put(8, '/registry/secrets/default/moved', aescbc('new')),
  put(9, '/registry/secrets/default/gone', protobuf),
  remove(10, '/registry/secrets/default/gone'),
  put(11, '/registry/pods/default/web', protobuf),
  put(12, '/registry/stable.example.com/crontabs/default/nightly', '{"kind":"CronTab"}'),
  put(13, '/calico/v1/config', '{}'),
  put(14, 'compact_rev_key', '13'),
];

function fixture(options: Partial<FixtureOptions> = {}): Uint8Array {
  const buckets = new Map([
    ['key', history],
    ['lease', []],
    ['meta', [compacted]],
  ]);
  return boltFile({ buckets, inline: new Set(['meta']), ...options });
}

async function read(bytes: Uint8Array, prefix?: string): Promise<EtcdStore> {
  const store = await readEtcdData(sourceOf(bytes), { prefix });
  if (typeof store === 'string') throw new Error(store);
  return store;
}

/** One line a class: resource, class, live, old, freed, examples. */
function lines(store: EtcdStore): readonly string[] {
  return store.resources.flatMap(({ resource, stored }) =>
    stored.map(({ as, live, old, freed }) => {
      const how =
        as.form === 'encrypted'
          ? [as.provider, as.version, as.key, as.keyId ?? '-'].join(':')
          : as.form === 'plaintext'
            ? as.encoding
            : as.form;
      return `${resource} ${how} ${live.count}+${old.count}+${freed} ${[...live.examples, '|', ...old.examples].join(' ')}`;
    }),
  );
}

const expected = [
  'pods protobuf 1+0+0 default/web |',
  'secrets aescbc:v1:new:- 1+0+0 default/moved |',
  'secrets aescbc:v1:old:- 0+1+0 | default/moved',
  'secrets protobuf 1+2+0 default/plain | default/gone default/moved',
  'stable.example.com/crontabs json 1+0+0 default/nightly |',
];

describe('readEtcdData', () => {
  it.each<[string, Partial<FixtureOptions>]>([
    ['as etcd writes it', {}],
    ['with every bucket inline', { inline: new Set(['key', 'meta', 'lease']) }],
    ['with no bucket inline', { inline: new Set() }],
    ['with leaves from last to first', { backwards: true, pageSize: 1024 }],
    ['with pages of 1 KiB and branches', { pageSize: 1024 }],
    ['with pages of 64 KiB', { pageSize: 65536 }],
    ['of a big-endian machine', { littleEndian: false }],
  ])('counts live and old values: %s', async (_, options) => {
    const store = await read(fixture(options));
    expect(lines(store)).toEqual(expected);
    expect(store).toMatchObject({ revision: 14, compacted: 4, prefix: '/registry', otherKeys: 2, complete: true });
    expect(store.problems).toEqual([]);
  });

  it('takes the newest of a key whatever the order of the pages', async () => {
    const versions = Array.from({ length: 400 }, (_, index) =>
      put(index + 2, '/registry/secrets/a/b', index === 399 ? aescbc('k') : protobuf),
    );
    for (const backwards of [false, true]) {
      const store = await read(fixture({ buckets: new Map([['key', versions]]), pageSize: 1024, backwards }));
      expect(lines(store)).toEqual(['secrets aescbc:v1:k:- 1+0+0 a/b |', 'secrets protobuf 0+399+0 | a/b']);
    }
  });

  it('tells apart the changes of one transaction', async () => {
    const key = '/registry/secrets/a/b';
    const changes = [
      { key: revisionKey(5, 1), value: keyValue(key, aescbc('k')) },
      { key: revisionKey(5, 0), value: keyValue(key, protobuf) },
    ];
    const store = await read(fixture({ buckets: new Map([['key', changes]]) }), '/registry');
    expect(lines(store)).toEqual(['secrets aescbc:v1:k:- 1+0+0 a/b |', 'secrets protobuf 0+1+0 | a/b']);
  });

  it('reads values that continue over many pages', async () => {
    const large = concat([ascii('k8s\0'), new Uint8Array(1_500_000)]);
    const entries = [put(2, '/registry/secrets/a/1', large), put(3, '/registry/secrets/a/2', large), ...history];
    const source = sourceOf(fixture({ buckets: new Map([['key', entries]]), pageSize: 1024 }));
    const store = await readEtcdData(source);
    expect(typeof store === 'string' ? [store] : lines(store)).toContain(
      'secrets protobuf 3+2+0 a/1 a/2 default/plain | default/gone default/moved',
    );
  });

  it('finds what compaction freed and nothing has overwritten', async () => {
    const freed = [put(2, '/registry/secrets/default/old', protobuf), put(3, '/registry/pods/default/web', protobuf)];
    const store = await read(fixture({ freed }));
    expect(lines(store)).toEqual([
      'pods protobuf 1+0+1 default/web |',
      ...expected.slice(1, 3),
      'secrets protobuf 1+2+1 default/plain | default/gone default/moved',
      ...expected.slice(4),
    ]);
    expect(store.size.total - store.size.inUse).toBe(4096);
  });

  it.each([
    ['registry', '/registry', 5],
    ['/registry/', '/registry', 5],
    ['/elsewhere', '/elsewhere', 0],
  ])('takes the prefix %s for %s', async (given, prefix, classes) => {
    const store = await read(fixture(), given);
    expect(store.prefix).toBe(prefix);
    expect(lines(store)).toHaveLength(classes);
  });

  it('counts keys below the root where the prefix is /', async () => {
    const entries = [put(2, '/secrets/default/a', protobuf), put(3, '/namespaces/default', protobuf)];
    const store = await read(fixture({ buckets: new Map([['key', entries]]) }));
    expect(store.prefix).toBe('/');
    expect(lines(store)).toEqual(['namespaces protobuf 1+0+0 default |', 'secrets protobuf 1+0+0 default/a |']);
  });

  it('says what it did not count', async () => {
    const entries = Array.from({ length: 20 }, (_, index) => put(index + 2, `/registry/pods/a/${index}`, protobuf));
    const source = sourceOf(fixture({ buckets: new Map([['key', entries]]) }));
    const store = await readEtcdData(source, { maxKeys: 15 });
    expect(store).toMatchObject({
      complete: false,
      problems: ['5 values were not counted: there are more than 15 keys, or keys of more than 4096 bytes'],
    });
  });

  it('keeps no value', async () => {
    const secret = 'hunter2-is-no-password';
    const values = [
      `k8s\0${secret}`,
      `{"a":"${secret}"}`,
      `k8s:enc:aescbc:v1:k:${secret}`,
      secret,
      `k8s:enc:${secret}`,
    ];
    const entries = values.map((value, index) => put(index + 2, `/registry/secrets/a/${index}`, value));
    expect(JSON.stringify(await read(fixture({ buckets: new Map([['key', entries]]) })))).not.toContain('hunter2');
  });

  it('reads every page once, many at a time', async () => {
    const entries = Array.from({ length: 3000 }, (_, index) =>
      put(index + 2, `/registry/pods/a/${index}`, `k8s\0${'x'.repeat(900)}`),
    );
    const bytes = fixture({ buckets: new Map([['key', entries]]) });
    const source = sourceOf(bytes);
    await readEtcdData(source);
    expect(source.reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(bytes.length * 1.05);
    expect(source.reads.length).toBeLessThan(20);
    expect(Math.max(...source.reads)).toBeLessThanOrEqual(1024 * 1024);
  });
});

describe('a file that is broken', () => {
  const pageSize = 1024;
  const many = Array.from({ length: 200 }, (_, index) => put(index + 2, `/registry/pods/a/${index}`, protobuf));
  const whole = fixture({ buckets: new Map([['key', many]]), pageSize, inline: new Set() });
  const pages = whole.length / pageSize;
  const viewAt = (bytes: Uint8Array, page: number): DataView => new DataView(bytes.buffer, page * pageSize, pageSize);
  const findPage = (flag: number, from = 2): number => {
    for (let page = from; page < pages; page += 1) if (viewAt(whole, page).getUint16(8, true) === flag) return page;
    throw new Error('no such page');
  };
  const leaf = findPage(2);
  const branch = findPage(1);

  it.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(), /^the file is too short$/],
    ['text', () => ascii('a'.repeat(9000)), /^it is not a bbolt database$/],
    [
      'both metas',
      (bytes) => {
        bytes[20] = 9;
        bytes[pageSize + 40] = 1;
        return bytes;
      },
      /^its bbolt format is version 9; etcd writes 2$/,
    ],
    ['no bucket of etcd', () => boltFile({ buckets: new Map([['v1', []]]) }), /has no bucket `key`$/],
  ])('%s is no database', async (_, spoil, message) => {
    expect(await readEtcdData(sourceOf(spoil(whole.slice())))).toMatch(message);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array | undefined, RegExp]>([
    ['another page number', (bytes) => void viewAt(bytes, leaf).setUint8(0, 99), /^page 2 says that it is page 99$/],
    [
      'flags of another page',
      (bytes) => void viewAt(bytes, leaf).setUint16(8, 16, true),
      /is neither branch nor leaf$/,
    ],
    ['a cycle', (bytes) => void viewAt(bytes, branch).setUint32(24, branch, true), /^two pages lead to page \d+$/],
    ['a page twice', (bytes) => void viewAt(bytes, branch).setUint32(24, leaf + 1, true), /^two pages lead to page 3$/],
    [
      'a page beyond the end',
      (bytes) => void viewAt(bytes, branch).setUint32(28, 1, true),
      /^page \d+ is not in the file$/,
    ],
    [
      'a meta page as child',
      (bytes) => void viewAt(bytes, branch).setUint32(24, 1, true),
      /^page 1 is not in the file$/,
    ],
    ['overflow beyond the end', (bytes) => void viewAt(bytes, leaf).setUint32(12, 0xffffffff, true), /beyond the end/],
    ['overflow over another page', (bytes) => void viewAt(bytes, leaf).setUint32(12, 1, true), /overlaps another$/],
    ['keys outside the page', (bytes) => void viewAt(bytes, leaf).setUint32(20, 5000, true), /^page 2 has 1 keys that/],
    ['keys one upon another', (bytes) => void viewAt(bytes, leaf).setUint32(20, 0, true), /^page 2 has 1 keys that/],
    ['too many keys', (bytes) => void viewAt(bytes, leaf).setUint16(10, 65535, true), /^page 2 has \d+ keys that/],
    [
      'too many children',
      (bytes) => void viewAt(bytes, branch).setUint16(10, 65535, true),
      /more keys than it has room for$/,
    ],
    ['keys that are no revisions', (bytes) => void spoilKey(bytes), /keys that are not revisions$/],
    ['values that are not of etcd', (bytes) => void spoilValue(bytes), /values that are not of etcd$/],
  ])('%s is a problem, and the rest is read', async (_, spoil, message) => {
    const copy = whole.slice();
    const store = await read(spoil(copy) ?? copy);
    expect(
      store.problems.some((problem) => message.test(problem)),
      store.problems.join('\n'),
    ).toBe(true);
    expect(store.complete).toBe(false);
    const live = store.resources[0]?.stored[0]?.live.count ?? 0;
    expect(live).toBeGreaterThan(0);
    expect(live).toBeLessThanOrEqual(200);
  });

  it('says how much of a file is missing', async () => {
    const store = await read(whole.slice(0, (pages - 3) * pageSize));
    expect(store.problems).toContain(
      `the file is cut short: ${(pages - 3) * pageSize} of ${pages * pageSize} bytes are there`,
    );
  });

  function keyOffset(bytes: Uint8Array): number {
    return leaf * pageSize + 16 + viewAt(bytes, leaf).getUint32(20, true);
  }

  function spoilKey(bytes: Uint8Array): void {
    bytes[keyOffset(bytes) + 8] = 0x2d;
  }

  function spoilValue(bytes: Uint8Array): void {
    bytes[keyOffset(bytes) + 17] = 0xff;
  }

  it('uses the other state where one is torn', async () => {
    const copy = whole.slice();
    copy[40] = 1;
    expect((await read(copy)).resources[0]?.stored[0]?.live.count).toBe(200);
    // The first of the fixture leads nowhere: with the second torn there is nothing to be read.
    const other = whole.slice();
    other[pageSize + 40] = 1;
    expect((await read(other)).problems).toEqual(['page 0 is not in the file']);
  });

  it('never throws or hangs, whatever bytes are changed', async () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 30 }),
        fc.nat(whole.length),
        async (changes, end) => {
          const copy = whole.slice(0, Math.max(end, 2 * pageSize));
          for (const { at, to } of changes) if (at >= pageSize + 80 || at < 16) copy[at] = to;
          const source = sourceOf(copy);
          const store = await readEtcdData(source);
          const seen = source.reads.reduce((sum, length) => sum + length, 0);
          expect(seen).toBeLessThan(whole.length * 4);
          if (typeof store === 'string') return;
          const counted = store.resources.flatMap(({ stored }) =>
            stored.map(({ live, old }) => live.count + old.count),
          );
          expect(counted.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(200);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws on random bytes, with a meta page before them or without', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), fc.boolean(), async (bytes, withMeta) => {
        const file = withMeta ? concat([whole.subarray(0, 2 * pageSize), bytes]) : bytes;
        const store = await readEtcdData(sourceOf(file));
        expect(typeof store === 'string' || !store.complete).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
