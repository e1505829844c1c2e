import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { type AnyControl, control } from '../../controls/control.ts';
import profiling from '../../controls/kube-apiserver/settings.ts';
import { kubeletConfig, staticPod, unit } from '../../controls/node-examples.ts';
import { settingControls } from '../../controls/setting-control.ts';
import type { FixSafety } from '../../model/edit.ts';
import { fail } from '../../model/verdict.ts';
import { formatNodeDiff, formatNodeReport } from './format-node-report.ts';
import { mendNode } from './mend-node.ts';

const words = { title: 'A', why: 'B', severity: 'low', examples: { pass: [], fail: [] } } as const;

const keyMode = control({
  ...words,
  id: 'files/key-mode',
  subject: 'node',
  check: ({ node }) =>
    node.files
      .filter(({ path, mode }) => path.endsWith('.key') && (mode & 0o077) !== 0)
      .map(({ path }) => fail(`${path} is readable`, [], { key: path })),
  mend: {
    safety: 'safe',
    changes: (_, { key }) => [{ kind: 'mode', path: key ?? '', mode: 0o600 }],
  },
});

const kubelet = settingControls('kubelet', [
  {
    ...words,
    name: 'read-only-port',
    setting: 'readOnlyPort',
    wrong: (value) => (value === 0 ? undefined : 'open'),
    mend: { value: 0, safety: 'safe' },
  },
  {
    ...words,
    name: 'pod-pids',
    setting: 'podPidsLimit',
    wrong: (value) => (value === -1 ? 'no limit' : undefined),
    mend: { value: 4096, safety: 'may-break' },
  },
  {
    ...words,
    name: 'hostname',
    setting: 'hostname-override',
    wrong: (value) => (value === '' ? undefined : 'overridden'),
    mend: { value: null, safety: 'safe' },
  },
]);

const apiServer = settingControls('kube-apiserver', [
  {
    ...words,
    name: 'age',
    setting: 'audit-log-maxage',
    wrong: (value) => (value === 30 ? undefined : 'short'),
    mend: {
      value: 30,
      safety: 'safe',
      refusal: ({ config }) => (config.get('audit-log-path')?.value === '' ? 'no log' : undefined),
    },
  },
  {
    ...words,
    name: 'plugins',
    setting: 'enable-admission-plugins',
    wrong: (value) => (Array.isArray(value) && value.length > 0 ? undefined : 'none'),
    mend: { value: ['NodeRestriction', 'Nonsense'], safety: 'safe' },
  },
]);

function mend(text: string, controls: readonly AnyControl[], allow: FixSafety = 'safe') {
  const node = nodeExample(text);
  if (node === undefined) throw new Error('no example of a node');
  const takenAt = '2026-11-21T00:00:00Z';
  const snapshot = {
    schema: 'bulwark.snapshot/v1',
    takenAt,
    objects: [],
    inputs: [],
    gaps: [],
    nodes: [node],
  } as const;
  return mendNode({ snapshot, judging: { controls }, select: () => true, allow });
}

describe('a node is mended', () => {
  it('in the manifest of a static pod, whatever form the flag has', () => {
    const rows: [string[], string][] = [
      [[], '+        - --profiling=false'],
      [['--profiling=true'], '+        - --profiling=false'],
      [['--profiling', '--v=2'], '+        - --profiling=false'],
    ];
    for (const [args, line] of rows) {
      const mended = mend(
        staticPod('kube-apiserver', args),
        profiling.filter(({ id }) => id.endsWith('/profiling')),
      );
      expect(mended.left).toEqual([]);
      expect(formatNodeDiff(mended.files)).toContain(`${line}\n`);
      expect(mended.judgement.findings).toEqual([]);
    }
  });

  it('with a flag of two words, and one that is repeated', () => {
    const args = ['--audit-log-path=/a', '--audit-log-maxage', '5', '--audit-log-maxage=7'];
    const mended = mend(staticPod('kube-apiserver', args), apiServer.slice(0, 1));
    const changed = formatNodeDiff(mended.files)
      .split('\n')
      .filter((line) => /^[+-] /.test(line));
    expect(changed.map((line) => line.replace(/ {2,}/, ''))).toEqual([
      '-- --audit-log-maxage',
      '-- "5"',
      '-- --audit-log-maxage=7',
      '+- --audit-log-maxage=30',
    ]);
  });

  it('in the file of the kubelet, by modes, and by both together', () => {
    const text = `${kubeletConfig('# as always', 'readOnlyPort: 10255 # heapster')}# file: /etc/kubernetes/a.key mode 0644\n`;
    const mended = mend(text, [keyMode, ...kubelet]);
    expect(formatNodeDiff(mended.files)).toBe(`# chmod 0600 /etc/kubernetes/a.key
--- a/var/lib/kubelet/config.yaml
+++ b/var/lib/kubelet/config.yaml
@@ -1,4 +1,4 @@
 apiVersion: kubelet.config.k8s.io/v1beta1
 kind: KubeletConfiguration
 # as always
-readOnlyPort: 10255 # heapster
+readOnlyPort: 0 # heapster
`);
    expect(mended.left.map(({ cause }) => cause)).toEqual(['may-break']);
    expect(mend(text, [keyMode, ...kubelet], 'may-break').left).toEqual([]);
  });

  it('but for what somebody has decided to live with, or does not ask', () => {
    const [control] = profiling.filter(({ id }) => id.endsWith('/profiling'));
    const node = nodeExample(staticPod('kube-apiserver', []));
    if (control === undefined || node === undefined) throw new Error('no such example');
    const snapshot = {
      schema: 'bulwark.snapshot/v1',
      takenAt: '2026-11-21T00:00:00Z',
      objects: [],
      inputs: [],
    } as const;
    const given = { snapshot: { ...snapshot, gaps: [], nodes: [node] }, select: () => true, allow: 'safe' } as const;
    const exception = {
      control: control.id,
      reason: 'x',
      owner: 'ops',
      expires: undefined,
      origin: { by: 'configuration', place: 'bulwark.yaml:3' },
    } as const;
    const accepted = mendNode({
      ...given,
      judging: { controls: [control] },
      accept: (judgement) => ({
        ...judgement,
        findings: [],
        suppressed: judgement.findings.map((finding) => ({ finding, by: { kind: 'exception', exception } })),
      }),
    });
    expect([accepted.files, accepted.left]).toMatchObject([[], [{ cause: 'excepted', detail: 'bulwark.yaml:3' }]]);
    const off = mendNode({ ...given, judging: { controls: [] }, turnedOff: [control] });
    expect([off.files, off.left]).toMatchObject([
      [],
      [{ cause: 'turned-off', finding: { control: { id: control.id } } }],
    ]);
    const report = formatNodeReport({ mode: 'write', written: [], left: [...accepted.left, ...off.left] }, 120);
    expect(report).toContain('Left, since exceptions cover it: 1 finding (bulwark.yaml:3)');
    expect(report).toContain(`Left, since the configuration leaves it out: 1 finding (${control.id})`);
  });

  it.each<[string, string, readonly AnyControl[], string, string]>([
    [
      'a flag of a unit',
      unit('kubelet', ['--hostname-override=a']),
      kubelet.slice(2),
      'needs-a-person',
      'remove --hostname-override',
    ],
    [
      'a flag that wins over the file',
      unit('kubelet', ['--config=/var/lib/kubelet/config.yaml', '--read-only-port=10255']) +
        kubeletConfig('podPidsLimit: 1').slice(kubeletConfig().indexOf('# file: /var')),
      kubelet,
      'needs-a-person',
      'remove --read-only-port, which wins over the file',
    ],
    ['what a precondition forbids', staticPod('kube-apiserver', []), apiServer.slice(0, 1), 'refused', 'no log'],
    ['a value that the server refuses', staticPod('kube-apiserver', []), apiServer.slice(1), 'refused', 'Nonsense'],
  ])('and left alone where it must be: %s', (_, text, controls, cause, detail) => {
    const mended = mend(text, controls, 'may-break');
    expect(mended.files).toEqual([]);
    expect(mended.left[0]).toMatchObject({ cause });
    expect(mended.left[0]?.detail).toContain(detail);
  });
});
