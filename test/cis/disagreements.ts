import { holdsCredential, isThere, isUnread, valueOf, valuesGiven } from './asking.ts';
import { commandLine } from './command-line.ts';
import type { Conclusion } from './conclude.ts';
import { matching, type NodeRoot } from './node-root.ts';

/**
 * Where Bulwark, on purpose, answers otherwise than the benchmark's text. docs/kube-bench.md explains each check that is
 * named here.
 */
export interface Disagreement {
  readonly checks: readonly string[];
  readonly when: string;
  /** `text` is what the text of the benchmark says of this node. */
  readonly holds: (root: NodeRoot, text: Conclusion) => boolean;
  /** What Bulwark then says. */
  readonly bulwark: Conclusion;
  readonly why: string;
}

const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'];
const retention = ['1.2.17', '1.2.18', '1.2.19'];
const kubeconfigs = [
  { mode: '1.1.13', paths: ['/etc/kubernetes/admin.conf', '/etc/kubernetes/super-admin.conf'] },
  { mode: '1.1.15', paths: ['/etc/kubernetes/scheduler.conf'] },
  { mode: '1.1.17', paths: ['/etc/kubernetes/controller-manager.conf'] },
  { mode: '4.1.5', paths: ['/etc/kubernetes/kubelet.conf'] },
];

/** The first row that holds decides. */
export const disagreements: readonly Disagreement[] = [
  {
    checks: ['1.1.11', '1.1.12'],
    when: 'there is no etcd on the node',
    holds: (root) => !isThere(root, 'etcd'),
    bulwark: 'nothing',
    why: 'etcd is elsewhere, and a folder of that name is not its data',
  },
  ...['1.1.15', '1.1.16'].map(
    (check): Disagreement => ({
      checks: [check],
      when: 'the file of --config, which names the kubeconfig, cannot be read',
      holds: (root, text) =>
        isUnread(root, { component: 'kube-scheduler', flag: '--config' }) &&
        (text === 'pass' || (check === '1.1.15' && areHarmless(root, ['/etc/kubernetes/scheduler.conf']))),
      bulwark: 'nothing',
      why: 'the usual kubeconfig is as it should be, and may not be the one in use',
    }),
  ),
  {
    checks: ['1.1.12'],
    when: 'the folder belongs to root, or to the user that etcd runs as',
    holds: (root, text) => text === 'fail' && belongsTo(root, '/var/lib/etcd', runningAs(root, ['etcd'])),
    bulwark: 'pass',
    why: 'kubeadm’s etcd runs as root, and the node has no user etcd',
  },
  {
    checks: ['1.1.19'],
    when: 'all belongs to root or to a user that a component runs as',
    holds: (root, text) =>
      text === 'fail' &&
      matching(root, ['/etc/kubernetes/pki', '/etc/kubernetes/pki/**']).every(({ path }) =>
        belongsTo(root, path, runningAs(root, controlPlane)),
      ),
    bulwark: 'pass',
    why: 'a control plane without root has to read its keys',
  },
  ...kubeconfigs.map(
    ({ mode, paths }): Disagreement => ({
      checks: [mode],
      when: 'the kubeconfig holds no credential, and only its owner can change it',
      holds: (root) => areHarmless(root, paths),
      bulwark: 'pass',
      why: 'there is nothing to hide in it: it names files, whose own modes are judged',
    }),
  ),
  {
    checks: ['1.2.16'],
    when: 'a webhook takes the audit events',
    holds: (root) => server(root, '--audit-webhook-config-file') !== undefined,
    bulwark: 'pass',
    why: 'events are kept, and off the node',
  },
  {
    checks: retention,
    when: 'the audit log goes to standard output, or to a webhook alone',
    holds: (root) => {
      const path = server(root, '--audit-log-path');
      if (path === undefined) return server(root, '--audit-webhook-config-file') !== undefined;
      return path === '-';
    },
    bulwark: 'nothing',
    why: 'the API server rotates files alone: who takes the log decides how long it is kept',
  },
  {
    checks: retention,
    when: 'no audit log is kept at all',
    holds: (root) => isThere(root, 'kube-apiserver') && server(root, '--audit-log-path') === undefined,
    bulwark: 'fail',
    why: 'a limit of a log that is not written keeps nothing',
  },
  ...(['--audit-log-maxage', '--audit-log-maxbackup'] as const).map(
    (flag, index): Disagreement => ({
      checks: [retention[index] ?? ''],
      when: 'the limit is 0, said or by default',
      holds: (root) => isThere(root, 'kube-apiserver') && Number(server(root, flag) ?? 0) === 0,
      bulwark: 'pass',
      why: '0 is no limit: nothing is deleted; since v1.36 the default is a limit that is long enough',
    }),
  ),
  {
    checks: ['1.2.19'],
    when: 'the size is 0, said or by default, before v1.36',
    holds: (root) => {
      const minor = commandLine(root, 'kube-apiserver')?.minor ?? 36;
      return minor < 36 && Number(server(root, '--audit-log-maxsize') ?? 0) === 0;
    },
    bulwark: 'pass',
    why: 'the library that rotates the log takes 0 for its own default, 100 MB',
  },
  {
    checks: ['1.2.22'],
    when: 'a signer outside the server has the keys',
    holds: (root) => server(root, '--service-account-signing-endpoint') !== undefined,
    bulwark: 'nothing',
    why: 'the server asks the signer for the public keys, and refuses a file beside it',
  },
  {
    checks: ['1.3.4'],
    when: 'a signer outside the API server has the keys',
    holds: (root) => server(root, '--service-account-signing-endpoint') !== undefined,
    bulwark: 'nothing',
    why: 'no key on the node signs tokens',
  },
  {
    checks: ['1.2.22'],
    when: 'the key is the one of the serving certificate',
    holds: (root) => {
      const serving = server(root, '--tls-private-key-file');
      return (
        serving !== undefined &&
        valuesGiven(root, { component: 'kube-apiserver', flag: '--service-account-key-file' }).includes(serving)
      );
    },
    bulwark: 'fail',
    why: 'that is what the server falls back to without the flag',
  },
  {
    checks: ['1.2.23'],
    when: 'etcd is reached at a socket of the node',
    holds: isAtSocket,
    bulwark: 'pass',
    why: 'there is no TLS at a socket, and nothing on the way',
  },
  {
    checks: ['1.2.26'],
    when: 'etcd is reached at a socket of the node',
    holds: isAtSocket,
    bulwark: 'nothing',
    why: 'there is no certificate to verify at a socket',
  },
  {
    checks: ['1.2.23'],
    when: 'etcd is reached by plain http',
    holds: (root) => (server(root, '--etcd-servers') ?? '').startsWith('http:'),
    bulwark: 'fail',
    why: 'certificates are not used then',
  },
  ...[
    { check: '1.3.7', component: 'kube-controller-manager' },
    { check: '1.4.2', component: 'kube-scheduler' },
  ].map(
    ({ check, component }): Disagreement => ({
      checks: [check],
      when: 'the secure port is closed',
      holds: (root) => valueOf(root, { component, flag: '--secure-port' }) === '0',
      bulwark: 'nothing',
      why: 'an address without a port is not listened on',
    }),
  ),
  {
    checks: ['2.4', '2.5'],
    when: 'nobody but the node itself reaches the peer port of a single member',
    holds: (root) =>
      valueOf(root, { component: 'etcd', flag: '--config-file' }) === undefined &&
      (valueOf(root, { component: 'etcd', flag: '--listen-peer-urls' }) ?? '').includes('127.0.0.1'),
    bulwark: 'nothing',
    why: 'the benchmark itself leaves a single member out; Bulwark asks that none can join either',
  },
  {
    checks: ['4.2.1', '4.2.2', '4.2.3'],
    when: 'the kubelet has no server (--enable-server=false)',
    holds: (root) => valueOf(root, { component: 'kubelet', flag: '--enable-server', valueType: 'bool' }) === 'false',
    bulwark: 'nothing',
    why: 'there is no API to authenticate at',
  },
  {
    checks: ['4.2.10'],
    when: 'the kubelet authenticates by a program or a token',
    holds: (root) => isThere(root, 'kubelet') && /exec:|token:/.test(root.read('/etc/kubernetes/kubelet.conf') ?? ''),
    bulwark: 'nothing',
    why: 'there is no client certificate to rotate',
  },
];

/** The row that says why Bulwark may answer otherwise here than the text does. */
export function disagreementAbout(check: string, root: NodeRoot, text: Conclusion): Disagreement | undefined {
  return disagreements.find(({ checks, holds }) => checks.includes(check) && holds(root, text));
}

function isAtSocket(root: NodeRoot): boolean {
  return (server(root, '--etcd-servers') ?? '').startsWith('unix:');
}

function server(root: NodeRoot, flag: string): string | undefined {
  return valueOf(root, { component: 'kube-apiserver', flag });
}

/** Those of these kubeconfigs that are there are for root alone where they hold a credential, and else for reading. */
function areHarmless(root: NodeRoot, paths: readonly string[]): boolean {
  const found = paths.flatMap((path) => root.stat(path) ?? []);
  const limit = (path: string): number => (holdsCredential(root, path) ? 0o600 : 0o644);
  return found.length > 0 && found.every(({ path, mode }) => (mode & ~limit(path)) === 0);
}

function runningAs(root: NodeRoot, components: readonly string[]): readonly number[] {
  return components.flatMap((component) => commandLine(root, component)?.user ?? []);
}

/** The group is root's. */
function belongsTo(root: NodeRoot, path: string, users: readonly number[]): boolean {
  const { uid, gid } = root.stat(path) ?? {};
  return uid !== undefined && gid === 0 && (uid === 0 || users.includes(uid));
}
