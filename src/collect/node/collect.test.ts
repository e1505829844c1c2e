import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import { componentArgs } from '../../semantics/node/component-args.ts';
import { collectNode } from './collect.ts';

let top = '';
let root = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'bulwark-node-'));
  root = join(top, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o644): void {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text, { mode });
  chmodSync(place, mode);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

async function collect() {
  const { node, gaps } = await collectNode({ at: root, from: 'root' });
  const files = new Map(node.files.map((file) => [file.path, file]));
  return { node, files, gaps: gaps.map(({ what, reason }) => `${what}: ${reason}`) };
}

const kubelet =
  'kind: KubeletConfiguration\nstaticPodPath: /srv/pods\nauthentication: {x509: {clientCAFile: ca/ca.crt}}\n';
const pod = (args: string) => `kind: Pod
spec:
  containers:
  - command: [kube-apiserver]
    args:
${args}
    env: [{name: POD_IP, value: 192.0.2.1}]
    volumeMounts: [{name: k, mountPath: /etc/kubernetes}]
  volumes: [{name: k, hostPath: {path: /srv/kubernetes}}]
`;

describe('what configuration names', () => {
  it('is found where it is kept on the node', async () => {
    write('/var/lib/kubelet/config.yaml', kubelet);
    write('/var/lib/kubelet/ca/ca.crt', makeCertificate({ subject: 'CN=kubernetes', authority: true }).pem);
    write(
      '/srv/pods/api.yaml',
      pod(
        '    - --bind-address=$(POD_IP)\n    - --admission-control-config-file=/etc/kubernetes/a/admission.yaml\n    - --token-auth-file=/etc/kubernetes/tokens.csv\n    - --tls-cert-file=/in/image.crt',
      ),
    );
    write(
      '/srv/kubernetes/a/admission.yaml',
      'kind: AdmissionConfiguration\nplugins: [{name: EventRateLimit, path: rate.yaml}]\n',
    );
    write('/srv/kubernetes/a/rate.yaml', 'kind: Configuration\nlimits: []\n');
    write('/srv/kubernetes/tokens.csv', 'tok-1,admin,1\n', 0o600);
    write('/etc/kubernetes/a/rate.yaml', 'kind: NotThis\n');
    write('/in/image.crt', 'not of the node');
    const { node, files, gaps } = await collect();
    expect(gaps).toEqual([]);
    expect(files.get('/srv/kubernetes/a/rate.yaml')?.text).toBe('kind: Configuration\nlimits: []\n');
    expect(files.get('/srv/kubernetes/tokens.csv')).toMatchObject({ mode: 0o600, secret: 'token' });
    expect(JSON.stringify(node)).not.toContain('tok-1');
    expect(files.has('/var/lib/kubelet/ca/ca.crt')).toBe(true);
    expect([...files.keys()].filter((path) => path.startsWith('/in'))).toEqual([]);
    const [api] = componentArgs(node);
    expect(api?.args.map(({ text, where, line }) => `${where}:${line} ${text}`).slice(0, 2)).toEqual([
      '/srv/pods/api.yaml:6 --bind-address=192.0.2.1',
      '/srv/pods/api.yaml:7 --admission-control-config-file=/etc/kubernetes/a/admission.yaml',
    ]);
    expect(api?.readFile('/etc/kubernetes/a/rate.yaml')).toContain('limits');
    expect(api?.listFolder('/etc/kubernetes/a')).toEqual(['admission.yaml', 'rate.yaml']);
    expect(api?.readFile('/in/image.crt')).toBeUndefined();
  });

  it('is found by way of units, drop-ins and files of variables', async () => {
    link('usr/lib', '/lib');
    write('/usr/lib/systemd/system/kubelet.service', '[Service]\nExecStart=/usr/bin/kubelet\n');
    write(
      '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
      '[Service]\nEnvironmentFile=-/etc/more\nExecStart=\nExecStart=/usr/bin/kubelet $MORE\n',
    );
    write('/usr/lib/systemd/system/kubelet.service.d/20-x.conf', '[Service]\nExecStart=\n');
    write('/etc/systemd/system/kubelet.service.d/20-x.conf', '[Service]\nEnvironment=A=b\n');
    write('/etc/more', 'MORE="--config=/opt/k.yaml --config-dir=/opt/k.d"\n');
    write('/opt/k.yaml', 'kind: KubeletConfiguration\n');
    write('/opt/k.d/10.conf', 'kind: KubeletConfiguration\nport: 1\n');
    const { node, gaps } = await collect();
    expect(gaps).toEqual([]);
    const [component] = componentArgs(node);
    expect(component?.component).toBe('kubelet');
    expect(component?.args).toEqual([
      { text: '--config=/opt/k.yaml', where: '/etc/more', line: 1 },
      { text: '--config-dir=/opt/k.d', where: '/etc/more', line: 1 },
    ]);
    expect(component?.listFolder('/opt/k.d')).toEqual(['10.conf']);
    expect(component?.readFile('/opt/k.d/10.conf')).toContain('port: 1');
  });
});

describe('a hostile root', () => {
  it('is never left', async () => {
    writeFileSync(join(top, 'outside'), 'kind: Outside\n');
    link('../../../outside', '/etc/kubernetes/admin.conf');
    link(join(top, 'outside'), '/etc/kubernetes/kubelet.conf');
    link('../../..', '/etc/cni');
    link('a', '/etc/kubernetes/b.conf');
    link('b.conf', '/etc/kubernetes/a');
    link('/srv/real.conf', '/etc/kubernetes/good.conf');
    write('/srv/real.conf', 'kind: Config\n');
    const { node, files, gaps } = await collect();
    expect(JSON.stringify(node)).not.toContain('Outside');
    expect(files.get('/etc/kubernetes/admin.conf')).toMatchObject({ type: 'symlink', target: '../../../outside' });
    expect(files.get('/srv/real.conf')?.text).toBe('kind: Config\n');
    expect(gaps.sort()).toEqual([
      '/etc/cni: a link to ../../..: leads outside the root',
      '/etc/kubernetes/admin.conf: a link to ../../../outside: leads outside the root',
      '/etc/kubernetes/b.conf: a link to a: too many links',
      `/etc/kubernetes/kubelet.conf: a link to ${join(top, 'outside')}, which does not exist`,
    ]);
  });

  it('is read past what cannot be', async () => {
    mkdirSync(join(root, 'etc/kubernetes'), { recursive: true });
    execFileSync('mkfifo', [join(root, 'etc/kubernetes/kubelet.conf')]);
    write('/etc/kubernetes/big.conf', '');
    truncateSync(join(root, 'etc/kubernetes/big.conf'), 21 * 1024 * 1024);
    write('/etc/kubernetes/pki/broken.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n');
    write('/etc/kubernetes/pki/a', '');
    write('/etc/kubernetes/pki/README.md', 'Keep it secret.\n');
    write('/etc/kubernetes/pki/empty.crt', '');
    write('/etc/kubernetes/pki/etcd/server.crt', '\u0001\u0002\u0003');
    write('/etc/kubernetes/pki/sa.key', 'mislaid\n');
    writeFileSync(Buffer.concat([Buffer.from(join(root, 'etc/kubernetes/pki/')), Buffer.from([0xff, 0x2e])]), 'x');
    write('/etc/kubernetes/utf.conf', '');
    writeFileSync(join(root, 'etc/kubernetes/utf.conf'), Buffer.from([0x61, 0x3a, 0xc3, 0x28]));
    utimesSync(join(root, 'etc/kubernetes/utf.conf'), 1e10, 1e10);
    write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nbroken\nann:$6$hash:7:7::/home/ann:/bin/sh\n');
    write('/etc/group', 'root:x:0:\ndocker:x:99:ann\n');
    write('/etc/hostname', 'node-7\n');
    const { node, files, gaps } = await collect();
    expect(gaps.sort()).toEqual([
      '/etc/kubernetes/big.conf: larger than 20 MiB',
      '/etc/kubernetes/kubelet.conf: a device or pipe, which is not opened',
      '/etc/kubernetes/pki/\\xff.: its name is not UTF-8, so it was not read',
      '/etc/kubernetes/pki/broken.crt: broken PEM: line 1: a CERTIFICATE block that does not end',
      '/etc/kubernetes/pki/empty.crt: it is empty: no certificate and no key is in it',
      '/etc/kubernetes/pki/etcd/server.crt: no certificate and no key in PEM is in it',
      '/etc/kubernetes/pki/sa.key: no certificate and no key in PEM is in it',
      '/etc/kubernetes/utf.conf: not UTF-8 text',
    ]);
    expect(files.get('/etc/kubernetes/kubelet.conf')).toMatchObject({ type: 'other' });
    expect(files.get('/etc/kubernetes/utf.conf')?.modified).toMatch(/^2286-11-20T/);
    expect(node).toMatchObject({
      name: 'node-7',
      users: [
        { id: 0, name: 'root' },
        { id: 7, name: 'ann' },
      ],
      groups: [
        { id: 0, name: 'root' },
        { id: 99, name: 'docker' },
      ],
    });
    expect(JSON.stringify(node)).not.toContain('hash');
  });

  it('may hold devices, and a kubeconfig that only just may be read', async () => {
    mkdirSync(join(root, 'etc/kubernetes'), { recursive: true });
    const isDevice = spawnSync('mknod', [join(root, 'etc/kubernetes/zero.conf'), 'c', '1', '5']).status === 0;
    if (!isDevice) console.warn('a device among the files is not tested: it needs root');
    const users = Array.from(
      { length: 100_000 },
      (_, index) => `- name: u${index}\n  user:\n    token: tok-${index}\n`,
    );
    const config = `kind: Config\nusers:\n${users.join('')}`;
    write('/etc/kubernetes/huge.conf', `${config}#${'x'.repeat(20 * 1024 * 1024 - config.length - 1)}`);
    const { node, files, gaps } = await collect();
    expect(gaps).toEqual(isDevice ? ['/etc/kubernetes/zero.conf: a device or pipe, which is not opened'] : []);
    expect(files.get('/etc/kubernetes/huge.conf')).toMatchObject({
      size: 20 * 1024 * 1024,
      secret: 'kubeconfig-credential',
    });
    expect(JSON.stringify(node)).not.toContain('tok-');
  });

  it('says of the host what its files say, and nothing of the kernel here', async () => {
    write('/etc/passwd', 'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nann:x:7:7::/home/ann:/bin/sh\n');
    write('/etc/group', 'docker:x:99:ann, bob\nempty:x:98:\n');
    write('/etc/sudoers', '#includedir /etc/sudoers.d\n');
    write('/etc/sudoers.d/ann', 'ann ALL=(ALL) NOPASSWD: ALL\n');
    write('/etc/ssh/sshd_config', 'PermitRootLogin yes\n');
    write('/root/.ssh/authorized_keys', 'ssh-ed25519 AAAAkey a\nssh-ed25519 AAAAkey b\n');
    write('/usr/lib/os-release', 'ID=fedora\n');
    link('../usr/lib/os-release', '/etc/os-release');
    write('/etc/selinux/config', 'SELINUX=enforcing\n');
    write('/proc/sys/kernel/osrelease', 'of an image\n');
    write('/proc/net/tcp', 'no table\n');
    const { node, files } = await collect();
    expect(node.host).toEqual({
      os: { ID: 'fedora' },
      selinux: 'enforcing',
      administrators: {
        superusers: ['root', 'toor'],
        sudoers: [{ who: 'ann', withoutPassword: true, where: '/etc/sudoers.d/ann:1' }],
        sshd: { permitrootlogin: { value: 'yes', where: '/etc/ssh/sshd_config', line: 1 } },
        authorizedKeys: [
          { user: 'root', path: '/root/.ssh/authorized_keys', keys: 2 },
          { user: 'toor', path: '/root/.ssh/authorized_keys', keys: 2 },
        ],
      },
    });
    expect(node.groups).toEqual([
      { id: 99, name: 'docker', members: ['ann', 'bob'] },
      { id: 98, name: 'empty' },
    ]);
    expect(files.get('/root/.ssh/authorized_keys')).toMatchObject({ mode: 0o644 });
    expect(JSON.stringify(node)).not.toContain('AAAAkey');
  });

  it('may hold ten thousand files of certificates', async () => {
    const { pem } = makeCertificate({ subject: 'CN=a' });
    for (let index = 0; index < 10_000; index += 1) write(`/etc/kubernetes/pki/${index}.crt`, pem);
    const start = performance.now();
    const { files, gaps } = await collect();
    expect(gaps).toEqual([]);
    expect(files.size).toBeGreaterThan(10_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('stops when the user has had enough', async () => {
    write('/etc/kubernetes/admin.conf', 'kind: Config\n');
    const { gaps } = await collectNode({ at: root, from: 'root', signal: AbortSignal.abort() });
    expect(gaps).toMatchObject([{ code: 'interrupted', what: root }]);
  });
});

const canUnshare = (() => {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('a process in its own mount namespace is not tested: it needs root and unshare');
    return false;
  }
})();

it.skipIf(!canUnshare)('reads what a process names in its own mount namespace', async () => {
  const program = join(root, 'kube-proxy');
  copyFileSync('/bin/bash', program);
  chmodSync(program, 0o755);
  write('/in/config.yaml', 'kind: OfTheHost\n');
  const folder = join(root, 'in');
  const inside = `mount -t tmpfs none ${folder} && echo 'kind: OfTheContainer' > ${folder}/config.yaml && ln -s / ${folder}/up && exec ${program} -c 'echo ready; read x' --config=${folder}/up${folder}/config.yaml`;
  const child = spawn('unshare', ['-m', 'sh', '-c', inside], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const { node } = await collectNode({ at: '/', from: 'host', pids: [child.pid ?? 0] });
    expect(node.processes).toMatchObject([{ pid: child.pid, exe: program, parent: process.pid }]);
    const [proxy] = componentArgs(node);
    expect(proxy?.readFile(`${folder}/config.yaml`)).toBe('kind: OfTheContainer\n');
    expect(node.files.find((file) => file.text === 'kind: OfTheContainer\n')).toMatchObject({ process: child.pid });
  } finally {
    child.stdin.end();
    await Promise.race([new Promise((resolve) => child.once('exit', resolve)), sleep(5000)]);
  }
});
