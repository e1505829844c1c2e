import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectNode } from '../../src/collect/node/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import type { NodeEvidence } from '../../src/model/node.ts';
import { labAvailable, warnIfNoLab } from '../lab.ts';
import { answerOf, handshake } from './observe.ts';

warnIfNoLab('Settings of kube-proxy and kubelet that real processes show');

const hasContainerd = spawnSync('containerd', ['--version']).status === 0;
if (!hasContainerd)
  console.warn('the kubelets of test/e2e/observed-settings.test.ts are skipped: they need containerd');

const port = 18_150;

describe.skipIf(!labAvailable)('settings that real processes show', () => {
  let folder = '';
  let assets = '';
  const children: ChildProcess[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-observed-'));
    const lab = resolve(import.meta.dirname, '../../../shared/kube/lab');
    assets = execFileSync(lab, ['assets'], { encoding: 'utf8' }).trim();
  }, 60_000);
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    for (const name of ['open', 'shut']) spawnSync('umount', ['--lazy', join(folder, name, 'data')]);
    rmSync(folder, { recursive: true, force: true });
  });

  function start(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.on('error', () => undefined);
    children.push(child);
    return child;
  }

  function write(name: string, value: unknown): string {
    const file = join(folder, name);
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  }

  /** What is found of one process, or of a folder of files. */
  async function found(options: Parameters<typeof collectNode>[0], component: string): Promise<string[]> {
    const { node } = await collectNode(options);
    return findings(node).filter((id) => id.startsWith(`${component}/`));
  }

  function findings(node: NodeEvidence): string[] {
    const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps: [], nodes: [node] }], new Date().toISOString());
    const judgement = judge(snapshot, { controls, profiles: ['security'] });
    expect(judgement.errors).toEqual([]);
    return judgement.findings.map(({ control }) => control.id);
  }

  describe('of kube-proxy', () => {
    /** In a network of its own: it changes the rules of the one that it is in. */
    function startProxy(...args: readonly string[]): ChildProcess {
      return start('unshare', ['--net', join(assets, 'kube-proxy'), '--hostname-override=n', ...args]);
    }

    const configuration = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' };
    const addresses = { healthzBindAddress: `127.0.0.1:${port + 1}`, bindAddress: '192.0.2.9' };

    it('with a file, flags say nothing', async () => {
      const kubeconfig = write('kubeconfig', {
        kind: 'Config',
        'current-context': 'a',
        clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'a', user: {} }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      });
      const own = { ...configuration, ...addresses, clientConnection: { kubeconfig }, conntrack: { maxPerCore: 0 } };
      const open = write('open.yaml', { ...own, metricsBindAddress: `0.0.0.0:${port}` });
      const shut = write('shut.yaml', { ...own, metricsBindAddress: `127.0.0.1:${port}` });
      const rows = [
        { config: open, flag: `127.0.0.1:${port}`, listens: `any:${port}`, finds: true },
        { config: shut, flag: `0.0.0.0:${port}`, listens: `127.0.0.1:${port}`, finds: false },
      ];
      for (const { config, flag, listens, finds } of rows) {
        const { pid = 0 } = startProxy(`--config=${config}`, `--metrics-bind-address=${flag}`);
        expect(await listenersOf(pid)).toEqual([`127.0.0.1:${port + 1}`, listens].sort());
        const ids = await found({ at: '/', from: 'host', pids: [pid], name: 'n' }, 'kube-proxy');
        expect(ids.includes('kube-proxy/metrics-bind-address'), listens).toBe(finds);
        expect(ids).not.toContain('kube-proxy/healthz-bind-address');
      }
    }, 60_000);

    it('ignores a kubeconfig at the top of its file, and does not start', async () => {
      const text = { ...configuration, ...addresses, kubeconfig: '/etc/kubernetes/kube-proxy.conf' };
      const child = startProxy(`--config=${write('misplaced.yaml', text)}`);
      let log = '';
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk;
      });
      const code = await new Promise((ended) => child.once('close', ended));
      expect([code, /unknown field: kubeconfig/.test(log), /Falling back to in-cluster config/.test(log)]).toEqual([
        ...[1, true, true],
      ]);
      const root = join(folder, 'root');
      mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
      writeFileSync(join(root, 'etc/proxy.yaml'), JSON.stringify(text));
      writeFileSync(
        join(root, 'etc/systemd/system/kube-proxy.service'),
        '[Service]\nExecStart=/usr/bin/kube-proxy --config=/etc/proxy.yaml\n',
      );
      expect(await found({ at: root, from: 'root' }, 'kube-proxy')).toContain('kube-proxy/configuration-problems');
    }, 30_000);
  });

  describe.skipIf(!hasContainerd)('of the kubelet', () => {
    beforeAll(async () => {
      const state = ['--root', join(folder, 'images'), '--state', join(folder, 'state')];
      start('containerd', ['--address', join(folder, 'containerd.sock'), ...state]);
    });

    /** Alone, without an API server. Resolves to its process id when it answers. */
    async function startKubelet(name: string, base: number, settings: Record<string, unknown>): Promise<number> {
      const own = join(folder, name);
      mkdirSync(own);
      const config = write(`${name}.json`, {
        apiVersion: 'kubelet.config.k8s.io/v1beta1',
        kind: 'KubeletConfiguration',
        address: '127.0.0.1',
        port: base,
        healthzPort: base + 1,
        failSwapOn: false,
        cgroupsPerQOS: false,
        enforceNodeAllocatable: [],
        makeIPTablesUtilChains: false,
        ...settings,
      });
      const { pid = 0 } = start(join(assets, 'kubelet'), [
        ...[`--config=${config}`, `--root-dir=${own}/data`, `--cert-dir=${own}/pki`, '--container-runtime=remote'],
        `--container-runtime-endpoint=unix://${folder}/containerd.sock`,
      ]);
      for (let tries = 0; tries < 80; tries += 1) {
        if ((await answerOf({ port: base, path: '/pods', tls: true })).kind === 'status') return pid;
        await delay(250);
      }
      throw new Error(`the kubelet "${name}" did not start`);
    }

    it('lets in whom it is told to, and speaks what it is told to', async () => {
      const ca = write('ca.crt', '');
      execFileSync(
        'openssl',
        [...'req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -days 2 -keyout /dev/null -out'.split(' '), ca],
        { stdio: 'pipe' },
      );
      const x509 = { clientCAFile: ca };
      const suites = ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
      const open = await startKubelet('open', port + 10, {
        authentication: { anonymous: { enabled: true }, webhook: { enabled: false }, x509 },
        authorization: { mode: 'AlwaysAllow' },
        readOnlyPort: port + 12,
        tlsMinVersion: 'VersionTLS10',
        tlsCipherSuites: suites,
      });
      const shut = await startKubelet('shut', port + 20, {
        authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509 },
        authorization: { mode: 'AlwaysAllow' },
        tlsMinVersion: 'VersionTLS12',
        tlsCipherSuites: suites.slice(1),
      });
      const shown = async (base: number) => ({
        pods: await answerOf({ port: base, path: '/pods', tls: true }),
        readOnly: (await answerOf({ port: base + 2, path: '/pods', tls: false })).kind,
        old: await handshake({ port: base, maxVersion: 'TLSv1' }),
      });
      expect([await shown(port + 10), await shown(port + 20)]).toEqual([
        { pods: { kind: 'status', status: 200 }, readOnly: 'status', old: 'TLSv1 AES128-SHA' },
        { pods: { kind: 'status', status: 401 }, readOnly: 'refused', old: 'refused' },
      ]);
      const ids = async (pid: number) => found({ at: '/', from: 'host', pids: [pid], name: 'n' }, 'kubelet');
      const [ofOpen, ofShut] = [await ids(open), await ids(shut)];
      expect(ofOpen.filter((id) => !ofShut.includes(id)).sort()).toEqual([
        'kubelet/anonymous-auth',
        'kubelet/read-only-port',
        'kubelet/tls-cipher-suites',
        'kubelet/tls-min-version',
      ]);
      expect(ofShut.filter((id) => !ofOpen.includes(id))).toEqual([]);
      expect(ofShut).toContain('kubelet/authorization-mode');
    }, 90_000);
  });
});

/** Where a process listens, by the kernel's tables of its own network, once there are two places. */
async function listenersOf(pid: number): Promise<string[]> {
  let found: string[] = [];
  for (let tries = 0; tries < 80 && found.length < 2; tries += 1) {
    await delay(250);
    found = ['tcp', 'tcp6'].flatMap((name) =>
      readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
        .split('\n')
        .slice(1)
        .flatMap((line) => {
          const [, local = '', , state] = line.trim().split(/\s+/);
          const [address = '', hex = ''] = local.split(':');
          if (state !== '0A') return [];
          return [`${/^0+$/.test(address) ? 'any' : '127.0.0.1'}:${Number.parseInt(hex, 16)}`];
        }),
    );
  }
  return found.sort();
}
