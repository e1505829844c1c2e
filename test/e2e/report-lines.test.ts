import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CollectNodeOptions, collectNode } from '../../src/collect/node/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import type { Finding } from '../../src/engine/finding.ts';
import { judge } from '../../src/engine/judge.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { argumentsOfProcess, contradiction, manifestArguments, type NodeToRead } from './independent-reading.ts';
import { answerOf } from './observe.ts';

warnIfNoLab('The report line by line');

const hasContainerd = spawnSync('containerd', ['--version']).status === 0;
if (!hasContainerd) console.warn('the kubelet of test/e2e/report-lines.test.ts is left out: it needs containerd');
const healthPort = 18_116;

/** What kubeadm v1.20 leaves to be done, as severity, control and what it is about. */
/** Of 1.20 and its etcd, whichever way a node is read. */
const vulnerable = [
  'high versions/component-vulnerabilities of kube-controller-manager node-1',
  ...['etcd', 'kube-apiserver'].map((component) => `medium versions/component-vulnerabilities of ${component} node-1`),
];

const ofComponents = [
  'low kube-apiserver/always-pull-images',
  'medium kube-apiserver/anonymous-auth',
  'medium kube-apiserver/audit-policy-file',
  'medium kube-apiserver/encryption-config',
  'low kube-apiserver/event-rate-limit',
  'medium kube-apiserver/kubelet-certificate-authority',
  'medium kube-apiserver/pod-security-plugin',
  'low kube-apiserver/profiling',
  'low kube-apiserver/service-account-extend-expiration',
  'info kube-apiserver/service-account-max-expiration',
  'low kube-apiserver/tls-cipher-suites',
  'low kube-apiserver/user-certificates',
  'low kube-controller-manager/profiling',
  'low kube-controller-manager/tls-cipher-suites',
  'low kube-scheduler/profiling',
  'low kube-scheduler/tls-cipher-suites',
  'low etcd/tls-cipher-suites',
  'low kubelet/hostname-override',
  'medium kubelet/pod-pids-limit',
  'low kubelet/protect-kernel-defaults',
  'medium kubelet/serving-certificate',
  'low kubelet/system-logs',
  'low kubelet/tls-cipher-suites',
].map((line) => `${line} of ${/ ([\w-]+)\//.exec(line)?.[1]} node-1`);

describe.skipIf(!labAvailable)('on a node that kubeadm made', () => {
  let lab: Lab;
  let root = '';
  const children: ChildProcess[] = [];
  const imageVersion = (component: string): string => {
    const manifest = readFileSync(join(root, `etc/kubernetes/manifests/${component}.yaml`), 'utf8');
    return /^ +image: \S+:(\S+)$/m.exec(manifest)?.[1] ?? 'none';
  };
  beforeAll(async () => {
    lab = await startLab({ port: 18_110 });
    root = join(lab.folder, 'root');
    // The lab leaves none, and the node is named otherwise.
    writeFileSync(join(root, 'etc/hostname'), 'control-plane\n');
    if (hasContainerd) await startKubelet();
  }, 180_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    // The kubelet makes a mount of its folder.
    if (lab !== undefined) spawnSync('umount', ['--lazy', join(lab.folder, 'kubelet/data')]);
    await lab?.stop();
  }, 100_000);

  function start(program: string, args: readonly string[]): number {
    const child = spawn(program, args, { stdio: 'ignore' });
    child.on('error', () => undefined);
    children.push(child);
    return child.pid ?? 0;
  }

  /** With kubeadm's configuration, and a container runtime of its own that has no images. */
  async function startKubelet(): Promise<void> {
    const folder = join(lab.folder, 'kubelet');
    mkdirSync(folder);
    const state = ['--root', join(folder, 'images'), '--state', join(folder, 'state')];
    start('containerd', ['--address', join(folder, 'containerd.sock'), ...state]);
    const config = readFileSync(join(root, 'var/lib/kubelet/config.yaml'), 'utf8')
      .replaceAll('/etc/kubernetes', join(root, 'etc/kubernetes'))
      .replace(/^healthzPort: .*/m, `healthzPort: ${healthPort}`);
    writeFileSync(join(folder, 'config.yaml'), config);
    const pid = start(join(lab.assets, 'kubelet'), [
      `--config=${folder}/config.yaml`,
      `--root-dir=${folder}/data`,
      `--cert-dir=${folder}/pki`,
      `--kubeconfig=${root}/etc/kubernetes/kubelet.conf`,
      '--hostname-override=localhost',
      '--address=127.0.0.1',
      `--port=${healthPort - 1}`,
      '--container-runtime=remote',
      `--container-runtime-endpoint=unix://${folder}/containerd.sock`,
      '--fail-swap-on=false',
      '--cgroup-driver=cgroupfs',
      '--cgroups-per-qos=false',
      '--enforce-node-allocatable=',
    ]);
    writeFileSync(join(lab.folder, 'run/kubelet.pid'), String(pid));
    for (let tries = 0; tries < 120; tries += 1) {
      const { kind } = await answerOf({ port: healthPort, path: '/healthz', tls: false });
      if (kind === 'status') return;
      await delay(500);
    }
    throw new Error('the kubelet did not start');
  }

  async function findings(options: Pick<CollectNodeOptions, 'at' | 'from' | 'pids'>): Promise<readonly Finding[]> {
    const { node, gaps } = await collectNode({ ...options, name: 'node-1' });
    expect(gaps).toEqual([]);
    const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps, nodes: [node] }], new Date().toISOString());
    const judgement = judge(snapshot, { controls, profiles: ['security'] });
    expect(judgement.errors).toEqual([]);
    return judgement.findings;
  }

  function told({ severity, control, subject: { object } }: Finding): string {
    return `${severity} ${control.id} of ${object.kind} ${object.name}`;
  }

  function contradictions(found: readonly Finding[], node: NodeToRead): string[] {
    return found.flatMap((finding) => {
      const { message, subject, places } = finding;
      const source = places[0]?.object.source;
      const line = source?.positions?.locate([...source.base, ...(places[0]?.path ?? [])])?.line;
      const against = contradiction({ component: subject.object.kind, message, file: source?.file ?? '', line }, node);
      return against === undefined ? [] : [`${told(finding)}: ${message}. But ${against}.`];
    });
  }

  it('reports of its files what they say, and all of it', async () => {
    const found = await findings({ at: root, from: 'root' });
    const masters = (kind: string, name: string): string => `certificates/system-masters of ${kind} node-1:${name}`;
    expect(found.map(told).sort()).toEqual(
      [
        ...ofComponents,
        ...vulnerable,
        'low etcd/peer-certificate-names of etcd node-1',
        'low files/kubelet-config-mode of Node node-1',
        'medium nodes/component-versions of Node node-1',
        'low nodes/component-versions of Node node-1',
        `low ${masters('Certificate', '/etc/kubernetes/pki/apiserver-kubelet-client.crt')}`,
        `high ${masters('Kubeconfig', '/etc/kubernetes/admin.conf')}`,
      ].sort(),
    );
    const variables = readFileSync(join(root, 'var/lib/kubelet/kubeadm-flags.env'), 'utf8');
    const node: NodeToRead = {
      root,
      kubeletConfig: join(root, 'var/lib/kubelet/config.yaml'),
      argumentsOf: (component) =>
        component === 'kubelet'
          ? [...variables.matchAll(/--[^\s"]+/g)].map(String)
          : manifestArguments(readFileSync(join(root, `etc/kubernetes/manifests/${component}.yaml`), 'utf8')),
      versionOf: imageVersion,
    };
    expect(contradictions(found, node)).toEqual([]);
  });

  it('reports of its processes what they were started with, and all of it', async () => {
    const run = join(lab.folder, 'run');
    const pids = new Map(
      readdirSync(run)
        .filter((name) => name.endsWith('.pid'))
        .map((name) => [name.slice(0, -4), Number(readFileSync(join(run, name), 'utf8'))]),
    );
    const found = await findings({ at: '/', from: 'host', pids: [...pids.values()] });
    // What else is said of the host depends on the machine that this runs on.
    const ours = found.filter(({ subject, message }) => subject.object.kind !== 'Node' || message.includes(lab.folder));
    const pki = `node-1:${root}/etc/kubernetes/pki`;
    expect(ours.map(told).sort()).toEqual(
      [
        ...vulnerable,
        ...ofComponents.filter((line) => hasContainerd || !line.includes(' kubelet/')),
        ...(hasContainerd ? ['low files/kubelet-config-mode of Node node-1'] : []),
        ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map(
          (component) => `medium nodes/component-drift of ${component} node-1`,
        ),
        `low certificates/system-masters of Certificate ${pki}/apiserver-kubelet-client.crt`,
      ].sort(),
    );
    const node: NodeToRead = {
      root: '',
      kubeletConfig: join(lab.folder, 'kubelet/config.yaml'),
      argumentsOf: (component) => argumentsOfProcess(pids.get(component) ?? 0),
      // The lab starts its own etcd, whatever image the manifest of its root names; a real node has one of both.
      versionOf: imageVersion,
    };
    const sysctls = found.filter(({ control }) => control.id.startsWith('nodes/sysctl-'));
    expect(contradictions([...ours, ...sysctls], node)).toEqual([]);
  });
});
