import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectNode } from '../../src/collect/node/collect.ts';
import { componentArgs } from '../../src/semantics/node/component-args.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('Collecting a node');

describe.skipIf(!labAvailable)('a node that kubeadm made', () => {
  let lab: Lab;
  let root = '';
  beforeAll(async () => {
    lab = await startLab({ port: 19443 });
    root = join(lab.folder, 'root');
  }, 150_000);
  afterAll(async () => lab?.stop(), 100_000);

  it('is recorded file by file as stat sees it', async () => {
    const { node, gaps } = await collectNode({ at: root, from: 'root' });
    expect(gaps).toEqual([]);
    const seen = new Map(node.files.map((file) => [file.path, file]));
    const all = execFileSync('find', [root, '-printf', '%P\t%y\t%m\t%U\t%G\n'], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');
    const types: Record<string, string> = { f: 'file', d: 'directory' };
    let compared = 0;
    for (const line of all) {
      const [path = '', type = '', mode = '', uid, gid] = line.split('\t');
      if (path.startsWith('var/lib/etcd/member/wal/')) continue;
      compared += 1;
      expect(seen.get(`/${path}`), path).toMatchObject({
        type: types[type],
        mode: Number.parseInt(mode, 8),
        uid: Number(uid),
        gid: Number(gid),
      });
    }
    expect(seen.size).toBe(compared);
  });

  it('keeps configuration and certificates to the byte, and no secret', async () => {
    const { node } = await collectNode({ at: root, from: 'root' });
    const report = JSON.stringify(node);
    for (const { path, text, secret } of node.files) {
      const original = path.startsWith('/etc/') || path.startsWith('/var/lib/kubelet/');
      if (!original || node.files.find((file) => file.path === path)?.type !== 'file') continue;
      const content = readFileSync(join(root, path), 'utf8');
      if (secret === 'kubeconfig-credential') {
        expect(text).toBe(content.replace(/(client-key-data: ).*/, '$1REDACTED'));
      } else if (path.endsWith('.key')) expect({ text, secret }).toEqual({ text: undefined, secret: 'private-key' });
      else if (!path.endsWith('.pub')) expect(text, path).toBe(content);
      for (const key of keysIn(content)) expect(report).not.toContain(key);
    }
  });

  it('says how its components are started', async () => {
    const { node } = await collectNode({ at: root, from: 'root' });
    const components = componentArgs(node);
    expect(components.map(({ component }) => component)).toEqual([
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'etcd',
      'kubelet',
    ]);
    // The lab's root has kubeadm's files for the kubelet and no unit: the one that kubeadm's packages bring is assumed.
    expect(components[4]?.args.map(({ text }) => text)).toContain('--config=/var/lib/kubelet/config.yaml');
    for (const { component, args } of components.slice(0, 4)) {
      const lines = readFileSync(join(root, `etc/kubernetes/manifests/${component}.yaml`), 'utf8').split('\n');
      const written = lines.flatMap((line, index) =>
        /^ {4}- --/.test(line) ? [{ line: index + 1, text: line.slice(6) }] : [],
      );
      expect(args.map(({ line, text }) => ({ line, text }))).toEqual(written);
    }
    expect(components[0]?.readFile('/etc/kubernetes/pki/ca.crt')).toBe(
      readFileSync(join(root, 'etc/kubernetes/pki/ca.crt'), 'utf8'),
    );
  });

  it('shows its live processes as the kernel has them', async () => {
    const run = join(lab.folder, 'run');
    const pids = readdirSync(run).map((name) => Number(readFileSync(join(run, name), 'utf8')));
    const { node } = await collectNode({ at: '/', from: 'host', pids });
    expect(node.processes.map(({ pid }) => pid).sort()).toEqual(pids.sort());
    for (const { pid, argv } of node.processes) {
      expect(argv).toEqual(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1));
    }
    const [api] = componentArgs(node);
    const ca = join(root, 'etc/kubernetes/pki/ca.crt');
    expect(api?.args).toContainEqual({
      text: `--client-ca-file=${ca}`,
      where: `process ${node.processes.find(({ exe }) => exe.endsWith('/kube-apiserver'))?.pid} (kube-apiserver)`,
    });
    expect(api?.readFile(ca)).toBe(readFileSync(ca, 'utf8'));
    const report = JSON.stringify(node);
    for (const name of readdirSync(join(root, 'etc/kubernetes/pki'))) {
      if (!name.endsWith('.key')) continue;
      for (const key of keysIn(readFileSync(join(root, 'etc/kubernetes/pki', name), 'utf8'))) {
        expect(report).not.toContain(key);
      }
    }
  });
});

/** Pieces of the private keys in a text, as PEM and as base64 of it. */
function keysIn(content: string): string[] {
  const lines = /PRIVATE KEY-----/.test(content) ? content.split('\n').filter((line) => line.length === 64) : [];
  const [, data] = /client-key-data: (\S+)/.exec(content) ?? [];
  return data === undefined ? lines : [...lines, data.slice(0, 100), data.slice(400, 500)];
}
