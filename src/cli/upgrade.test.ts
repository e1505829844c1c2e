import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../test/run-program.ts';
import { clusterOf, mirrorPod, nodeWith } from '../controls/versions/examples.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulwark-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Checklist {
  readonly from: { readonly version: string } | null;
  readonly target: string;
  readonly stopped: boolean;
  readonly steps: readonly {
    readonly id: string;
    readonly items: readonly { readonly text: string; readonly where: readonly string[] }[];
  }[];
  readonly defaults: readonly {
    readonly component: string;
    readonly setting: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  readonly unseen: readonly string[];
  readonly findings: {
    readonly added: readonly { readonly control: string }[];
    readonly gone: readonly { readonly control: string }[];
  };
}

async function scan(text: string, ...args: readonly string[]) {
  writeFileSync(join(folder, 'cluster.yaml'), text);
  const flags = ['scan', 'cluster.yaml', '--no-render', '--now', '2026-11-21', ...args];
  return runProgram(flags, { cwd: folder });
}

async function checklist(text: string, target: string): Promise<Checklist & { readonly code: number }> {
  const { out, code, err } = await scan(text, '--target-version', target, '-o', 'json');
  expect(err).toBe('');
  return { ...(JSON.parse(out) as Checklist), code };
}

function itemsOf({ steps }: Checklist, id: string): readonly string[] {
  const step = steps.find((each) => each.id === id);
  return (step?.items ?? []).map(({ text, where }) => [text, ...where].join(' | '));
}

const cronJob =
  'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: sync, namespace: shop}\nspec: {schedule: "@daily"}\n';

function cluster({
  version,
  flags = [],
  node = nodeWith({ kubelet: version, runtime: 'containerd://2.3.4' }),
}: {
  readonly version: string;
  readonly flags?: readonly string[];
  readonly node?: string;
}): string {
  const server = mirrorPod('kube-apiserver', version).replace(
    '[kube-apiserver]',
    JSON.stringify(['kube-apiserver', ...flags]),
  );
  return `${clusterOf(version)}${server}---\n${node}`;
}

describe('scan --target-version', () => {
  it('names objects that the version does not serve, and stops at them', async () => {
    const result = await checklist(`${cluster({ version: 'v1.24.17' })}---\n${cronJob}`, '1.25');
    expect(result).toMatchObject({ code: 1, stopped: true, target: '1.25', from: { version: 'v1.24.17' } });
    expect(itemsOf(result, 'objects')).toEqual([
      'CronJob of batch/v1beta1, gone in v1.25: use batch/v1, which is there since v1.21 | CronJob shop/sync (cluster.yaml)',
    ]);
  });

  it('says a version ahead what the next one drops', async () => {
    const result = await checklist(`${cluster({ version: 'v1.23.17' })}---\n${cronJob}`, '1.24');
    expect([itemsOf(result, 'objects'), itemsOf(result, 'next').length]).toEqual([[], 1]);
  });

  it.each([
    ['a flag', '1.23.17', '--insecure-port=0', '1.24', /--insecure-port/],
    [
      'a plugin',
      '1.24.17',
      '--enable-admission-plugins=PodSecurityPolicy',
      '1.25',
      /PodSecurityPolicy in --enable-admission-plugins is no admission plugin of v1\.25/,
    ],
    [
      'a gate',
      '1.30.14',
      '--feature-gates=APIPriorityAndFairness=true',
      '1.31',
      /feature gate APIPriorityAndFairness is not known in v1\.31/,
    ],
  ])('names %s that the API server does not start with', async (_, version, flag, target, expected) => {
    const text = cluster({ version: `v${version}`, flags: [flag] });
    const result = await checklist(text, target);
    expect(itemsOf(result, 'components')).toEqual([expect.stringMatching(expected)]);
    expect(result.code).toBe(1);
  });

  it('names flags that the etcd which comes with it does not take', async () => {
    const etcd = mirrorPod('etcd', '3.5.16-0').replace('[etcd]', '[etcd, --enable-v2=true]');
    const result = await checklist(`${cluster({ version: 'v1.33.4' })}${etcd}`, '1.34');
    expect(itemsOf(result, 'components')).toEqual([expect.stringMatching(/^etcd: .*--enable-v2/)]);
    expect(itemsOf(result, 'control-plane')).toEqual([
      'kubeadm brings etcd 3.6 with v1.34: bring every member to the newest patch of 3.5 first',
    ]);
  });

  it('does not stop at a flag that is only without effect', async () => {
    const result = await checklist(cluster({ version: 'v1.19.16', flags: ['--insecure-port=8080'] }), '1.20');
    expect([result.stopped, itemsOf(result, 'components')]).toEqual([false, []]);
    expect(itemsOf(result, 'ignored')).toEqual([expect.stringMatching(/--insecure-port has no effect since v1\.20/)]);
  });

  it('blames no flag that is as wrong now as it will be', async () => {
    const result = await checklist(cluster({ version: 'v1.30.1', flags: ['--no-such-flag=1'] }), '1.31');
    expect(itemsOf(result, 'components')).toEqual([]);
  });

  it.each([
    [
      'a kubelet that is too old',
      'v1.30.14',
      nodeWith({ kubelet: 'v1.27.1', runtime: 'containerd://2.3.4' }),
      '1.31',
      /kubelet v1\.27\.1 of node-1.*may be 3 minor versions older/,
    ],
    [
      'Docker',
      'v1.23.17',
      nodeWith({ kubelet: 'v1.23.17', runtime: 'docker://20.10.24' }),
      '1.24',
      /docker 20\.10\.24 of node-1: the kubelet works with Docker up to v1\.23/,
    ],
    [
      'containerd 1',
      'v1.35.8',
      nodeWith({ kubelet: 'v1.35.8', runtime: 'containerd://1.7.33' }),
      '1.36',
      /containerd 1 up to v1\.35/,
    ],
  ])('names nodes that have to go first: %s', async (_, version, node, target, expected) => {
    const result = await checklist(cluster({ version, node }), target);
    expect(itemsOf(result, 'nodes-first')).toEqual([expect.stringMatching(expected)]);
  });

  it('tells what changed defaults change', async () => {
    const kubelet = nodeWith({ kubelet: 'v1.34.1', runtime: 'containerd://2.3.4' }).replace(
      'status: {',
      'status: { kubeletconfig: {address: 0.0.0.0},',
    );
    const result = await checklist(cluster({ version: 'v1.34.1', node: kubelet }), '1.35');
    expect(result.defaults).toContainEqual({
      component: 'kubelet',
      setting: 'failCgroupV1',
      before: false,
      after: true,
    });
    expect(itemsOf(result, 'by-hand')).toEqual([expect.stringMatching(/control groups of version 1/)]);
  });

  it('judges the cluster as it will be', async () => {
    const result = await checklist(cluster({ version: 'v1.24.2' }), '1.25');
    expect(result.findings.gone.map(({ control }) => control)).toContain('versions/image-vulnerabilities');
  });

  it('says what the evidence does not show', async () => {
    const { unseen, from } = await checklist(cronJob, '1.25');
    expect(from).toBeNull();
    expect(unseen).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^the version that is there now/),
        expect.stringMatching(/^Nodes:/),
      ]),
    );
  });

  it.each([
    ['1.30', /is of v1\.30 already/, /v1\.31/],
    ['1.29', /is older than the cluster/, /does not go back/],
    ['1.99', /nothing is known of v1\.99/, /bulwark data/],
  ])('refuses %s for a cluster of v1.30', async (target, message, hint) => {
    const { code, err } = await scan(cluster({ version: 'v1.30.1' }), '--target-version', target);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(err).toMatch(hint);
  });

  it.each([[['-o', 'sarif']], [['--baseline', 'b.json']], [['--benchmark', 'cis']]])('refuses %s', async (args) => {
    if (args.includes('--baseline'))
      writeFileSync(join(folder, 'b.json'), '{"schema":"bulwark.baseline/v1","findings":[]}');
    expect((await scan(cronJob, '--target-version', '1.25', ...args)).code).toBe(2);
  });

  it('prints the checklist for people', async () => {
    const { out, code } = await scan(
      `${cluster({ version: 'v1.24.17' })}---\n${cronJob}`,
      '--target-version',
      'v1.25.3',
    );
    expect(code).toBe(1);
    expect(out).toContain('Upgrade from v1.24.17, as the API server says, to v1.25\nAs things are, it fails');
    expect(out).toMatch(/ 1\. Write objects anew that v1\.25 does not serve\n {4}\[!] CronJob of batch\/v1beta1/);
    expect(out).toMatch(
      / 2\. Take out what components .*start with\n {4}\[\?] not known: the configuration of kube-controller-manager, .* was not\n/,
    );
    expect(out).toMatch(/ 4\. Bring nodes up .* nothing found\n/);
  });

  it('reassures nobody where nothing was read', async () => {
    const { out, code } = await scan(clusterOf('v1.24.17'), '--target-version', 'v1.25');
    expect(code).toBe(0);
    expect(out).toContain('Nothing that was read stops it; what was not read may');
    expect(out).not.toContain('Nothing here stops it');
    for (const number of [2, 3, 4, 6]) expect(out).toMatch(new RegExp(` ${number}\\. .*\n {4}\\[\\?] not known: `));
  });

  it('plans the whole way, one minor version after the other', async () => {
    const psp = 'apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: all}\nspec: {}\n';
    const text = `${cluster({ version: 'v1.23.17', flags: ['--enable-admission-plugins=PodSecurityPolicy'] })}---\n${cronJob}---\n${psp}`;
    const { out, code } = await scan(text, '--target-version', '1.26');
    expect(code).toBe(1);
    expect(out).toContain('The control plane goes one minor version at a time.');
    expect(out).toMatch(
      / {2}v1\.24 {2}nothing that was read stops it\n {2}v1\.25 {2}3 things to mend first\n {2}v1\.26 {2}/,
    );
    expect(out.match(/CronJob of batch\/v1beta1/g)).toHaveLength(1);
    const machine = JSON.parse((await scan(text, '--target-version', '1.26', '-o', 'json')).out) as {
      readonly upgrades: readonly Checklist[];
    };
    expect(machine.upgrades.map(({ target, stopped }) => [target, stopped])).toEqual([
      ['1.24', false],
      ['1.25', true],
      ['1.26', false],
    ]);
    const [, second] = machine.upgrades;
    expect(second === undefined ? [] : itemsOf(second, 'components')).toEqual([
      expect.stringMatching(/PodSecurityPolicy in --enable-admission-plugins/),
    ]);
  });
});

describe('data', () => {
  it('tells the day and the age of each set', async () => {
    const { out, code } = await runProgram(['data', '--now', '2026-11-21']);
    expect(code).toBe(0);
    expect(out).toMatch(/^cves +2026-08-21 +92 days +fresh +known vulnerabilities by version$/m);
  });

  it('exits with 3 where one is too old, and says which', async () => {
    const { out, code } = await runProgram(['data', '--now', '2028-11-21']);
    expect(code).toBe(3);
    expect(out).toContain('cves is too old: a pass that rests on it is a gap of the scan, and exit code 3.');
  });

  it('tells machines the sources', async () => {
    const { out } = await runProgram(['data', '--now', '2026-11-21', '-o', 'json']);
    const { schema, sets } = JSON.parse(out) as {
      schema: string;
      sets: readonly { id: string; sources: readonly string[] }[];
    };
    expect(schema).toBe('bulwark.data/v1');
    expect(sets.find(({ id }) => id === 'cves')?.sources[0]).toMatch(/^golang\/vulndb@/);
  });

  it('refuses what is no time', async () => {
    expect((await runProgram(['data', '--now', 'soon'])).code).toBe(2);
  });
});
