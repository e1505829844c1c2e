import { makerName } from '../../facts/makers.ts';
import { tolerationsOf } from '../../facts/node-isolation.ts';
import { rootOwner } from '../../facts/owners.ts';
import { systemWorkloadOf } from '../../facts/system-workloads.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { pod } from './examples.ts';

export default control({
  id: 'node-isolation/tolerates-everything',
  title: 'Workloads tolerate the taints that they name',
  severity: 'low',
  subject: 'pod',
  coveredBy: ['node-isolation/control-plane-workload'],
  why: 'A toleration without a key tolerates every taint: that of the control plane, those of pools that were set apart for others, and all that are yet to come.',
  remedy: 'Name the key of the taint that the workload is meant to tolerate.',
  check: (subject, facts) => {
    const { object, pod: here } = subject;
    const all = tolerationsOf(here).find(({ key, operator }) => key === '' && operator === 'Exists');
    if (all === undefined) return pass;
    // What follows a node through its troubles tolerates these, and is made by a DaemonSet: an agent.
    if (facts.get(rootOwner)(object).kind === 'DaemonSet' || isSystemNamespace(object.namespace)) {
      return notApplicable('it is an agent of every node, or of the cluster itself');
    }
    if (facts.get(systemWorkloadOf)(subject) !== undefined) return pass;
    if (all.effect !== '' && all.effect !== 'NoSchedule') return pass;
    return fail(`${facts.get(makerName)(object)} tolerates every taint`, here.at('tolerations', all.index));
  },
  examples: {
    fail: [pod(', tolerations: [{operator: Exists}]'), pod(', tolerations: [{operator: Exists, effect: NoSchedule}]')],
    pass: [
      pod(', tolerations: [{key: dedicated, operator: Exists}]'),
      pod(', tolerations: [{operator: Exists, effect: NoExecute}]'),
    ],
  },
});
