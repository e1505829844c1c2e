import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectNode } from '../../src/collect/node/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { type Answer, answerOf, handshake } from './observe.ts';

warnIfNoLab('Settings that are spoiled one by one');

/** A node that kubeadm made, before anyone touched it. */
class Root {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  at(path: string): string {
    return join(this.path, path);
  }

  edit(path: string, change: (text: string) => string): void {
    const before = readFileSync(this.at(path), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`nothing was changed in ${path}`);
    writeFileSync(this.at(path), after);
  }

  /** A flag of a static pod: set, added, or removed where the value is undefined. */
  flag(component: string, name: string, value: string | undefined): void {
    this.edit(`/etc/kubernetes/manifests/${component}.yaml`, (text) => {
      const line = new RegExp(`^    - --${name}=.*\n`, 'm');
      const wanted = value === undefined ? '' : `    - --${name}=${value}\n`;
      return line.test(text)
        ? text.replace(line, wanted)
        : text.replace(`    - ${component}\n`, `    - ${component}\n${wanted}`);
    });
  }

  kubelet(change: (text: string) => string): void {
    this.edit('/var/lib/kubelet/config.yaml', change);
  }
}

interface Spoil {
  readonly title: string;
  readonly spoil: (root: Root) => void;
  /** The only control whose findings are new. */
  readonly finds: string;
}

const spoils: readonly Spoil[] = [
  // Files.
  {
    title: 'a manifest is readable',
    spoil: (root) => chmodSync(root.at('/etc/kubernetes/manifests/kube-apiserver.yaml'), 0o644),
    finds: 'files/kube-apiserver-manifest-mode',
  },
  {
    title: 'a manifest has another owner',
    spoil: (root) => chownSync(root.at('/etc/kubernetes/manifests/etcd.yaml'), 1234, 0),
    finds: 'files/etcd-manifest-owner',
  },
  {
    title: 'the administrator’s kubeconfig is readable',
    spoil: (root) => chmodSync(root.at('/etc/kubernetes/admin.conf'), 0o644),
    finds: 'files/admin-kubeconfig-mode',
  },
  {
    title: 'a key is readable',
    spoil: (root) => chmodSync(root.at('/etc/kubernetes/pki/apiserver.key'), 0o640),
    finds: 'files/pki-key-mode',
  },
  {
    title: 'a certificate is writable',
    spoil: (root) => chmodSync(root.at('/etc/kubernetes/pki/apiserver.crt'), 0o664),
    finds: 'files/pki-certificate-mode',
  },
  {
    title: 'the database is open',
    spoil: (root) => chmodSync(root.at('/var/lib/etcd'), 0o755),
    finds: 'files/etcd-data-mode',
  },
  // API server.
  {
    title: 'everyone may do everything',
    spoil: (root) => root.flag('kube-apiserver', 'authorization-mode', 'AlwaysAllow'),
    finds: 'kube-apiserver/always-allow',
  },
  {
    title: 'no RBAC',
    spoil: (root) => root.flag('kube-apiserver', 'authorization-mode', 'Node,Webhook'),
    finds: 'kube-apiserver/rbac-authorizer',
  },
  {
    title: 'static tokens',
    spoil: (root) => {
      writeFileSync(root.at('/etc/kubernetes/pki/tokens.csv'), 'a,b,c\n', { mode: 0o600 });
      root.flag('kube-apiserver', 'token-auth-file', '/etc/kubernetes/pki/tokens.csv');
    },
    finds: 'kube-apiserver/token-auth-file',
  },
  {
    title: 'AlwaysAdmit',
    spoil: (root) => root.flag('kube-apiserver', 'enable-admission-plugins', 'NodeRestriction,AlwaysAdmit'),
    finds: 'kube-apiserver/always-admit',
  },
  {
    title: 'no NodeRestriction',
    spoil: (root) => root.flag('kube-apiserver', 'enable-admission-plugins', 'NamespaceLifecycle'),
    finds: 'kube-apiserver/node-restriction',
  },
  {
    title: 'no ServiceAccount plugin',
    spoil: (root) => root.flag('kube-apiserver', 'disable-admission-plugins', 'ServiceAccount'),
    finds: 'kube-apiserver/service-account-plugin',
  },
  {
    title: 'no NamespaceLifecycle plugin',
    spoil: (root) => root.flag('kube-apiserver', 'disable-admission-plugins', 'NamespaceLifecycle'),
    finds: 'kube-apiserver/namespace-lifecycle',
  },
  {
    title: 'tokens are not looked up',
    spoil: (root) => root.flag('kube-apiserver', 'service-account-lookup', 'false'),
    finds: 'kube-apiserver/service-account-lookup',
  },
  {
    title: 'no client CA',
    spoil: (root) => root.flag('kube-apiserver', 'client-ca-file', undefined),
    finds: 'kube-apiserver/client-ca-file',
  },
  {
    title: 'TLS 1.0',
    spoil: (root) => root.flag('kube-apiserver', 'tls-min-version', 'VersionTLS10'),
    finds: 'kube-apiserver/tls-min-version',
  },
  {
    title: 'a weak suite',
    spoil: (root) =>
      root.flag(
        'kube-apiserver',
        'tls-cipher-suites',
        'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA',
      ),
    finds: 'kube-apiserver/tls-cipher-suites',
  },
  {
    title: 'etcd without TLS',
    spoil: (root) => root.flag('kube-apiserver', 'etcd-servers', 'http://127.0.0.1:2379'),
    finds: 'kube-apiserver/etcd-https',
  },
  // Controller manager and scheduler.
  {
    title: 'controllers share an identity',
    spoil: (root) => root.flag('kube-controller-manager', 'use-service-account-credentials', 'false'),
    finds: 'kube-controller-manager/service-account-credentials',
  },
  {
    title: 'the controller manager listens everywhere',
    spoil: (root) => root.flag('kube-controller-manager', 'bind-address', '0.0.0.0'),
    finds: 'kube-controller-manager/bind-address',
  },
  {
    title: 'no root CA for pods',
    spoil: (root) => root.flag('kube-controller-manager', 'root-ca-file', undefined),
    finds: 'kube-controller-manager/root-ca-file',
  },
  {
    title: 'the scheduler listens everywhere',
    spoil: (root) => root.flag('kube-scheduler', 'bind-address', '0.0.0.0'),
    finds: 'kube-scheduler/bind-address',
  },
  // etcd.
  {
    title: 'etcd asks for no certificate',
    spoil: (root) => root.flag('etcd', 'client-cert-auth', 'false'),
    finds: 'etcd/client-cert-auth',
  },
  {
    title: 'etcd makes its own certificate',
    spoil: (root) => root.flag('etcd', 'auto-tls', 'true'),
    finds: 'etcd/client-auto-tls',
  },
  {
    title: 'etcd trusts the cluster’s CA',
    spoil: (root) => root.flag('etcd', 'trusted-ca-file', '/etc/kubernetes/pki/ca.crt'),
    finds: 'etcd/own-ca',
  },
  {
    title: 'etcd shows its metrics to all',
    spoil: (root) => root.flag('etcd', 'listen-metrics-urls', 'http://0.0.0.0:2381'),
    finds: 'etcd/listen-metrics-urls',
  },
  // Kubelet.
  {
    title: 'the kubelet lets anyone in',
    spoil: (root) =>
      root.kubelet((text) => text.replace('anonymous:\n    enabled: false', 'anonymous:\n    enabled: true')),
    finds: 'kubelet/anonymous-auth',
  },
  {
    title: 'the kubelet lets anyone do anything',
    spoil: (root) => root.kubelet((text) => text.replace('mode: Webhook', 'mode: AlwaysAllow')),
    finds: 'kubelet/authorization-mode',
  },
  {
    title: 'the read-only port',
    spoil: (root) => root.kubelet((text) => `${text}readOnlyPort: 10255\n`),
    finds: 'kubelet/read-only-port',
  },
  {
    title: 'the kubelet knows no CA',
    spoil: (root) => root.kubelet((text) => text.replace(/  x509:\n.*\n/, '')),
    finds: 'kubelet/client-ca-file',
  },
  {
    title: 'certificates are not rotated',
    spoil: (root) => root.kubelet((text) => text.replace('rotateCertificates: true', 'rotateCertificates: false')),
    finds: 'kubelet/rotate-certificates',
  },
  {
    title: 'no chain for hints',
    spoil: (root) => root.kubelet((text) => `${text}makeIPTablesUtilChains: false\n`),
    finds: 'kubelet/iptables-util-chains',
  },
];

describe.skipIf(!labAvailable)('on a node that kubeadm made', () => {
  let lab: Lab;
  let folder = '';
  let baseline: Judgement;
  beforeAll(async () => {
    lab = await startLab({ port: 19643 });
    folder = mkdtempSync(join(tmpdir(), 'bulwark-spoiled-'));
    baseline = await judged(join(lab.folder, 'root'));
  }, 150_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await lab?.stop();
  }, 100_000);

  it.each(spoils.map((row) => [row.title, row] as const))('%s: just that is found', async (_, { spoil, finds }) => {
    const copy = join(folder, 'root');
    rmSync(copy, { recursive: true, force: true });
    // Without the log, which is large and changes as it is copied.
    cpSync(join(lab.folder, 'root'), copy, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !path.includes('/wal/'),
    });
    spoil(new Root(copy));
    const before = new Set(baseline.findings.map(({ identity }) => identity));
    const fresh = (await judged(copy)).findings.filter(({ identity }) => !before.has(identity));
    expect(
      [...new Set(fresh.map(({ control }) => control.id))],
      fresh.map(({ message }) => message).join('\n'),
    ).toEqual([finds]);
  });

  describe('real processes show that it is so', () => {
    let started: ChildProcess[] = [];
    afterAll(() => {
      for (const child of started) child.kill('SIGKILL');
      started = [];
    });

    /** Starts the lab's API server once more, on its own port, with these arguments in place of its own. */
    async function apiServer(port: number, args: readonly string[]): Promise<void> {
      const own = manifestArgs(join(lab.folder, 'root'), 'kube-apiserver');
      const named = new Set(args.map((arg) => arg.split('=')[0]));
      const etcd = Number(new URL(lab.server).port) + 1;
      const fixed = [
        `--etcd-servers=https://127.0.0.1:${etcd}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        '--insecure-port=0',
      ];
      const all = [...own, ...fixed].filter((arg) => !named.has(arg.split('=')[0] ?? ''));
      await start(['kube-apiserver', ...lastOfEach(all), ...args.filter((arg) => arg.includes('='))]);
      await ready(() => answerOf({ port, path: '/version', tls: true }));
    }

    async function start([program = '', ...args]: readonly string[]): Promise<void> {
      const assets = process.env['KUBEBUILDER_ASSETS'] ?? lab.assets;
      started.push(spawn(join(assets, program), args, { stdio: 'ignore' }));
    }

    async function ready(ask: () => Promise<Answer>): Promise<void> {
      for (let tries = 0; tries < 120; tries += 1) {
        if ((await ask()).kind === 'status') return;
        await delay(500);
      }
      throw new Error('it did not start');
    }

    it('of the API server', async () => {
      const tokens = join(folder, 'tokens.csv');
      writeFileSync(tokens, 'secret-word,jane,1\n');
      await apiServer(19661, [
        '--authorization-mode=AlwaysAllow',
        `--token-auth-file=${tokens}`,
        '--tls-min-version=VersionTLS10',
        '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA',
      ]);
      const secure = Number(new URL(lab.server).port);
      const jane = { authorization: 'Bearer secret-word' };
      const secrets = '/api/v1/secrets';
      // Static token, and every user may do everything.
      expect(await answerOf({ port: secure, path: secrets, tls: true, headers: jane })).toEqual({
        kind: 'status',
        status: 401,
      });
      expect(await answerOf({ port: 19661, path: secrets, tls: true, headers: jane })).toEqual({
        kind: 'status',
        status: 200,
      });
      expect(await handshake({ port: secure, maxVersion: 'TLSv1' })).toBe('refused');
      expect(await handshake({ port: 19661, maxVersion: 'TLSv1' })).toBe('TLSv1 AES128-SHA');
    }, 90_000);

    it('of the scheduler and the controller manager', async () => {
      const root = join(lab.folder, 'root');
      for (const [component, port] of [
        ['kube-scheduler', 19663],
        ['kube-controller-manager', 19664],
      ] as const) {
        const args = manifestArgs(root, component).filter((arg) => !/^--(?:port|bind-address|leader-elect)=/.test(arg));
        await start([
          component,
          ...args,
          '--port=0',
          `--secure-port=${port}`,
          '--bind-address=0.0.0.0',
          '--leader-elect=true',
        ]);
        await ready(() => answerOf({ port, path: '/healthz', tls: true }));
        expect(listens(port)).toEqual(['any address']);
      }
      expect(listens(Number(new URL(lab.server).port) + 3)).toEqual(['127.0.0.1']);
    }, 90_000);

    it('of etcd', async () => {
      const root = join(lab.folder, 'root');
      const pki = join(root, 'etc/kubernetes/pki/etcd');
      const data = join(folder, 'etcd');
      mkdirSync(data, { mode: 0o700 });
      const tls = [`--cert-file=${pki}/server.crt`, `--key-file=${pki}/server.key`];
      const urls = [
        '--listen-client-urls=https://127.0.0.1:19665',
        '--advertise-client-urls=https://127.0.0.1:19665',
        '--listen-peer-urls=http://127.0.0.1:19666',
        '--listen-metrics-urls=http://127.0.0.1:19667',
      ];
      await start(['etcd', `--data-dir=${data}`, ...urls, ...tls, '--client-cert-auth=false']);
      await ready(() => answerOf({ port: 19665, path: '/version', tls: true }));
      expect(await answerOf({ port: 19665, path: '/version', tls: true })).toEqual({ kind: 'status', status: 200 });
      expect(await answerOf({ port: Number(new URL(lab.server).port) + 1, path: '/version', tls: true })).toMatchObject(
        { kind: 'refused' },
      );
      expect(await answerOf({ port: 19667, path: '/metrics', tls: false })).toEqual({ kind: 'status', status: 200 });
    }, 60_000);
  });
});

async function judged(root: string): Promise<Judgement> {
  const { node, gaps } = await collectNode({ at: root, from: 'root', name: 'node-1' });
  const snapshot = assembleSnapshot(
    [{ objects: [], inputs: [], gaps, nodes: [{ ...node, at: '/' }] }],
    new Date().toISOString(),
  );
  const judgement = judge(snapshot, { controls, profiles: ['security'] });
  expect(judgement.errors).toEqual([]);
  return judgement;
}

/** As the lab starts a component: its manifest's arguments, with the paths of the root. */
function manifestArgs(root: string, component: string): string[] {
  const text = readFileSync(join(root, `etc/kubernetes/manifests/${component}.yaml`), 'utf8');
  return [...text.matchAll(/^    - (--\S+)$/gm)].map(([, arg = '']) => arg.replace(/=(\/(?:etc|var)\/)/, `=${root}$1`));
}

function lastOfEach(args: readonly string[]): string[] {
  return [...new Map(args.map((arg) => [arg.split('=')[0], arg])).values()];
}

/** Where a port is listened on, by the kernel's own table. */
function listens(port: number): string[] {
  const found: string[] = [];
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const [address = '', hex = ''] = local.split(':');
      if (state !== '0A' || Number.parseInt(hex, 16) !== port) continue;
      found.push(address === '0100007F' ? '127.0.0.1' : /^0+$/.test(address) ? 'any address' : address);
    }
  }
  return found;
}
