import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeScript } from '../../src/collect/node/bundle/node-script.ts';
import { collectNode } from '../../src/collect/node/collect.ts';
import type { FileEvidence, NodeEvidence } from '../../src/model/node.ts';
import { componentArgs } from '../../src/semantics/node/component-args.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('Bundles of a node');

describe.skipIf(!labAvailable)('a bundle of a node that kubeadm made', () => {
  let lab: Lab;
  let root = '';
  beforeAll(async () => {
    lab = await startLab({ port: 17_300 });
    root = join(lab.folder, 'root');
    writeFileSync(join(lab.folder, 'node.sh'), nodeScript());
  }, 150_000);
  afterAll(async () => lab?.stop(), 100_000);

  function bundleOf(name: string, ...args: readonly string[]): string {
    const bundle = join(lab.folder, name);
    execFileSync('sh', [join(lab.folder, 'node.sh'), bundle, ...args]);
    return bundle;
  }

  /** What stays the same while etcd writes. */
  function steady(files: readonly FileEvidence[]): Record<string, Partial<FileEvidence>> {
    const kept = files.filter(({ path }) => !/\/(?:wal|snap)\//.test(path));
    return Object.fromEntries(kept.map(({ size: _size, modified: _modified, ...file }) => [file.path, file]));
  }

  /** Pieces of every private key of the lab, as PEM and as base64 of it, and its tokens. */
  function secretsOf(folder: string): string[] {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.includes('member/'),
    );
    return names.flatMap((name) => {
      const path = join(folder, name);
      if (!statSync(path).isFile()) return [];
      const text = readFileSync(path, 'utf8');
      const pem = [...text.matchAll(/PRIVATE KEY-----\n([\s\S]+?)\n-----END/g)].flatMap(([, body = '']) =>
        body.split('\n'),
      );
      const fields = [...text.matchAll(/(?:client-key-data|token): (\S{20,})/g)].map(([, value = '']) => value);
      return [
        ...pem.filter((line) => line.length === 64),
        ...fields.flatMap((value) => [value.slice(0, 80), value.slice(-80)]),
      ];
    });
  }

  it('gives what the root itself gives', async () => {
    const bundle = bundleOf('root.tar.gz', root);
    const there = await collectNode({ at: root, from: 'root' });
    const here = await collectNode({ at: bundle, from: 'bundle' });
    expect(here.gaps).toEqual([]);
    expect(there.gaps).toEqual([]);
    const { files: filesThere, from: _from, at: _at, ...restThere } = there.node;
    const { files: filesHere, from, at, ...restHere } = here.node;
    expect(steady(filesHere)).toEqual(steady(filesThere));
    expect(restHere).toEqual(restThere);
    expect({ from, at }).toEqual({ from: 'bundle', at: bundle });
    const started = (node: NodeEvidence) => componentArgs(node).map(({ component, args }) => ({ component, args }));
    expect(started(here.node)).toEqual(started(there.node));
    expect(started(here.node)).toHaveLength(5);
  });

  it('gives what the live machine gives', async () => {
    const run = join(lab.folder, 'run');
    const pids = readdirSync(run).map((name) => Number(readFileSync(join(run, name), 'utf8')));
    const bundle = bundleOf('host.tar.gz');
    const there = await collectNode({ at: '/', from: 'host', pids });
    const here = await collectNode({ at: bundle, from: 'bundle', pids });
    expect(here.gaps).toEqual(there.gaps);
    expect(here.node.processes).toEqual(there.node.processes);
    expect(here.node.processes.length).toBe(pids.length);
    expect(here.node.users).toEqual(there.node.users);
    expect(here.node.groups).toEqual(there.node.groups);
    const ours = (node: NodeEvidence) => steady(node.files.filter(({ path }) => path.startsWith(`${root}/`)));
    expect(ours(here.node)).toEqual(ours(there.node));
    expect(Object.keys(ours(here.node)).length).toBeGreaterThan(20);
    const { listeners: l1, filesystems: f1, ...hostHere } = here.node.host ?? {};
    const { listeners: l2, filesystems: f2, ...hostThere } = there.node.host ?? {};
    expect(hostHere).toEqual(hostThere);
    const api = here.node.processes.find(({ exe }) => exe.endsWith('/kube-apiserver'));
    const listener = { address: '127.0.0.1', port: 17_300, pid: api?.pid };
    expect(l1).toContainEqual(listener);
    expect(l2).toContainEqual(listener);
    const data = (spaces: typeof f1) => spaces?.find(({ path }) => path === join(root, 'var/lib/etcd'))?.total;
    expect(data(f1)).toBeGreaterThan(1e9);
    expect(data(f1)).toBe(data(f2));
  });

  it('holds none of the keys and tokens', async () => {
    const secrets = secretsOf(join(root, 'etc'));
    expect(secrets.length).toBeGreaterThan(100);
    for (const bundle of [bundleOf('secrets-root.tar.gz', root), bundleOf('secrets-host.tar.gz')]) {
      const unpacked = gunzipSync(readFileSync(bundle)).toString('latin1');
      const evidence = JSON.stringify(await collectNode({ at: bundle, from: 'bundle' }));
      expect(secrets.filter((secret) => unpacked.includes(secret) || evidence.includes(secret))).toEqual([]);
    }
  });

  it('shows who serves the API server to whoever asks on this machine', async () => {
    const assets = execFileSync(resolve(import.meta.dirname, '../../../shared/kube/lab'), ['assets'], {
      encoding: 'utf8',
    });
    const args = ['--kubeconfig', lab.kubeconfig, '--token', 'not-for-reports', 'proxy', '--port=17309'];
    const proxy = spawn(join(assets.trim(), 'kubectl'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((ready) => proxy.stdout.once('data', ready));
      const pids = [proxy.pid ?? 0];
      const bundle = bundleOf('proxy.tar.gz');
      for (const { node } of [
        await collectNode({ at: '/', from: 'host', pids }),
        await collectNode({ at: bundle, from: 'bundle', pids }),
      ]) {
        expect(node.processes).toMatchObject([{ pid: proxy.pid, uid: 0, env: {} }]);
        expect(node.processes[0]?.argv.slice(1)).toEqual([...args.slice(0, 3), 'REDACTED', 'proxy', '--port=17309']);
        expect(node.host?.listeners).toContainEqual({ address: '127.0.0.1', port: 17_309, pid: proxy.pid });
      }
    } finally {
      proxy.kill();
      await Promise.race([new Promise((gone) => proxy.once('exit', gone)), sleep(5000)]);
    }
  });

  it('is read in a tenth of a second', async () => {
    const bundle = bundleOf('speed.tar.gz', root);
    const times: number[] = [];
    for (let run = 0; run < 15; run += 1) {
      const start = performance.now();
      await collectNode({ at: bundle, from: 'bundle' });
      times.push(performance.now() - start);
    }
    // Shared machines are slow at times; the fastest of several says what the work takes.
    expect(Math.min(...times)).toBeLessThan(100);
  });
});
