import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boltFile, concat, keyValue, revisionKey } from '../../semantics/etcd-data/bolt-fixture.ts';
import { readEtcdFile } from './file.ts';

const value = 'k8s\0correct-horse';
const entries = Array.from({ length: 300 }, (_, index) => ({
  key: revisionKey(index + 2),
  value: keyValue(`/registry/secrets/shop/${index}`, index % 3 === 0 ? value : 'k8s:enc:secretbox:v1:box:x'),
}));
const database = boltFile({ buckets: new Map([['key', entries]]) });
const hash = createHash('sha256').update(database).digest();
const snapshot = concat([database, hash]);

describe('readEtcdFile', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-etcd-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function file(name: string, bytes: Uint8Array | string): string {
    const path = join(folder, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    return path;
  }

  const secrets = [
    {
      resource: 'secrets',
      stored: [
        {
          as: { form: 'encrypted', provider: 'secretbox', version: 'v1', key: 'box' },
          live: { count: 200, examples: ['shop/1', 'shop/2', 'shop/4'] },
          old: { count: 0, examples: [] },
          freed: 0,
        },
        {
          as: { form: 'plaintext', encoding: 'protobuf' },
          live: { count: 100, examples: ['shop/0', 'shop/3', 'shop/6'] },
          old: { count: 0, examples: [] },
          freed: 0,
        },
      ],
    },
  ];

  it('reads a snapshot', async () => {
    const path = file('snapshot.db', snapshot);
    const { evidence, gaps } = await readEtcdFile(path);
    expect(gaps).toEqual([]);
    expect(evidence).toEqual({
      from: 'file',
      at: path,
      file: {
        kind: 'snapshot',
        integrity: { state: 'ok', hashed: database.length },
        modified: '2023-11-14T22:13:20.000Z',
        mode: 0o600,
        uid: process.getuid?.(),
        gid: process.getgid?.(),
      },
      size: { total: database.length, inUse: database.length },
      revision: 301,
      prefix: '/registry',
      resources: secrets,
      otherKeys: 0,
      complete: true,
      problems: [],
    });
    expect(JSON.stringify(evidence)).not.toContain('correct-horse');
  });

  it('reads a database, which has no hash', async () => {
    const { evidence, gaps } = await readEtcdFile(file('db', database), { prefix: '/registry' });
    expect(gaps).toEqual([]);
    expect(evidence).toMatchObject({
      file: { kind: 'database', integrity: { state: 'no-hash', size: database.length } },
      resources: secrets,
    });
  });

  it('tells that any byte of a snapshot was changed, its hash included', async () => {
    for (const at of [database.indexOf(0x68), database.length - 1, snapshot.length - 1]) {
      const copy = snapshot.slice();
      copy[at] = (copy[at] ?? 0) ^ 1;
      const { evidence } = await readEtcdFile(file('changed.db', copy));
      expect(evidence?.file?.integrity).toEqual({
        state: 'mismatch',
        hashed: database.length,
        expected: Buffer.from(copy.subarray(database.length)).toString('hex'),
        found: createHash('sha256').update(copy.subarray(0, database.length)).digest('hex'),
      });
    }
  });

  it('tells how much of a snapshot is missing', async () => {
    const path = file('cut.db', snapshot);
    truncateSync(path, database.length - 4096 - 700);
    const { evidence, gaps } = await readEtcdFile(path);
    const reason = `the file is cut short: ${database.length - 4796} of ${database.length} bytes are there`;
    expect(gaps).toEqual([
      expect.objectContaining({ code: 'malformed', what: path, reason: expect.stringContaining(reason) }),
    ]);
    expect(evidence).toMatchObject({ complete: false, file: { kind: 'database', integrity: { state: 'no-hash' } } });
  });

  it('tells that something writes to the file', async () => {
    const path = file('written.db', database);
    const run = { writing: true };
    const write = async (): Promise<void> => {
      while (run.writing) {
        appendFileSync(path, 'x'.repeat(512));
        await new Promise(setImmediate);
      }
    };
    const writer = write();
    const { evidence, gaps } = await readEtcdFile(path);
    run.writing = false;
    await writer;
    expect(evidence).toMatchObject({ complete: false, resources: secrets });
    expect(gaps[0]?.reason).toMatch(/^the file changed while it was read: /);
  });

  it.each<[string, Uint8Array | string, string]>([
    ['gzip', gzipSync(snapshot), 'it is compressed with gzip'],
    ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0), 'it is compressed with zstd'],
    ['tar', `${'a'.repeat(257)}ustar\0`, 'it is a tar archive'],
    ['zip', 'PK\x03\x04', 'it is a zip archive'],
    ['SQLite', 'SQLite format 3\0', 'it is a SQLite database'],
    ['nothing', '', 'it is no etcd snapshot or database: the file is too short'],
    ['text', 'a'.repeat(32), 'it is no etcd snapshot or database: the file is too short'],
    ['YAML', 'apiVersion: v1\n'.repeat(100), 'it is no etcd snapshot or database: it is not a bbolt database'],
    [
      'another bbolt file',
      boltFile({ buckets: new Map([['v1', []]]) }),
      'it is no etcd snapshot or database: it is a bbolt database, but not of etcd: it has no bucket `key`',
    ],
  ])('refuses %s', async (name, bytes, reason) => {
    const path = file(`refused-${name.replaceAll(' ', '-')}`, bytes);
    const { evidence, gaps } = await readEtcdFile(path);
    expect(evidence).toBeUndefined();
    expect(gaps).toEqual([{ code: 'malformed', what: path, reason, hint: expect.any(String) }]);
  });

  it('says why a file cannot be read', async () => {
    const dataFolder = join(folder, 'data');
    mkdirSync(dataFolder);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const sparse = file('sparse.db', database);
    truncateSync(sparse, 100 * 1024 ** 3);
    const missing = join(folder, 'missing.db');
    const aborted = file('aborted.db', snapshot);
    expect(await readEtcdFile(dataFolder)).toEqual({
      gaps: [
        {
          code: 'unreadable',
          what: dataFolder,
          reason: 'it is a folder',
          hint: 'name a snapshot, or the file member/snap/db below the data folder',
        },
      ],
    });
    expect((await readEtcdFile(pipe)).gaps).toEqual([
      { code: 'unreadable', what: pipe, reason: 'it is no regular file' },
    ]);
    expect((await readEtcdFile(sparse)).gaps).toEqual([
      { code: 'too-large', what: sparse, reason: 'it has 107374182400 bytes; no more than 68719476736 are read' },
    ]);
    expect((await readEtcdFile(missing)).gaps).toEqual([{ code: 'unreadable', what: missing, reason: 'no such file' }]);
    expect((await readEtcdFile(aborted, { signal: AbortSignal.abort() })).gaps).toEqual([
      { code: 'interrupted', what: aborted, reason: 'the reading was stopped' },
    ]);
  });

  it.skipIf(process.getuid?.() === 0)('says that root could read it', async () => {
    const path = file('locked.db', snapshot);
    chmodSync(path, 0);
    expect((await readEtcdFile(path)).gaps).toEqual([
      { code: 'unreadable', what: path, reason: 'permission denied', hint: 'run it as root' },
    ]);
  });
});
