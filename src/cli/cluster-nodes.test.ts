import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quietTerminal, runProgram } from '../../test/run-program.ts';
import { type FakeClusterOptions, readyNode, startFakeCluster } from '../collect/cluster-nodes/fake-cluster.ts';
import { readClusterNodes } from './read-cluster-nodes.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-nodes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => runProgram(args, { cwd: folder });

describe('the options of --nodes', () => {
  it.each([
    ['--node-selector', 'a=b'],
    ['--collector-image', 'x'],
    ['--collector-namespace', 'x'],
    ['--node-timeout', '5'],
    ['--nodes-at-once', '5'],
  ])('%s is refused without --nodes', async (option, value) => {
    expect(await run('scan', '--cluster', option, value)).toEqual({
      code: 2,
      out: '',
      err: `bulwark: ${option} says how --nodes collects\n  leave it out, or add --nodes\n`,
    });
  });

  it.each([
    ['--collector-namespace', 'kube-system/pods', 'It must be a namespace'],
    ['--collector-namespace', '../x', 'It must be a namespace'],
    ['--collector-image', 'a b', 'It must be an image'],
    ['--nodes-at-once', '0', 'It must be a number from 1 to 999'],
    ['--nodes-at-once', '1e2', 'It must be a number from 1 to 999'],
    ['--node-timeout', '-1', 'It must be a number of seconds'],
  ])('%s %s is refused', async (option, value, words) => {
    const { code, err } = await run('scan', '--nodes', option, value);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  it('--from is refused beside it', async () => {
    expect(await run('scan', '--nodes', '--from', 'x')).toMatchObject({ code: 2 });
  });
});

describe('--print-collector', () => {
  it('prints what would be made with these options, and makes nothing', async () => {
    const options = ['--collector-namespace', 'ops', '--collector-image', 'here/shell:1', '--node-timeout', '30'];
    const { code, out } = await run('scan', '--nodes', '--print-collector', ...options);
    expect(code).toBe(0);
    const [namespace, scripts, pod] = loadAll(out) as Record<string, unknown>[];
    expect(namespace).toMatchObject({ kind: 'Namespace', metadata: { name: 'ops' } });
    expect(scripts).toMatchObject({ kind: 'ConfigMap', metadata: { namespace: 'ops' } });
    expect(pod).toMatchObject({
      kind: 'Pod',
      spec: { activeDeadlineSeconds: 30, containers: [{ image: 'here/shell:1' }], nodeName: 'NODE' },
    });
  });
});

describe('--print-rbac --nodes', () => {
  it('adds what collectors need, in their namespace', async () => {
    const { code, out } = await run('scan', '--print-rbac', '--nodes', '--collector-namespace', 'ops');
    expect(code).toBe(0);
    const objects = loadAll(out) as { kind: string; metadata: { name: string; namespace?: string } }[];
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`)).toEqual([
      'Namespace /bulwark',
      'ServiceAccount bulwark/bulwark-scan',
      'ClusterRole /bulwark-scan',
      'ClusterRoleBinding /bulwark-scan',
      'Namespace /ops',
      'Role ops/bulwark-collect',
      'RoleBinding ops/bulwark-collect',
    ]);
  });
});

describe('readClusterNodes', () => {
  async function read(options: FakeClusterOptions, signals = new EventEmitter()) {
    const cluster = await startFakeCluster(options);
    const kubeconfig = join(folder, "jane's config");
    const { server } = await cluster.connect();
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
      clusters: [{ name: 'c', cluster: { server: server.href } }],
      users: [{ name: 'c', user: {} }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    const { terminal, text } = quietTerminal({ cwd: folder });
    const exits: number[] = [];
    const interrupts = { signals, exit: (code: number) => void exits.push(code) };
    try {
      const flags = { nodes: true, kubeconfig, timeout: 5, nodeTimeout: 5 } as const;
      const info = { server: server.href };
      const collected = await readClusterNodes(flags, terminal, { cluster: info, interrupts });
      return { collected, err: text.err, exits, listeners: signals.listenerCount('SIGINT') };
    } finally {
      await cluster.close();
    }
  }

  const ended = { status: { phase: 'Failed', reason: 'Evicted' } };
  const virtual = { ...readyNode('v'), spec: { taints: [{ key: 'virtual-kubelet.io/provider' }] } };

  it('says what it makes, and tells of virtual nodes with the cluster', async () => {
    const { collected, err, listeners } = await read({ nodes: [readyNode('a'), virtual], run: () => ended });
    expect(err).toMatch(
      /^bulwark: creating a collector pod on 1 node \(image \S+\), and a ConfigMap with its script,\n {2}in namespace bulwark-collector, as run [0-9a-f]{8}; all is removed afterwards\n$/,
    );
    expect(collected.gaps.map(({ what }) => what)).toEqual(['node a']);
    expect(collected.cluster?.unread?.map(({ what }) => what)).toEqual(['node v']);
    expect(listeners).toBe(0);
  });

  it('prints the commands where it cannot clean up', async () => {
    const refuse = (request: string) => (request.startsWith('DELETE') ? ([403, 'not you'] as const) : undefined);
    const { err } = await read({ nodes: [readyNode('a')], run: () => ended, refuse });
    const kubectl = `  kubectl --kubeconfig '${folder}/jane'\\''s config'`;
    expect(err).toContain('bulwark: the collectors could not all be removed: not you\n');
    expect(err).toContain(
      `${kubectl} --namespace bulwark-collector delete pods,configmaps --selector app.kubernetes.io/instance=`,
    );
    expect(err).toContain(`${kubectl} delete namespaces --selector app.kubernetes.io/name=bulwark-collector\n`);
  });

  it('ends at the second interrupt, and says what to delete', async () => {
    const signals = new EventEmitter();
    let interrupted = false;
    const interrupt = () => {
      if (!interrupted) for (const name of ['SIGINT', 'SIGINT']) signals.emit(name);
      interrupted = true;
      return ended;
    };
    const { err, exits } = await read({ nodes: [readyNode('a')], run: interrupt }, signals);
    expect(exits).toEqual([130]);
    expect(err).toContain('interrupted: removing the collectors');
    expect(err).toContain('delete pods,configmaps --selector app.kubernetes.io/instance=');
  });
});
