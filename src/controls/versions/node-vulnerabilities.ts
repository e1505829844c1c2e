import type { Facts } from '../../facts/facts.ts';
import { type NodeProgram, programsReportedOn } from '../../facts/node-programs.ts';
import { exposureOf } from '../../facts/vulnerable-programs.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { nodeWith } from './examples.ts';
import { openIds, openSeverity, openWords, undecidedWords, upgradeRemedy } from './vulnerability-words.ts';

/**
 * Kubelets and container runtimes, as Nodes tell them: one finding for each version, on the first of its Nodes. Kernels
 * are left out: every distribution puts fixes into its own without a number that could be compared.
 */
export default control({
  id: 'versions/node-vulnerabilities',
  title: 'Kubelets and container runtimes have no vulnerability that is known',
  severity: 'medium',
  subject: 'object',
  kinds: ['Node'],
  why: 'A hole in a kubelet or container runtime is a way from a container to its node, and its fix tells everyone where to look.',
  remedy: 'Drain the node, upgrade what is told, and let pods back.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== '/Node') return notApplicable('it is no Node');
    const failures: Failure[] = [];
    const open: string[] = [];
    for (const each of facts.get(programsReportedOn)(object)) {
      const judged = judgeProgram(each, facts);
      if (judged === undefined) continue;
      if (typeof judged === 'string') open.push(judged);
      else failures.push(judged);
    }
    return failures.length === 0 && open.length > 0 ? unknown(open.join('; ')) : failures;
  },
  examples: {
    fail: [
      nodeWith({ kubelet: 'v1.36.1', runtime: 'containerd://1.7.28' }),
      `${nodeWith({ kubelet: 'v1.24.1', runtime: 'containerd://2.3.2', os: 'windows' })}`,
    ],
    pass: [
      nodeWith({ kubelet: 'v1.36.1', runtime: 'containerd://2.3.2' }),
      // Its only vulnerabilities are of Windows.
      nodeWith({ kubelet: 'v1.30.4', runtime: 'containerd://2.3.2' }),
    ],
  },
});

/** A failure, or a text where it cannot be told; undefined where nothing is wrong. */
function judgeProgram(
  { name, version, program, os, field, nodes }: NodeProgram,
  facts: Facts,
): Failure | string | undefined {
  if (program === undefined) return `what is known of vulnerabilities leaves ${name} out`;
  const exposure = facts.get(exposureOf)(program, version, { os });
  if (typeof exposure === 'string') return exposure;
  const title = `${name} ${version}${nodes.length > 1 ? ` of ${nodes.length} nodes` : ''}`;
  if (exposure.open.length === 0) {
    return exposure.undecided.length === 0
      ? undefined
      : `${title} is open to none, ${undecidedWords(exposure.undecided)}`;
  }
  return fail(`${title} ${openWords(exposure)}`, ['status', 'nodeInfo', field], {
    key: name,
    severity: openSeverity(exposure),
    items: openIds(exposure),
    remedy: upgradeRemedy(name, exposure),
  });
}
