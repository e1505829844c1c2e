import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import agentCoverage from './agent-coverage.ts';
import { cluster, program, prometheus } from './examples.ts';
import present from './present.ts';

const findings = (text: string): readonly string[] =>
  judgeText(present, text).findings.map(({ control }) => control.id);

describe('what watches over a cluster', () => {
  it('is asked of whole clusters only', () => {
    expect(findings(prometheus)).toEqual([]);
    expect(findings(cluster())).toEqual([
      'observability/metrics',
      'observability/log-shipping',
      'observability/runtime-detection',
    ]);
  });

  it('is open where one evidence alone is there', () => {
    const label = program('fluent-bit', 'registry.example/shop:1');
    const { undecided } = judgeText(present, cluster(label));
    expect(undecided.map(({ control, reason }) => `${control.id}: ${reason}`)).toEqual([
      'observability/log-shipping: Fluent Bit may be there: only its label was seen',
    ]);
  });
});

function node(name: string, taint: string): string {
  return `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {kubernetes.io/os: linux, "node-role.kubernetes.io/control-plane": ""}}
spec: {taints: [${taint}]}
`;
}

describe('nodes that an agent leaves out', () => {
  const falco = (spec: string): string => program('falco', 'docker.io/falcosecurity/falco:0.39.2', spec);
  const taint = '{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}';
  const message = 'Falco does not run on Node one, of the control plane among them';
  it.each([
    ['no toleration', taint, '', [message]],
    ['its toleration', taint, ', tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]', []],
    ['any toleration', taint, ', tolerations: [{operator: Exists}]', []],
    ['a selector of workers', '', ', nodeSelector: {node-role.kubernetes.io/worker: ""}', [message]],
    ['a selector of another system', '', ', nodeSelector: {kubernetes.io/os: windows}', []],
    ['a taint of a node in trouble', '{key: node.kubernetes.io/not-ready, effect: NoExecute}', '', []],
    ['a taint that only asks', '{key: spot, effect: PreferNoSchedule}', '', []],
  ])('%s', (_, taints, spec, expected) => {
    const found = judgeExample(agentCoverage, [node('one', taints), falco(spec)].join('---\n'));
    expect(found.map(({ message: told }) => told)).toEqual(expected);
  });
});
