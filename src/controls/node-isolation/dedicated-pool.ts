import { defineFact } from '../../facts/facts.ts';
import { makerName } from '../../facts/makers.ts';
import {
  choosesNodes,
  isOfEveryNode,
  isolatedNodes,
  isSetByKubelet,
  requiredNodeLabels,
  type Taint,
  tolerates,
  tolerationsOf,
} from '../../facts/node-isolation.ts';
import { rootOwner } from '../../facts/owners.ts';
import { systemWorkloadOf } from '../../facts/system-workloads.ts';
import type { Pod } from '../../model/pod.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { node, pod, together } from './examples.ts';

interface Pool {
  readonly nodes: number;
  /** How many of them keep away who does not tolerate a taint that people set. */
  readonly tainted: number;
}

/** The nodes that have a label, by `key=value`: labels of people's own, which part pools. */
const pools = defineFact('node-pools', (facts): ReadonlyMap<string, Pool> => {
  const found = new Map<string, Pool>();
  for (const { labels, ownTaints } of facts.get(isolatedNodes).values()) {
    for (const [key, value] of labels) {
      const known = found.get(`${key}=${value}`);
      const tainted = (known?.tainted ?? 0) + (ownTaints.length > 0 ? 1 : 0);
      found.set(`${key}=${value}`, { nodes: (known?.nodes ?? 0) + 1, tainted });
    }
  }
  return found;
});

/** The taints that people set to part pools, each once, by their key. */
const poolTaints = defineFact('pool-taints', (facts): ReadonlyMap<string, ReadonlyMap<string, Taint>> => {
  const taints = new Map<string, Map<string, Taint>>();
  for (const { ownTaints } of facts.get(isolatedNodes).values()) {
    for (const taint of ownTaints) {
      let known = taints.get(taint.key);
      if (known === undefined) taints.set(taint.key, (known = new Map()));
      known.set(`${taint.value}:${taint.effect}`, taint);
    }
  }
  return taints;
});

/** A word of people's own that sets nodes apart: `workload-class: pci` is one, `topology.kubernetes.io/zone` none. */
const apart = /dedicat|isolat|restrict|sensitiv|secur|pci|tenant|confidential|trusted|node-restriction/i;

/**
 * Labels draw pods to a pool, taints keep others away, and only both together set it apart. Asked of workloads that
 * use one of them for a pool that is set apart: by a taint, or by the words of its label.
 */
export default control({
  id: 'node-isolation/dedicated-pool',
  title: 'Workloads with nodes of their own have them for themselves',
  severity: 'low',
  subject: 'pod',
  why: 'With a label alone anyone may run beside the workload; with a toleration alone the workload may run anywhere; and a label that a kubelet may set draws it to a node that was broken into.',
  remedy:
    'Taint the nodes, tolerate the taint, and select them by a label with the prefix node-restriction.kubernetes.io.',
  check: (subject, facts) => {
    const { object, pod: here } = subject;
    if (facts.get(isolatedNodes).size === 0) return notApplicable('no Nodes were read');
    if (facts.get(rootOwner)(object).kind === 'DaemonSet' || facts.get(systemWorkloadOf)(subject) !== undefined) {
      return notApplicable('it is an agent of every node, or of the cluster itself');
    }
    const failures: Failure[] = [];
    for (const [key, value] of requiredNodeLabels(here)) {
      if (isOfEveryNode(key)) continue;
      const pool = facts.get(pools).get(`${key}=${value}`);
      if (pool === undefined) continue;
      const what = `${facts.get(makerName)(object)} is drawn to nodes with ${key}=${value}`;
      const at = here.at('nodeSelector', key);
      if (pool.tainted < pool.nodes && apart.test(`${key}=${value}`)) {
        const some = pool.tainted === 0 ? 'no taint keeps others away from them' : 'not all of them are tainted';
        failures.push(fail(`${what}, and ${some}`, at, { key: `taint ${key}` }));
      }
      const isApart = pool.tainted > 0 && key !== 'kubernetes.io/hostname';
      if (isApart && isSetByKubelet(key)) {
        failures.push(fail(`${what}, a label that any kubelet may set on its own node`, at, { key: `label ${key}` }));
      }
    }
    const tolerated = toleratedPool(here, facts.get(poolTaints));
    if (tolerated !== undefined && !choosesNodes(here)) {
      const message = `${facts.get(makerName)(object)} tolerates the taint ${tolerated.key} of nodes that are set apart, and nothing keeps it on them`;
      failures.push(fail(message, here.at('tolerations'), { key: 'selector' }));
    }
    return failures;
  },
  examples: {
    fail: [
      together(node('one', 'dedicated: pci'), pod(', nodeSelector: {dedicated: pci}')),
      together(
        node('one', 'team: bank', '{key: team, value: bank, effect: NoSchedule}'),
        pod(', nodeSelector: {team: bank}, tolerations: [{key: team, operator: Exists}]'),
      ),
      together(
        node('one', '', '{key: team, value: bank, effect: NoSchedule}'),
        pod(', tolerations: [{key: team, value: bank}]'),
      ),
    ],
    pass: [
      together(
        node('one', 'node-restriction.kubernetes.io/team: bank', '{key: team, value: bank, effect: NoSchedule}'),
        pod(', nodeSelector: {node-restriction.kubernetes.io/team: bank}, tolerations: [{key: team, value: bank}]'),
      ),
      together(node('one', 'disk: ssd'), pod(', nodeSelector: {disk: ssd}')),
    ],
  },
});

function toleratedPool(here: Pod, taints: ReadonlyMap<string, ReadonlyMap<string, Taint>>): Taint | undefined {
  for (const toleration of tolerationsOf(here)) {
    // One without a key tolerates all, and means no pool.
    for (const taint of taints.get(toleration.key)?.values() ?? []) if (tolerates(toleration, taint)) return taint;
  }
  return undefined;
}
