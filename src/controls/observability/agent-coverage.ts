import { defineFact, type Facts } from '../../facts/facts.ts';
import { type IsolatedNode, isolatedNodes, tolerates, tolerationsOf } from '../../facts/node-isolation.ts';
import { type Watcher, watchers } from '../../facts/observability.ts';
import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { program } from './examples.ts';

/** Agents by the DaemonSet that runs them: shippers of logs, and sensors. */
const agents = defineFact('watching-agents', (facts): ReadonlyMap<KubeObject, Watcher> => {
  const found = new Map<KubeObject, Watcher>();
  for (const watcher of facts.get(watchers)) {
    const { roles } = watcher.program;
    // A DaemonSet that runs the image runs the program, whatever it is labelled.
    if (!(roles.includes('logs') || roles.includes('behaviour'))) continue;
    for (const object of watcher.workloads.keys()) if (object.kind === 'DaemonSet') found.set(object, watcher);
  }
  return found;
});

export default control({
  id: 'observability/agent-coverage',
  title: 'Shippers of logs and sensors run on every node',
  severity: 'low',
  subject: 'object',
  kinds: ['DaemonSet'],
  why: 'The nodes that an agent leaves out are those of the control plane more often than not: where the audit log is written, and what an attacker wants.',
  remedy:
    'Let the DaemonSet tolerate the taints of the nodes that it is missing from, and take away selectors that leave nodes out.',
  check: ({ object }, facts) => {
    const agent = facts.get(agents).get(object);
    const pod = agent?.workloads.get(object)?.pod;
    if (agent === undefined || pod === undefined) return notApplicable('it is no agent that ships logs or watches');
    const failures: Failure[] = [];
    const { name, roles } = agent.program;
    const left = leftOut(pod, facts);
    if (left.length > 0) {
      const names = left
        .map((node) => node.object.name)
        .sort()
        .slice(0, 3);
      const more = left.length > names.length ? ` and ${left.length - names.length} more` : '';
      const isOfControlPlane = left.some(({ isControlPlane }) => isControlPlane);
      const of = isOfControlPlane ? ', of the control plane among them' : '';
      const message = `${name} does not run on Node ${names.join(', ')}${more}${of}`;
      failures.push(
        fail(message, pod.at('tolerations'), {
          key: 'nodes',
          items: [],
          ...(isOfControlPlane && { severity: 'medium' }),
        }),
      );
    }
    if (roles.includes('logs') && !roles.includes('behaviour') && !readsLogs(pod)) {
      failures.push(fail(`${name} mounts no folder of logs of its nodes`, pod.at('volumes'), { key: 'logs' }));
    }
    const [wanted, ready] = ['desiredNumberScheduled', 'numberReady'].map((key) =>
      valueAt(object.value, ['status', key]),
    );
    if (typeof wanted === 'number' && typeof ready === 'number' && ready < wanted) {
      failures.push(fail(`${name} is ready on ${ready} of ${wanted} nodes`, [], { key: 'ready' }));
    }
    return failures;
  },
  examples: {
    fail: [
      `${controlPlane()}---\n${program('fluent-bit', 'docker.io/fluent/fluent-bit:3.2', logs())}`,
      program('fluent-bit', 'docker.io/fluent/fluent-bit:3.2'),
      program('log-agent', 'docker.io/fluent/fluent-bit:3.2'),
    ],
    pass: [
      `${controlPlane()}---\n${program('fluent-bit', 'docker.io/fluent/fluent-bit:3.2', `${logs()}, tolerations: [{operator: Exists}]`)}`,
    ],
  },
});

/** The nodes whose taints it does not tolerate, or that its selector leaves out. */
function leftOut(pod: Pod, facts: Facts): readonly IsolatedNode[] {
  const tolerations = tolerationsOf(pod);
  const given = own(pod.raw, 'nodeSelector');
  const selector = Object.entries(isObject(given) ? given : {});
  return [...facts.get(isolatedNodes).values()].filter(({ taints, labels }) => {
    if (selector.some(([key, value]) => labels.get(key) !== value)) return !isOtherSystem(selector);
    return taints.some(
      (taint) =>
        taint.effect !== 'PreferNoSchedule' &&
        // Those of a node's own troubles every pod of a DaemonSet tolerates.
        !taint.key.startsWith('node.kubernetes.io/') &&
        !tolerations.some((toleration) => tolerates(toleration, taint)),
    );
  });
}

/** A selector for an operating system or architecture leaves out only nodes that need another image. */
function isOtherSystem(selector: readonly (readonly [string, unknown])[]): boolean {
  return selector.every(([key]) => /^(?:beta\.)?kubernetes\.io\/(?:os|arch)$/.test(key));
}

function readsLogs({ volumes }: Pod): boolean {
  return volumes.some(
    ({ hostPath }) =>
      hostPath !== undefined && /^\/(?:var(?:\/(?:log|lib)(?:\/|$)|\/?$)|run\/log|$)/.test(hostPath.path),
  );
}

function controlPlane(): string {
  return `apiVersion: v1
kind: Node
metadata: {name: one, labels: {"node-role.kubernetes.io/control-plane": ""}}
spec: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}
`;
}

function logs(): string {
  return ', volumes: [{name: logs, hostPath: {path: /var/log}}]';
}
