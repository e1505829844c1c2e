import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { staticPod } from '../../controls/node-examples.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { boltFile, keyValue, revisionKey } from '../../semantics/etcd-data/bolt-fixture.ts';
import { type NodeEtcdReading, readNodeEtcd } from './of-node.ts';

const entries = [{ key: revisionKey(2), value: keyValue('/registry/secrets/shop/one', 'k8s\0correct-horse') }];
const database = boltFile({ buckets: new Map([['key', entries]]) });
const dataDir = '/etc/kubernetes/etcd';
const place = `${dataDir}/member/snap/db`;

describe('readNodeEtcd', () => {
  let folder = '';
  let root = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-node-etcd-'));
    root = join(folder, 'root');
    mkdirSync(root);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function make(path: string): string {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  }

  function write(path: string): void {
    writeFileSync(make(path), database);
  }

  /** Reads the folder as the root of a node with these files, an etcd unless others are named. */
  async function read(files: string = staticPod('etcd', [`--data-dir=${dataDir}`])): Promise<NodeEtcdReading> {
    const node: NodeEvidence | undefined = nodeExample(files);
    if (node === undefined) throw new Error('no node');
    return readNodeEtcd({ ...node, from: 'root', at: 'the-root' }, { root });
  }

  it('reads the database of a member, and names it as the user did', async () => {
    write(`root${place}`);
    const { etcd, gaps } = await read();
    expect(gaps).toEqual([]);
    expect(etcd).toEqual([
      expect.objectContaining({ at: `the-root${place}`, node: { name: 'node-1', at: 'the-root' }, complete: true }),
    ]);
    expect(etcd[0]?.resources.map(({ resource }) => resource)).toEqual(['secrets']);
  });

  it.each(['k3s', 'rke2'])('reads the database that is inside %s', async (name) => {
    write(`root/var/lib/rancher/${name}/server/db/etcd/member/snap/db`);
    const { etcd, gaps } = await read('# file: /etc/hostname\nnode-1\n');
    expect(gaps).toEqual([]);
    expect(etcd).toHaveLength(1);
  });

  it('says nothing of a database that is not there', async () => {
    expect(await read()).toEqual({ etcd: [], gaps: [] });
  });

  it('follows links inside the root', async () => {
    write('root/data/snap/db');
    symlinkSync('/data', make(`root${dataDir}/member`));
    const { etcd, gaps } = await read();
    expect(gaps).toEqual([]);
    expect(etcd).toHaveLength(1);
  });

  it('opens nothing outside the root', async () => {
    write('outside/snap/db');
    symlinkSync('../../../../../outside', make(`root${dataDir}/member`));
    expect(await read()).toEqual({
      etcd: [],
      gaps: [expect.objectContaining({ what: `the-root${place}`, reason: 'leads outside the root' })],
    });
  });

  it('takes an absolute link to be of the node', async () => {
    write('outside/snap/db');
    symlinkSync(join(folder, 'outside'), make(`root${dataDir}/member`));
    expect(await read()).toEqual({ etcd: [], gaps: [] });
  });

  it('does not wait for a pipe', async () => {
    execFileSync('mkfifo', [make(`root${place}`)]);
    expect((await read()).gaps).toEqual([expect.objectContaining({ reason: 'it is no regular file' })]);
  });

  it('leaves a large database to whoever names it', async () => {
    write(`root${place}`);
    truncateSync(join(folder, `root${place}`), 2 * 1024 ** 3 + 4096);
    expect((await read()).gaps).toEqual([
      expect.objectContaining({ code: 'too-large', hint: expect.stringContaining('--no-etcd') }),
    ]);
  });

  it('says that a file is no database', async () => {
    writeFileSync(make(`root${place}`), 'not a database '.repeat(1000));
    const { etcd, gaps } = await read();
    expect(etcd).toEqual([]);
    expect(gaps).toEqual([expect.objectContaining({ what: `the-root${place}`, code: 'malformed' })]);
  });
});
