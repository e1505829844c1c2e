import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../test/node-example.ts';
import { kubeletConfig } from '../controls/node-examples.ts';
import { controls } from '../controls/registry.ts';
import { judge } from '../engine/judge.ts';
import type { NodeEvidence } from '../model/node.ts';
import { terminal } from './terminal.ts';

/** A node whose kubelet admits anonymous callers, or does not. */
function node(name: string, anonymous: boolean): NodeEvidence {
  const example = nodeExample(kubeletConfig('authentication:', '  anonymous:', `    enabled: ${anonymous}`));
  if (example === undefined) throw new Error('no example');
  return { ...example, name, from: 'bundle', at: `node/${name}` };
}

/** The report of 40 nodes, on those of which that are named the kubelet admits anonymous callers. */
function report(...open: readonly string[]): string {
  const names = Array.from({ length: 40 }, (_, index) => `worker-${index + 10}`);
  const nodes = names.map((name) => node(name, open.includes(name)));
  const takenAt = '2026-11-21T12:00:00.000Z';
  const snapshot = { schema: 'bulwark.snapshot/v1', takenAt, objects: [], inputs: [], gaps: [], nodes } as const;
  const judgement = judge(snapshot, { controls: controls.filter(({ id }) => id === 'kubelet/anonymous-auth') });
  return [...terminal(judgement, { color: 'never', width: 100, detail: 'short' })].join('');
}

describe('the report of many nodes', () => {
  it('says on how many of them a control fails, and names these', () => {
    const text = report('worker-12', 'worker-20', 'worker-31');
    expect(text).toContain('kubelet/anonymous-auth fails for 3 of 40 kubelets');
    const named = [...text.matchAll(/kubelet (worker-\d+)/g)].map(([, name]) => name);
    expect(named).toEqual(['worker-12', 'worker-20', 'worker-31']);
  });

  it('counts them alone where all are alike', () => {
    const all = Array.from({ length: 40 }, (_, index) => `worker-${index + 10}`);
    expect(report(...all)).toContain('kubelet/anonymous-auth fails for 40 kubelets');
  });
});
