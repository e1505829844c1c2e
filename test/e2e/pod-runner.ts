import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import { busyboxImage } from './busybox-image.ts';

/** An image with a shell and the usual tools that the runner's container runtime has. */
export const shellImage = 'bulwark.test/busybox:1';
const pauseImage = 'bulwark.test/pause:1';

const plugins = ['/usr/lib/cni', '/opt/cni/bin'].find((folder) => existsSync(join(folder, 'ptp')));

/** Why no pod can run here; undefined where one can. */
export const podsMissing: string | undefined = findMissing();

function findMissing(): string | undefined {
  for (const program of ['containerd', 'ctr', 'runc']) {
    if (spawnSync(program, ['--version']).status !== 0) return `it needs ${program}`;
  }
  if (plugins === undefined) return 'it needs the CNI plugins ptp and host-local (containernetworking-plugins)';
  if (!existsSync('/bin/busybox')) return 'it needs /bin/busybox (busybox-static)';
  return undefined;
}

/**
 * A kubelet that joins the lab as node `localhost` and runs pods, with a containerd of its own: the usual socket may be
 * someone else's. Takes two ports. What it starts ends with `stop`; its folders are in the lab's.
 */
export async function startPodRunner(
  lab: Lab,
  { port }: { readonly port: number },
): Promise<{ readonly kubelet: number; stop(): Promise<void> }> {
  const children: ChildProcess[] = [];
  const folder = join(lab.folder, 'runner');
  const socket = join(folder, 'containerd.sock');
  const start = (program: string, args: readonly string[]): ChildProcess => {
    const log = openSync(join(folder, `${program.split('/').at(-1)}.log`), 'a');
    const child = spawn(program, [...args], { stdio: ['ignore', log, log], cwd: folder });
    child.on('error', () => undefined);
    children.push(child);
    return child;
  };
  const ctr = (...args: readonly string[]): string =>
    execFileSync('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });

  mkdirSync(join(folder, 'cni'), { recursive: true });
  writeFileSync(join(folder, 'containerd.toml'), containerdConfig(folder, socket));
  const range = [{ subnet: '172.31.251.0/24' }];
  const ptp = { type: 'ptp', ipam: { type: 'host-local', dataDir: join(folder, 'leases'), ranges: [range] } };
  writeFileSync(
    join(folder, 'cni/10-lab.conflist'),
    JSON.stringify({ cniVersion: '0.4.0', name: 'lab', plugins: [ptp] }),
  );
  start('containerd', ['-c', join(folder, 'containerd.toml')]);
  await until('containerd answers', () => spawnSync('ctr', ['--address', socket, 'version']).status === 0);
  for (const [name, command] of [
    [shellImage, ['/bin/sh']],
    [pauseImage, ['/bin/sleep', '100000']],
  ] as const) {
    const file = join(folder, 'image.tar');
    writeFileSync(file, busyboxImage({ name, command }));
    ctr('images', 'import', '--snapshotter', 'native', file);
  }

  const root = join(lab.folder, 'root');
  const config = readFileSync(join(root, 'var/lib/kubelet/config.yaml'), 'utf8')
    .replaceAll('/etc/kubernetes', join(root, 'etc/kubernetes'))
    .replace(/^healthzPort: .*/m, `healthzPort: ${port + 1}`)
    // The control plane runs already, as processes.
    .replace(/^staticPodPath: .*/m, '');
  writeFileSync(join(folder, 'kubelet.yaml'), config);
  const kubelet = start(join(lab.assets, 'kubelet'), [
    `--config=${join(folder, 'kubelet.yaml')}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet/pki')}`,
    `--kubeconfig=${join(root, 'etc/kubernetes/kubelet.conf')}`,
    ...['--hostname-override=localhost', '--address=127.0.0.1', `--port=${port}`],
    ...['--container-runtime=remote', `--container-runtime-endpoint=unix://${socket}`],
    ...['--fail-swap-on=false', '--cgroup-driver=cgroupfs', '--cgroups-per-qos=false'],
    '--enforce-node-allocatable=',
  ]);
  await until('the node is ready', async () => {
    const status = await lab
      .kubectl(['get', 'node', 'localhost', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'])
      .catch(() => '');
    return status === 'True';
  });

  const stop = async (): Promise<void> => {
    const gone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
    children[1]?.kill('SIGKILL');
    const containers = spawnSync('ctr', ['--address', socket, '-n', 'k8s.io', 'tasks', 'list', '-q'], {
      encoding: 'utf8',
    });
    for (const id of containers.stdout?.split('\n').filter((line) => line !== '') ?? []) {
      spawnSync('ctr', ['--address', socket, '-n', 'k8s.io', 'tasks', 'delete', '--force', id], { timeout: 10_000 });
    }
    children[0]?.kill('SIGTERM');
    for (let round = 0; round < 50 && !children.every(gone); round += 1) await sleep(100);
    for (const child of children) child.kill('SIGKILL');
    // Of mounts, what the kubelet and containerd left would keep the folder from being removed.
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed())
      spawnSync('umount', [mount]);
  };
  return { kubelet: kubelet.pid ?? 0, stop };
}

function containerdConfig(folder: string, socket: string): string {
  return `version = 2
root = "${join(folder, 'root')}"
state = "${join(folder, 'state')}"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${join(folder, 'cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
`;
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 120; round += 1) {
    if (await isSo()) return;
    await sleep(500);
  }
  throw new Error(`waited a minute in vain until ${what}`);
}
