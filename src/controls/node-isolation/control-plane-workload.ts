import { imageOf } from '../../facts/image-references.ts';
import { isKeptFree, isolatedNodes } from '../../facts/node-isolation.ts';
import { rootOwner } from '../../facts/owners.ts';
import { isPlatformImage, systemWorkloadOf } from '../../facts/system-workloads.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { controlPlane, keptFree, node, pod, together } from './examples.ts';

const onControlPlane = ', nodeName: one, tolerations: [{operator: Exists}]';

/** Where the node itself takes everybody, that is what is wrong, and it is told there. */
export default control({
  id: 'node-isolation/control-plane-workload',
  title: 'Nodes of the control plane run what belongs to it',
  severity: 'medium',
  subject: 'pod',
  why: 'A workload that tolerates the taint of the control plane runs beside the keys of the cluster: a way out of its container is a way to all of them.',
  remedy: 'Take the toleration out of the workload, or set node affinity that keeps it on other nodes.',
  check: (subject, facts) => {
    const { object, pod: here } = subject;
    if (object.kind !== 'Pod' || here.nodeName === undefined) return notApplicable('it runs on no node yet');
    const place = facts.get(isolatedNodes).get(here.nodeName);
    if (place?.isControlPlane !== true) return notApplicable('its node is not of the control plane');
    if (!isKeptFree(place)) return notApplicable('its node takes every pod');
    if (facts.get(systemWorkloadOf)(subject) !== undefined) return pass;
    const root = facts.get(rootOwner)(object);
    // Agents run everywhere, and watch over the control plane, too.
    if (root.kind === 'DaemonSet' || isMirror(here.annotations))
      return notApplicable('it runs on every node, or is of the node itself');
    const image = facts.get(imageOf);
    const isOfPlatform = here.containers.every((container) => {
      const reference = image(container);
      return 'kind' in reference || isPlatformImage(reference);
    });
    if (isOfPlatform) return pass;
    return fail(
      `${root.kind} ${root.name} runs on Node ${here.nodeName}, which is of the control plane`,
      here.at('tolerations'),
    );
  },
  examples: {
    fail: [together(node('one', controlPlane, keptFree), node('two'), pod(onControlPlane))],
    pass: [
      together(
        node('one', controlPlane, keptFree),
        pod(onControlPlane).replace('registry.example/app:1.0', 'registry.k8s.io/coredns/coredns:v1.11.1'),
      ),
    ],
  },
});

function isMirror(annotations: ReadonlyMap<string, string>): boolean {
  return annotations.has('kubernetes.io/config.mirror');
}
