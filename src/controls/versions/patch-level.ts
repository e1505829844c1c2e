import { type NodeProgram, programsReportedOn } from '../../facts/node-programs.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { distributionOfVersion } from '../../semantics/node/distribution.ts';
import { newerPatch } from '../../semantics/versions/latest.ts';
import { isVendorBuild } from '../../semantics/versions/vendor.ts';
import { control } from '../control.ts';
import { endedLine, kubernetesOf } from '../nodes/support.ts';
import { nodeWith } from './examples.ts';

/** Lines that have ended, and versions with holes that are known, are told as such. Builds of a maker have patches of their own. */
export default control({
  id: 'versions/patch-level',
  title: 'Kubelets and container runtimes have the newest patch of their line',
  severity: 'info',
  subject: 'object',
  kinds: ['Node'],
  why: 'A patch changes nothing but what is broken, and not every hole that it closes is announced.',
  remedy: 'Upgrade to the newest patch: it goes without a change of configuration.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== '/Node') return notApplicable('it is no Node');
    const failures: Failure[] = [];
    for (const each of facts.get(programsReportedOn)(object)) {
      const failure = judgeProgram(each, facts.snapshot.takenAt);
      if (failure !== undefined) failures.push(failure);
    }
    return failures;
  },
  examples: {
    fail: [nodeWith({ kubelet: 'v1.36.1', runtime: 'containerd://2.3.2' })],
    pass: [
      nodeWith({ kubelet: 'v1.36.4', runtime: 'containerd://2.3.4' }),
      nodeWith({ kubelet: 'v1.36.1-eks-1a2b3c4', runtime: 'containerd://2.3.4' }),
      nodeWith({ kubelet: 'v1.20.2', runtime: 'cri-o://1.36.0' }),
    ],
  },
});

function judgeProgram({ name, version, field, nodes }: NodeProgram, today: string): Failure | undefined {
  if (isVendorBuild(version)) return undefined;
  const product = name === 'kubelet' ? 'kubernetes' : name === 'containerd' ? 'containerd' : undefined;
  if (product === undefined) return undefined;
  const line = name === 'kubelet' ? kubernetesOf(distributionOfVersion(version)) : product;
  if (line === undefined || endedLine(line, version, today) !== undefined) return undefined;
  const newer = newerPatch(product, version);
  if (newer === undefined) return undefined;
  const of = nodes.length > 1 ? ` of ${nodes.length} nodes` : '';
  const since = newer.on === undefined ? '' : `, which came out on ${newer.on}`;
  const patches = newer.behind === 1 ? 'one patch' : `${newer.behind} patches`;
  return fail(`${name} ${version}${of} is ${patches} behind ${newer.patch}${since}`, ['status', 'nodeInfo', field], {
    key: name,
    sameAs: 'versions/node-vulnerabilities',
  });
}
