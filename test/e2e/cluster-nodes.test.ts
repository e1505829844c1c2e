import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectNode } from '../../src/collect/node/collect.ts';
import type { NodeEvidence } from '../../src/model/node.ts';
import type { Gap, Snapshot } from '../../src/model/snapshot.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { podsMissing, shellImage, startPodRunner } from './pod-runner.ts';
import { root as repository, runCli } from './run-cli.ts';

warnIfNoLab('test/e2e/cluster-nodes.test.ts');
if (podsMissing !== undefined) console.warn(`test/e2e/cluster-nodes.test.ts is skipped: ${podsMissing}`);

const port = 17_900;
const namespace = 'bulwark-collector';

describe.skipIf(!labAvailable || podsMissing !== undefined)('scan --nodes of a live cluster', () => {
  let lab: Lab;
  let runner: Awaited<ReturnType<typeof startPodRunner>> | undefined;

  beforeAll(async () => {
    lab = await startLab({ port });
    runner = await startPodRunner(lab, { port: port + 5 });
    // As CIS asks for it: a folder that root may enter only with a capability that a container lacks.
    chownSync(join(lab.folder, 'root/var/lib/etcd'), 65_534, 65_534);
    await startBoxed();
    // Nodes without a machine: one that says it is ready and is silent, one down, one of another system, one virtual.
    for (const node of ['silent', 'down', 'windows', 'virtual']) {
      const labels = { 'kubernetes.io/hostname': node, 'kubernetes.io/os': node === 'windows' ? 'windows' : 'linux' };
      const taints =
        node === 'virtual' ? [{ key: 'virtual-kubelet.io/provider', value: 'x', effect: 'NoSchedule' }] : [];
      const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: node, labels }, spec: { taints } };
      await lab.kubectl(['create', '-f', '-'], JSON.stringify(object));
    }
    await setReady('down', 'False');
  }, 240_000);

  afterAll(async () => {
    await runner?.stop();
    await lab?.stop();
  }, 120_000);

  /** A component in a pod, with a file at a path that is only there in its own mount namespace. */
  async function startBoxed(): Promise<void> {
    const conf = join(lab.folder, 'root/etc/kubernetes/scheduler.conf');
    const args = [
      '--kubeconfig=/boxed/scheduler.conf',
      '--port=0',
      `--secure-port=${port + 8}`,
      '--leader-elect=false',
    ];
    const volumes = [
      { name: 'assets', hostPath: { path: lab.assets } },
      { name: 'conf', hostPath: { path: conf } },
    ];
    const container = {
      name: 'scheduler',
      image: shellImage,
      command: ['/assets/kube-scheduler', ...args],
      volumeMounts: [
        { name: 'assets', mountPath: '/assets', readOnly: true },
        { name: 'conf', mountPath: '/boxed/scheduler.conf', readOnly: true },
      ],
    };
    const spec = { nodeName: 'localhost', hostNetwork: true, containers: [container], volumes };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'boxed' }, spec };
    await lab.kubectl(['create', '--namespace', 'kube-system', '-f', '-'], JSON.stringify(pod));
    await lab.kubectl(['wait', '--namespace', 'kube-system', '--for=condition=Ready', 'pod/boxed', '--timeout=50s']);
  }

  /** Without a kubelet, the node controller takes it back after a while. */
  async function setReady(name: string, status: 'True' | 'False'): Promise<void> {
    const now = new Date().toISOString();
    const ready = { type: 'Ready', status, reason: 'Test', message: 'set by hand', lastHeartbeatTime: now };
    const path = `/api/v1/nodes/${name}/status`;
    const node = JSON.parse(await lab.kubectl(['get', '--raw', path]));
    const { resourceVersion: _any, ...metadata } = node.metadata;
    const changed = { ...node, metadata, status: { conditions: [ready] } };
    await lab.kubectl(['replace', '--raw', path, '-f', '-'], JSON.stringify(changed));
  }

  const scan = (...args: readonly string[]) =>
    runCli(['scan', '--nodes', '--kubeconfig', lab.kubeconfig, '--collector-image', shellImage, ...args]);

  /** What there is of collectors in the whole cluster, but for namespaces that are going. */
  async function remains(): Promise<string[]> {
    const selector = ['--all-namespaces', '--selector', 'app.kubernetes.io/name=bulwark-collector'];
    const list = JSON.parse(await lab.kubectl(['get', 'pods,configmaps,namespaces', ...selector, '-o', 'json']));
    const items: { kind: string; metadata: { name: string }; status?: { phase?: string } }[] = list.items;
    return items
      .filter(({ status }) => status?.phase !== 'Terminating')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  }

  const readSnapshot = (path: string): Snapshot => JSON.parse(readFileSync(path, 'utf8'));
  const nodeGaps = (gaps: readonly Gap[]): string[] =>
    gaps.filter(({ what }) => what.startsWith('node ')).map(({ what, reason }) => `${what}: ${reason}`);

  const isOurs = (text: string): boolean => text.includes(join(lab.folder, 'root')) || text.includes('/boxed');

  /** What is the lab's own, and does not change while it runs. */
  function steady({ files, processes, users, groups, host }: NodeEvidence): unknown {
    return {
      users,
      groups,
      processes: processes.filter(({ argv }) => isOurs(argv.join(' '))),
      files: files
        .filter(({ path }) => isOurs(path) && !/\/(?:wal|snap)\//.test(path))
        .map(({ size: _size, modified: _modified, ...file }) => file)
        .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      listeners: host?.listeners?.filter((listener) => listener.port >= port && listener.port < port + 10),
      kernel: host?.kernel,
      os: host?.os,
      administrators: host?.administrators,
    };
  }

  it('sees through a pod what a scan on the node itself sees, and says which nodes it could not', async () => {
    await setReady('silent', 'True');
    const file = join(lab.folder, 'nodes.json');
    const { code, stdout, stderr } = await scan('--save', file, '--node-timeout', '20', '--fail-on', 'none');
    expect(stderr).toMatch(
      /creating a collector pod on each of 2 nodes \(image bulwark\.test\/busybox:1\).*\n.*namespace bulwark-collector/,
    );
    const { nodes = [], gaps, cluster } = readSnapshot(file);
    expect(nodes.map(({ name, from }) => `${name} ${from}`)).toEqual(['localhost bundle']);
    expect(nodeGaps(gaps)).toEqual([
      'node down: the node is not ready: Test: set by hand',
      'node silent: no evidence within 20 s: the kubelet did not take up the pod',
      'node windows: its system is windows: the collector runs on Linux only',
    ]);
    expect(cluster?.unread?.map(({ what }) => what)).toContain('node virtual');
    expect(code).toBe(3);
    expect(stdout).toContain('kubelet localhost');

    const [there] = nodes;
    const here = (await collectNode({ from: 'host', at: '/', name: 'localhost' })).node;
    expect(there && steady(there)).toEqual(steady(here));
    const files = new Set(there?.files.map(({ path }) => path));
    expect(files).toContain(join(lab.folder, 'root/var/lib/etcd/member/snap'));
    const boxed = there?.processes.find(({ argv }) => argv.includes('--kubeconfig=/boxed/scheduler.conf'));
    const conf = there?.files.find(({ path }) => path === '/boxed/scheduler.conf');
    expect([boxed?.exe, conf?.process]).toEqual(['/assets/kube-scheduler', boxed?.pid]);
    expect(await remains()).toEqual([]);
    await expect(lab.kubectl(['get', 'namespace', 'default'])).resolves.toContain('Active');
    const text = readFileSync(file, 'utf8');
    expect(secretsOf(join(lab.folder, 'root')).filter((secret) => text.includes(secret))).toEqual([]);
  }, 120_000);

  it('needs no more than the role that --print-rbac prints, and leaves that namespace', async () => {
    const printed = await runCli(['scan', '--print-rbac', '--nodes', '--collector-namespace', 'collectors']);
    await lab.kubectl(['apply', '-f', '-'], printed.stdout);
    const secret = JSON.parse(
      await lab.kubectl(['get', 'serviceaccount', 'bulwark-scan', '-n', 'bulwark', '-o', 'jsonpath={.secrets[0]}']),
    );
    const token = await lab.kubectl(['get', 'secret', secret.name, '-n', 'bulwark', '-o', 'jsonpath={.data.token}']);
    const kubeconfig = await lab.kubeconfigFor('scanner', Buffer.from(token, 'base64').toString());
    const file = join(lab.folder, 'role.json');
    const only = ['--node-selector', 'kubernetes.io/hostname=localhost', '--collector-namespace', 'collectors'];
    await scan('--kubeconfig', kubeconfig, ...only, '--save', file, '--fail-on', 'none');
    const { nodes = [], gaps } = readSnapshot(file);
    expect(gaps.filter(({ what }) => !what.includes('secrets'))).toEqual([]);
    expect(nodes.map(({ name }) => name)).toEqual(['localhost']);
    expect(await remains()).toEqual([]);
    await expect(lab.kubectl(['get', 'namespace', 'collectors'])).resolves.toContain('Active');
  }, 120_000);

  it('says for each node why its pod was refused or could not start', async () => {
    const quota = { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } };
    await lab.kubectl(['create', 'namespace', 'full']);
    const object = { apiVersion: 'v1', kind: 'ResourceQuota', ...quota };
    await lab.kubectl(['create', '--namespace', 'full', '-f', '-'], JSON.stringify(object));
    const file = join(lab.folder, 'refused.json');
    const only = ['--node-selector', 'kubernetes.io/hostname=localhost', '--save', file, '--fail-on', 'none'];
    await scan(...only, '--collector-namespace', 'full');
    expect(nodeGaps(readSnapshot(file).gaps)).toEqual([
      expect.stringMatching(/^node localhost: no collector runs: .*exceeded quota: none/),
    ]);
    await scan(...only, '--collector-image', '127.0.0.1:1/none:1');
    expect(nodeGaps(readSnapshot(file).gaps)).toEqual([
      expect.stringMatching(/^node localhost: the collector failed: ImagePullBackOff: /),
    ]);
    expect(await remains()).toEqual([]);
  }, 120_000);

  describe('when it is interrupted', () => {
    /** A scan that waits for a node that never answers, once its pod is there. */
    async function waiting(): Promise<{ child: ChildProcess; said: () => string; ended: Promise<number | null> }> {
      await setReady('silent', 'True');
      const only = ['--node-selector', 'kubernetes.io/hostname=silent', '--collector-image', shellImage];
      const args = [join(repository, 'dist/cli.js'), 'scan', '--nodes', '--kubeconfig', lab.kubeconfig, ...only];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      for (let round = 0; !(await remains()).some((what) => what.startsWith('Pod ')); round += 1) {
        if (round > 60) throw new Error(`no collector was made: ${said}`);
        await sleep(300);
      }
      return { child, said: () => said, ended };
    }

    it('removes what it made, and judges what it has', async () => {
      const { child, said, ended } = await waiting();
      child.kill('SIGINT');
      expect(await ended).toBe(3);
      expect(said()).toContain('interrupted: removing the collectors');
      expect(await remains()).toEqual([]);
    }, 90_000);

    it('twice, ends at once and says what to delete', async () => {
      const { child, said, ended } = await waiting();
      child.kill('SIGTERM');
      while (!said().includes('interrupted')) await sleep(20);
      child.kill('SIGTERM');
      expect(await ended).toBe(143);
      const commands = [...said().matchAll(/^ {2}kubectl --kubeconfig \S+ (.+)$/gm)].map(([, command = '']) => command);
      expect(commands).toEqual([
        expect.stringMatching(
          /^--namespace bulwark-collector delete pods,configmaps --selector app\.kubernetes\.io\/instance=[0-9a-f]{8}$/,
        ),
        'delete namespaces --selector app.kubernetes.io/name=bulwark-collector',
      ]);
      for (const command of commands) await lab.kubectl([...command.split(' '), '--wait=false']);
      await lab.kubectl(['delete', 'pods', '--all', '--namespace', namespace, '--force', '--grace-period=0']);
      expect(await remains()).toEqual([]);
    }, 90_000);
  });
});

/** Pieces of every private key below a folder. */
function secretsOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:key|conf)$/.test(name),
  );
  return names.flatMap((name) => {
    const path = join(folder, name);
    if (!statSync(path).isFile()) return [];
    const text = readFileSync(path, 'utf8');
    const pem = [...text.matchAll(/PRIVATE KEY-----\n([\s\S]+?)\n-----END/g)].flatMap(([, body = '']) =>
      body.split('\n'),
    );
    const fields = [...text.matchAll(/client-key-data: (\S{20,})/g)].map(([, value = '']) => value.slice(0, 80));
    return [...pem.filter((line) => line.length === 64), ...fields];
  });
}
