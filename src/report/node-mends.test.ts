import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../test/node-example.ts';
import type { AnyControl } from '../controls/control.ts';
import { kubeletConfig, staticPod, unit } from '../controls/node-examples.ts';
import { controls } from '../controls/registry.ts';
import { judge } from '../engine/judge.ts';
import { mendNode } from '../fix/node/mend-node.ts';
import type { NodeEvidence } from '../model/node.ts';
import { fixCommand, NodeMends } from './node-mends.ts';
import { terminal } from './terminal.ts';

function snapshotOf(text: string, more: Partial<NodeEvidence> = {}) {
  const node = nodeExample(text);
  if (node === undefined) throw new Error('no example of a node');
  const empty = { takenAt: '2026-11-21T00:00:00Z', objects: [], inputs: [], gaps: [] };
  return { schema: 'bulwark.snapshot/v1', ...empty, nodes: [{ ...node, ...more }] } as const;
}

function only(...ids: readonly string[]): AnyControl[] {
  return controls.filter(({ id }) => ids.includes(id));
}

/** What the report says after the remedy, in one line, and the next step. */
function said(id: string, text: string, more: Partial<NodeEvidence> = {}): string {
  const judgement = judge(snapshotOf(text, more), { controls: only(id) });
  expect(judgement.findings.map(({ control }) => control.id)).toEqual([id]);
  const report = [...terminal(judgement, { color: 'never', width: 100, detail: 'full' })].join('');
  return report.replaceAll(/\n +/g, ' ').replaceAll(/\s+/g, ' ');
}

const fixable = kubeletConfig('makeIPTablesUtilChains: false');

describe('what the report promises of fix', () => {
  it.each<[string, Partial<NodeEvidence>, string, string]>([
    [
      'this machine',
      { from: 'host', at: '/' },
      '"bulwark fix --node" mends it.',
      '"bulwark fix --node --dry-run" shows',
    ],
    [
      'a mounted root',
      { from: 'root', at: '/mnt/n1' },
      '"bulwark fix --root /mnt/n1" mends it.',
      '"bulwark fix --root /mnt/n1 --dry-run" shows',
    ],
    [
      'a bundle',
      { from: 'bundle', at: 'n1.tar.gz' },
      '"bulwark fix --node" on the node mends it.',
      '"bulwark fix --node --dry-run" on the node shows',
    ],
  ])('names the option for %s', (_, more, promise, next) => {
    const report = said('kubelet/iptables-util-chains', fixable, more);
    expect(report).toContain(promise);
    expect(report).toContain(`Next: ${next}`);
  });

  it('is nothing where only a person can do it, as with a flag of a unit', () => {
    const report = said('kubelet/read-only-port', unit('kubelet', ['--read-only-port=10255']));
    expect(report).toContain('read-only-port');
    expect(report).not.toContain('bulwark fix');
  });

  it('is the reason where fix refuses it', () => {
    const report = said('kube-apiserver/event-rate-limit', staticPod('kube-apiserver', []), { from: 'root', at: '/r' });
    expect(report).toContain('"bulwark fix" refuses to do it here: EventRateLimit needs a configuration');
    expect(report).not.toContain('mends it');
    expect(report).not.toContain('--dry-run');
  });

  it('is one command for several nodes', () => {
    const [a, b] = [
      { from: 'root', at: '/a' },
      { from: 'root', at: '/b' },
    ] as const;
    expect(fixCommand([a, a])).toContain('--root\0/a"');
    expect(fixCommand([a, b])).toContain('--root\0DIR"');
    expect(fixCommand([a, { from: 'bundle', at: 'x' }])).toBe('"bulwark\0fix"');
  });

  it.each([
    ['a control plane', staticPod('kube-apiserver', ['--profiling=true'])],
    ['an etcd', staticPod('etcd', ['--auto-tls=true'])],
    ['a kubelet with a file', kubeletConfig('readOnlyPort: 10255', 'authorization: { mode: AlwaysAllow }')],
    ['a kubelet with flags', unit('kubelet', ['--anonymous-auth=true'])],
  ])('is what fix does: %s', (_, text) => {
    const snapshot = snapshotOf(text);
    const judgement = judge(snapshot, { controls });
    const mends = new NodeMends(judgement);
    const judged = judgement.findings.filter(({ control }) => control.mend !== undefined);
    expect(judged.length).toBeGreaterThan(0);
    const promised = judged.filter((finding) => mends.planOf(finding)?.kind === 'mends');
    const done = judged.filter(({ identity }) => {
      const select = (finding: { readonly identity: string }) => finding.identity === identity;
      return mendNode({ snapshot, judging: { controls }, select, allow: 'may-break' }).left.length === 0;
    });
    expect(promised.map(({ identity }) => identity)).toEqual(done.map(({ identity }) => identity));
  });
});
