import { describe, expect, it } from 'vitest';
import { testExamples } from '../../../test/control-examples.ts';
import { nodeExample } from '../../../test/node-example.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import { factsOf } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import type { FileEvidence, NodeEvidence } from '../../model/node.ts';
import type { NodeChange } from '../../model/node-change.ts';
import cni from './cni.ts';
import credentials from './credentials.ts';
import etcdData from './etcd-data.ts';
import kubeconfigs from './kubeconfigs.ts';
import kubelet from './kubelet.ts';
import leftovers from './leftovers.ts';
import manifests from './manifests.ts';
import pki from './pki.ts';
import programs from './programs.ts';
import writable from './writable.ts';

const controls = [
  ...manifests,
  ...kubeconfigs,
  ...pki,
  ...etcdData,
  ...kubelet,
  ...cni,
  ...credentials,
  ...programs,
  ...writable,
  ...leftovers,
];

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  testExamples(control, {
    passing: ({ coverage }, text) => expect(coverage.get(control)?.pass, text).toBe(1),
  });

  it('mends what it can', () => {
    for (const text of control.examples.fail) {
      const node = nodeExample(text);
      if (node === undefined || control.mend === undefined) continue;
      const before = judgeNode(node);
      const subject = { object: before.object, path: [], template: '', node };
      const changes = before.failures.map((failure) => control.mend?.changes(subject, failure, before.facts) ?? []);
      const after = judgeNode({ ...node, files: node.files.map((file) => changed(file, changes.flat())) });
      const left = changes.filter((each) => each.length === 0).length;
      expect(after.failures.length, text).toBeLessThanOrEqual(left);
    }
  });

  function judgeNode(node: NodeEvidence) {
    const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps: [], nodes: [node] }], '');
    const facts = factsOf(snapshot);
    const { findings } = judge(snapshot, { controls: [control], profiles: ['security', 'reliability'] });
    return { facts, object: facts.get(readNode)(node).object, failures: findings.map(({ failure }) => failure) };
  }
});

function changed(file: FileEvidence, changes: readonly NodeChange[]): FileEvidence {
  let { mode, uid, gid } = file;
  for (const change of changes) {
    if (change.kind === 'setting' || change.path !== file.path) continue;
    if (change.kind === 'mode') mode &= change.mode;
    else ({ uid, gid } = change);
  }
  return { ...file, mode, uid, gid };
}
