import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import { distributionOfVersion } from '../../semantics/node/distribution.ts';
import { control } from '../control.ts';
import { endedLine, kubernetesOf, type Product } from './support.ts';

const nodeWith = (kubelet: string, runtime: string): string => `apiVersion: v1
kind: Node
metadata: { name: node-1 }
status: { nodeInfo: { kubeletVersion: ${kubelet}, containerRuntimeVersion: "${runtime}" } }
`;

/** What a Node says of its kubelet and container runtime. */
export default control({
  id: 'nodes/node-versions',
  title: 'Kubelets and container runtimes are of versions that get fixes',
  severity: 'medium',
  subject: 'object',
  why: 'What is found in a kubelet or container runtime after its end stays open in it, and a way out of a container is a way to every pod of the node.',
  remedy: 'Drain the node, upgrade the kubelet or the runtime, and let pods back.',
  check: ({ object }, { snapshot: { nodes = [], takenAt } }) => {
    if (object.kind !== 'Node' || object.apiVersion !== 'v1') return notApplicable('it is no Node');
    const failures: Failure[] = [];
    let open: string | undefined;
    const judge = (product: Product, { name, version, field }: Versioned): void => {
      const end = endedLine(product, version, takenAt);
      if (end === undefined) return;
      const message = `${name} ${version} gets no fixes since ${end.ended}`;
      failures.push(fail(message, ['status', 'nodeInfo', field], { key: field, severity: end.severity }));
    };
    const kubelet = valueAt(object.value, ['status', 'nodeInfo', 'kubeletVersion']);
    // A node that was read itself tells it with its other components.
    if (typeof kubelet === 'string' && !nodes.some(({ name }) => name === object.name)) {
      const product = kubernetesOf(distributionOfVersion(kubelet));
      if (product === undefined) open = 'how long OpenShift maintains its Kubernetes is not known';
      else judge(product, { name: 'kubelet', version: kubelet, field: 'kubeletVersion' });
    }
    const runtime = valueAt(object.value, ['status', 'nodeInfo', 'containerRuntimeVersion']);
    const [, name = '', version = ''] = /^([a-z-]+):\/\/v?(.+)$/.exec(typeof runtime === 'string' ? runtime : '') ?? [];
    const product = runtimes.get(name);
    if (product !== undefined) judge(product, { name, version, field: 'containerRuntimeVersion' });
    else if (name !== '') open ??= `how long ${name} ${version} is maintained is not known`;
    else if (kubelet === undefined) open ??= 'the Node does not tell versions';
    return failures.length === 0 && open !== undefined ? unknown(open) : failures;
  },
  examples: {
    fail: [nodeWith('v1.36.1', 'containerd://1.5.8'), nodeWith('v1.20.2', 'containerd://2.3.1')],
    pass: [nodeWith('v1.36.1', 'containerd://2.3.1'), nodeWith('v1.36.1', 'cri-o://1.36.0')],
  },
});

interface Versioned {
  readonly name: string;
  readonly version: string;
  readonly field: string;
}

/** CRI-O has the versions of Kubernetes, and maintains those that Kubernetes does (its README, "Compatibility matrix"). */
const runtimes: ReadonlyMap<string, Product> = new Map([
  ['containerd', 'containerd'],
  ['cri-o', 'kubernetes'],
]);
