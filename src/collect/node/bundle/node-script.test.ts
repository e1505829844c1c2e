import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeEvidence } from '../../../model/node.ts';
import { collectNode } from '../collect.ts';
import { nodeScript } from './node-script.ts';

const isLinux = process.platform === 'linux';
if (!isLinux) console.warn('the script for nodes is not tested: it runs on Linux');

let top = '';
let root = '';
let script = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'bulwark-script-'));
  root = join(top, 'root');
  script = join(top, 'node.sh');
  mkdirSync(root);
  mkdirSync(join(top, 'tmp'));
  writeFileSync(script, nodeScript());
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

/** Runs the script as on a node, and names the bundle. */
function collectThere(...args: readonly string[]): string {
  const bundle = join(top, 'node.tar.gz');
  execFileSync('sh', [script, bundle, ...args], { env: { ...process.env, TMPDIR: join(top, 'tmp') } });
  expect(readdirSync(join(top, 'tmp'))).toEqual([]);
  return bundle;
}

/** Evidence by path, for a difference that names the file. */
function byFile({ files, from: _from, at: _at, ...rest }: NodeEvidence) {
  return { ...rest, files: Object.fromEntries(files.map((file) => [`${file.process ?? ''}${file.path}`, file])) };
}

const secret = 'c2VjcmV0LXZhbHVlLTE3';
/** Self-signed, for `CN=a`; its key was thrown away. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUEGQHCrvj0OQSol4giai8L3q9cywwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYTAgFw0yNjExMjExMjM1MDZaGA8yMTI2MTAyODEyMzUwNlow
DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLcf4TdIJK/9
fK9aHEB+sgOKsOMbMjVm82rXdY6WWpZk3CW7IHf/BpEYmYvKBy+XoTAQbUif4/0z
/6qm7N50DvejUzBRMB0GA1UdDgQWBBR2qE+hkDUntAlF/Wuj/fRXB3qppDAfBgNV
HSMEGDAWgBR2qE+hkDUntAlF/Wuj/fRXB3qppDAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIQCHg5DDOBK+i5lQ87MBkbSd9U1MzIOcC9MphBSxsUf+
1wIgf9mtwYxA6K2X1M59QI/a3CkGraUlu5dpjgs2nyFvBfc=
-----END CERTIFICATE-----
`;

/** A node with everything that a script in a shell may stumble over. */
function intricateRoot(): void {
  write('/etc/kubernetes/pki/ca.crt', certificate);
  write('/etc/kubernetes/pki/ca.key', `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`, 0o600);
  write(
    '/etc/kubernetes/pki/both.pem',
    `${certificate}-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----\n`,
  );
  write('/etc/kubernetes/pki/deep/er/with space/ca $(touch x);".crt', certificate);
  write('/etc/kubernetes/pki/broken.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n');
  write('/etc/kubernetes/pki/empty.crt', '');
  write(
    '/etc/kubernetes/admin.conf',
    `kind: Config # the lab's\nusers:\n- name: a\n  user:\n    token: ${secret} # was ${secret}\n`,
    0o600,
  );
  write(
    '/etc/kubernetes/json.conf',
    JSON.stringify({ kind: 'Config', users: [{ name: 'a', user: { password: secret } }] }),
  );
  write('/etc/kubernetes/open-end.conf', 'kind: Config\nusers: []');
  write('/etc/kubernetes/crlf.conf', 'kind: Config\r\nusers: []\r\n');
  link('/etc/kubernetes/admin.conf', '/etc/kubernetes/link.conf');
  link('nowhere', '/etc/kubernetes/dangling.conf');
  link('../../../outside', '/etc/kubernetes/outside.conf');
  link('loop.conf', '/etc/kubernetes/loop.conf');
  execFileSync('mkfifo', [join(root, 'etc/kubernetes/pipe.conf')]);
  write('/etc/kubernetes/big.conf', '');
  truncateSync(join(root, 'etc/kubernetes/big.conf'), 21 * 1024 * 1024);
  link('usr/lib', '/lib');
  write('/usr/lib/systemd/system/kubelet.service', '[Service]\nExecStart=/usr/bin/kubelet\n');
  write(
    '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
    `[Service]\nEnvironmentFile=-/etc/more\nExecStart=\nExecStart=/usr/bin/kubelet $MORE \\\n  --token=${secret}\n`,
  );
  write('/etc/more', `MORE="--config=/opt/k.yaml --config-dir=/opt/k.d"\nA_TOKEN=${secret}\n`);
  write(
    '/opt/k.yaml',
    'kind: KubeletConfiguration\nstaticPodPath: /srv/pods\nauthentication: {x509: {clientCAFile: ca/ca.crt}}\n',
  );
  write('/opt/ca/ca.crt', certificate);
  write('/opt/k.d/10.conf', 'kind: KubeletConfiguration\nport: 1\n');
  utimesSync(join(root, 'opt/k.d/10.conf'), -631152000, -631152000);
  utimesSync(join(root, 'opt/k.d'), 1e10, 1e10);
  write(
    '/srv/pods/api.yaml',
    `kind: Pod
spec:
  containers:
  - command: [kube-apiserver]
    args:
    - --admission-control-config-file=/etc/kubernetes/a/admission.yaml
    - --token-auth-file=/etc/kubernetes/tokens.csv
    - --encryption-provider-config
    - /etc/kubernetes/enc.yaml
    - --tls-cert-file=/in/image.crt
    env:
    - name: A_PASSWORD
      value: ${secret}
    volumeMounts:
    - mountPath: /etc/kubernetes
      name: k
  volumes:
  - hostPath: {path: /srv/unused}
    name: u
  - hostPath:
      path: /srv/kubernetes
    name: k
`,
  );
  write(
    '/srv/kubernetes/a/admission.yaml',
    'kind: AdmissionConfiguration\nplugins:\n- name: EventRateLimit\n  path: rate.yaml\n',
  );
  write('/srv/kubernetes/a/rate.yaml', 'kind: Configuration\nlimits: []\n');
  write('/srv/kubernetes/tokens.csv', `${secret},a,1\n`, 0o600);
  write(
    '/srv/kubernetes/enc.yaml',
    `kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc:\n      keys:\n      - name: k\n        secret: ${secret}\n`,
  );
  write('/etc/containerd/config.toml', `version = 2\n[a.auth]\n  password = "${secret}"\n`);
  write('/etc/passwd', `root:${secret}:0:0:root:/root:/bin/sh\nann:x:1000:1000:${secret}:/home/ann:/bin/sh\nbroken\n`);
  write('/etc/group', `root:${secret}:0:\nsudo:x:27:ann,bob\n`);
  write('/home/ann/.kube/config', `users:\n- name: a\n  user: {token: ${secret}}\n`);
  write('/home/ann/.ssh/authorized_keys', `# ${secret}\nssh-ed25519 ${secret} a\n`);
  write(
    '/etc/ssh/sshd_config',
    'Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile .ssh/authorized_keys keys/%u\n',
  );
  write('/etc/ssh/sshd_config.d/10.conf', 'PermitRootLogin no\n');
  write('/etc/sudoers', '%sudo ALL=(ALL:ALL) ALL\n@include /etc/more-sudoers\n', 0o440);
  write('/etc/more-sudoers', 'ann ALL=NOPASSWD: ALL\n');
  write('/usr/lib/os-release', 'ID=debian\nVERSION_ID="12"\n');
  link('../usr/lib/os-release', '/etc/os-release');
  write('/etc/hostname', 'node-7\n');
  if (process.getuid?.() === 0) chownSync(join(root, 'opt/k.yaml'), 12_345, 54_321);
}

describe.skipIf(!isLinux)('a bundle of a node', () => {
  it('gives the evidence that the node itself gives', async () => {
    intricateRoot();
    writeFileSync(join(top, 'outside'), 'kind: Outside\n');
    const bundle = collectThere(root);
    const there = await collectNode({ at: root, from: 'root' });
    const here = await collectNode({ at: bundle, from: 'bundle' });
    expect(byFile(here.node)).toEqual(byFile(there.node));
    expect(here.gaps).toEqual(there.gaps);
    expect(here.node).toMatchObject({ name: 'node-7', from: 'bundle', at: bundle, processes: [] });
    expect(here.node.files.length).toBeGreaterThan(60);
    expect(here.gaps.map(({ what }) => what.replace('/etc/kubernetes/', ''))).toEqual([
      'big.conf',
      'dangling.conf',
      'loop.conf',
      'outside.conf',
      'pipe.conf',
      'pki/broken.crt',
      'pki/empty.crt',
    ]);
    expect(here.node.host?.administrators).toMatchObject({
      superusers: ['root'],
      sudoers: [
        { who: '%sudo', withoutPassword: false, where: '/etc/sudoers:1' },
        { who: 'ann', withoutPassword: true, where: '/etc/more-sudoers:1' },
      ],
      authorizedKeys: [{ user: 'ann', path: '/home/ann/.ssh/authorized_keys', keys: 1 }],
    });
  });

  it('gives what other makers of nodes leave there, and what lies beside', async () => {
    write(
      '/var/snap/microk8s/7/args/kube-apiserver',
      `--client-ca-file=\${SNAP_DATA}/own/ca.crt\n--token=a ${secret}\n`,
    );
    write('/var/snap/microk8s/7/own/ca.crt', certificate);
    write('/var/snap/microk8s/7/credentials/known_tokens.csv', `${secret},admin,1\n`);
    link('7', '/var/snap/microk8s/current');
    write(
      '/etc/kubernetes/static-pod-resources/kube-apiserver-pod-7/configmaps/config/config.yaml',
      'apiServerArguments:\n  profiling: ["false"]\n',
    );
    write('/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/a/tls.crt', certificate);
    write(
      '/etc/kubernetes/manifests/api.yaml',
      'kind: Pod\nspec:\n  containers:\n  - command: [kube-apiserver, --audit-log-path=/in/audit.log]\n    volumeMounts:\n    - mountPath: /in\n      name: l\n  volumes:\n  - name: l\n    hostPath: {path: /srv/log}\n',
    );
    write('/srv/log/audit.log', '{}');
    write('/srv/log/audit-2026-11-01T00-00-00.000.log', '{}');
    write('/srv/log/other.log', '{}');
    write('/etc/systemd/system/kubelet.service', '[Service]\nExecStart=/usr/bin/kubelet --root-dir=/srv/kubelet\n');
    write('/srv/kubelet/plugins/own.sock/x', '');
    write('/var/lib/kubelet/device-plugins/x', '');
    write('/var/lib/kubelet/config.json', JSON.stringify({ auths: { r: { auth: secret } } }));
    write('/var/lib/cni/networks/net/10.0.0.2', 'container');
    write('/var/lib/cni/networks/net/last_reserved_ip.0', '10.0.0.2');
    write('/var/backups/etcd/1.db', '');
    write('/root/snapshot-1.db', '');
    write('/root/notes.db', '');
    write('/etc/containerd/certs.d/r.example/hosts.toml', `[host."https://m".header]\n  x = "${secret}"\n`);
    write('/etc/rancher/rke2/registries.yaml', `configs:\n  r:\n    auth:\n      auth: ${secret}\n`);
    const there = await collectNode({ at: root, from: 'root' });
    const here = await collectNode({ at: collectThere(root), from: 'bundle' });
    expect(byFile(here.node)).toEqual(byFile(there.node));
    expect([here.gaps, there.gaps]).toEqual([[], []]);
    const { files } = byFile(here.node);
    // Neither other.log nor notes.db, which are nobody's, nor the file of every pod.
    const leaves = Object.values(files).filter(({ type }) => type !== 'directory');
    expect(leaves.map(({ path, secret: held }) => (held === undefined ? path : `${path} (${held})`)).sort()).toEqual([
      '/etc/containerd/certs.d/r.example/hosts.toml (password)',
      '/etc/kubernetes/manifests/api.yaml',
      '/etc/kubernetes/static-pod-resources/kube-apiserver-certs/secrets/a/tls.crt',
      '/etc/kubernetes/static-pod-resources/kube-apiserver-pod-7/configmaps/config/config.yaml',
      '/etc/rancher/rke2/registries.yaml (token)',
      '/etc/systemd/system/kubelet.service',
      '/root/snapshot-1.db',
      '/srv/log/audit-2026-11-01T00-00-00.000.log',
      '/srv/log/audit.log',
      '/var/backups/etcd/1.db',
      '/var/lib/cni/networks/net/last_reserved_ip.0',
      '/var/lib/kubelet/config.json (password)',
      '/var/snap/microk8s/7/args/kube-apiserver (token)',
      '/var/snap/microk8s/7/credentials/known_tokens.csv (token)',
      '/var/snap/microk8s/7/own/ca.crt',
      '/var/snap/microk8s/current',
    ]);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining(['/srv/kubelet/plugins', '/var/lib/kubelet/device-plugins']),
    );
    expect(files['/var/snap/microk8s/7/own/ca.crt']?.text).toBe(certificate);
    expect(files['/var/snap/microk8s/7/args/kube-apiserver']?.text).toBe(
      '--client-ca-file=${SNAP_DATA}/own/ca.crt\n--token=REDACTED\n',
    );
    expect(JSON.stringify(files)).not.toContain(secret);
  });

  it('holds no secret', () => {
    intricateRoot();
    const unpacked = gunzipSync(readFileSync(collectThere(root))).toString('latin1');
    expect(unpacked).toContain('EventRateLimit');
    expect(unpacked.split(secret)).toHaveLength(1);
  });

  it('says what the script had to leave out', async () => {
    write('/etc/kubernetes/anchors.conf', 'kind: Config\nx: &a v\nusers: []\ntoken: *a\n');
    write('/etc/kubernetes/escape.conf', '{"kind": "Config", "users": [{"user": {"\\u0074oken": "x"}}]}\n');
    write('/etc/kubernetes/pki/a\nb.crt', certificate);
    const { gaps } = await collectNode({ at: collectThere(root), from: 'bundle' });
    const withheld = 'its secrets could not be told apart on the node: its text is not in the bundle';
    expect(gaps.map(({ what, reason }) => `${what}: ${reason}`).sort()).toEqual([
      `/etc/kubernetes/anchors.conf: ${withheld}`,
      `/etc/kubernetes/escape.conf: ${withheld}`,
      '/etc/kubernetes/pki: files with a line break in their name were left out on the node',
    ]);
  });

  it('is written once, and leaves nothing behind when it is interrupted', async () => {
    const bundle = collectThere(root);
    const again = spawnSync('sh', [script, bundle, root], { encoding: 'utf8' });
    expect(again).toMatchObject({ status: 2, stderr: `collect-node: ${bundle} exists\n` });
    expect(spawnSync('sh', [script, '-', join(top, 'none')], { encoding: 'utf8' }).status).toBe(2);
    for (let index = 0; index < 300; index += 1) write(`/etc/kubernetes/pki/${index}.crt`, certificate);
    const temporary = join(top, 'tmp');
    const child = spawn('sh', [script, join(top, 'other'), root], { env: { ...process.env, TMPDIR: temporary } });
    for (let waited = 0; waited < 100 && readdirSync(temporary).length === 0; waited += 1) await sleep(20);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect(readdirSync(temporary)).toEqual([]);
    expect(existsSync(join(top, 'other'))).toBe(false);
  });

  it.each([
    [['--help'], 0],
    [['-h'], 0],
    [['--out'], 2],
    [['x.tar.gz', '/', 'dead'], 2],
    [['x.tar.gz', '/', 'live', 'more'], 2],
  ])('tells how it is called for %j, and collects nothing', (words, status) => {
    const ran = spawnSync('sh', [script, ...words], { encoding: 'utf8', cwd: top });
    expect(ran.status).toBe(status);
    expect(ran.stdout + ran.stderr).toMatch(/^usage: sh collect-node\.sh /);
    expect(existsSync(join(top, words[0] ?? ''))).toBe(false);
  });

  it('may be written to standard output', async () => {
    write('/etc/hostname', 'node-8\n');
    const bundle = join(top, 'piped');
    writeFileSync(bundle, execFileSync('sh', [script, '-', root]));
    const { node, gaps } = await collectNode({ at: bundle, from: 'bundle' });
    expect({ name: node.name, gaps }).toEqual({ name: 'node-8', gaps: [] });
  });
});

describe.skipIf(!isLinux)('a file that is no good bundle', () => {
  it.each<[string, () => Buffer | undefined, readonly string[]]>([
    ['is not there', () => undefined, ['no such file or folder']],
    ['is text', () => Buffer.from('hello\n'.repeat(200)), ['not a tar archive']],
    [
      'is cut',
      () => readFileSync(collectThere(root)).subarray(0, 700),
      ['it ends too early, as after an interrupted copy: what is missing was not judged'],
    ],
    ['is of another version', () => otherVersion(), ['a bundle of another version, which is not understood']],
  ])('is one gap where it %s', async (_, make, reasons) => {
    write('/etc/kubernetes/pki/ca.crt', certificate);
    const at = join(top, 'bundle');
    const content = make();
    if (content !== undefined) writeFileSync(at, content);
    const { node, gaps } = await collectNode({ at, from: 'bundle' });
    expect(gaps.map(({ what, reason }) => ({ what, reason }))).toEqual(reasons.map((reason) => ({ what: at, reason })));
    expect(node).toMatchObject({ from: 'bundle', at, processes: [], files: [] });
  });

  function otherVersion(): Buffer {
    const tar = gunzipSync(readFileSync(collectThere(root)));
    const at = tar.indexOf('bulwark-node 1');
    tar.write('bulwark-node 9', at);
    return gzipSync(tar);
  }

  it('may claim anything', async () => {
    write('/etc/kubernetes/admin.conf', 'kind: Config\n');
    const tar = gunzipSync(readFileSync(collectThere(root)));
    // Another user's bundle may say that a folder leads out of itself, and that files are what they are not.
    const text = tar.toString('latin1').replaceAll(/^81a4 \d+ \d+/gm, (line) => `a1ff${line.slice(4)}`);
    const at = join(top, 'forged');
    writeFileSync(at, Buffer.from(text, 'latin1'));
    const { node } = await collectNode({ at, from: 'bundle' });
    expect(node.files.every(({ text: kept }) => kept === undefined)).toBe(true);
  });
});

const hasLists = isLinux && spawnSync('setfacl', ['--version']).status === 0;
if (!hasLists) console.warn('access lists of files are not tested: there is no setfacl');

it.skipIf(!hasLists)('brings access lists, and so does the node itself', async () => {
  write('/etc/kubernetes/admin.conf', 'kind: Config\nusers: []\n', 0o600);
  write('/etc/kubernetes/kubelet.conf', 'kind: Config\nusers: []\n', 0o600);
  execFileSync('setfacl', ['-m', 'u:1000:r', join(root, 'etc/kubernetes/admin.conf')]);
  const bundle = collectThere(root);
  for (const { node } of [
    await collectNode({ at: root, from: 'root' }),
    await collectNode({ at: bundle, from: 'bundle' }),
  ]) {
    const acl = (path: string) => node.files.find((file) => file.path === path)?.acl;
    expect(acl('/etc/kubernetes/admin.conf')).toEqual(['user:1000:r--', 'group::---', 'mask::r--']);
    expect(acl('/etc/kubernetes/kubelet.conf')).toEqual([]);
    expect(acl('/etc/kubernetes')).toBeUndefined();
  }
});

const canUnshare = isLinux && spawnSync('unshare', ['-m', 'true']).status === 0;
if (!canUnshare) console.warn('a process in its own mount namespace is not tested: it needs root and unshare');

it.skipIf(!canUnshare)('brings processes as they are, with the files of their own mount namespace', async () => {
  const program = join(root, 'kube-proxy');
  copyFileSync('/bin/bash', program);
  chmodSync(program, 0o755);
  write('/in/config.yaml', 'kind: OfTheHost\n');
  const folder = join(root, 'in');
  const inside = `mount -t tmpfs none ${folder} && echo 'kind: OfTheContainer' > ${folder}/config.yaml && ln -s / ${folder}/up && exec ${program} -c 'echo ready; read x' --config=${folder}/up${folder}/config.yaml --token ${secret} 'two
lines'`;
  const child = spawn('unshare', ['-m', 'sh', '-c', inside], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ETCD_ROOT_PASSWORD: secret, ETCD_NAME: 'a b', OTHER: secret },
  });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const pids = [child.pid ?? 0];
    const there = await collectNode({ at: '/', from: 'host', pids });
    const bundle = collectThere();
    const here = await collectNode({ at: bundle, from: 'bundle', pids });
    expect(here.node.processes).toEqual(there.node.processes);
    expect(here.node.processes).toMatchObject([
      {
        pid: child.pid,
        exe: program,
        parent: process.pid,
        uid: 0,
        env: { ETCD_NAME: 'a b', ETCD_ROOT_PASSWORD: 'REDACTED' },
      },
    ]);
    const own = (node: NodeEvidence) => node.files.filter(({ process }) => process !== undefined);
    // Folders such as /tmp change while one looks.
    const steady = (node: NodeEvidence) =>
      own(node).map((file) => (file.type === 'directory' ? { ...file, modified: '', size: 0 } : file));
    expect(steady(here.node)).toEqual(steady(there.node));
    expect(own(here.node).find(({ text }) => text !== undefined)?.text).toBe('kind: OfTheContainer\n');
    const unpacked = gunzipSync(readFileSync(bundle)).toString('latin1');
    expect(unpacked.split(secret)).toHaveLength(1);
  } finally {
    child.stdin.end();
    await Promise.race([new Promise((resolve) => child.once('exit', resolve)), sleep(5000)]);
  }
});
