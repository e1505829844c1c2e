import { parseImageReference } from '../model/image-reference.ts';
import { isObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/** A network plugin, or a program that enforces NetworkPolicy beside one, and the DaemonSet that runs it. */
export interface NetworkPlugin {
  readonly name: string;
  readonly object: KubeObject;
  /** Undefined where how it is configured cannot be told. */
  readonly enforces: boolean | undefined;
  /** Tag of its image. */
  readonly version: string | undefined;
}

/** `Cilium v1.15.3`. */
export function nameWithVersion({ name, version }: Pick<NetworkPlugin, 'name' | 'version'>): string {
  return version === undefined ? name : `${name} ${version}`;
}

/** The plugins that the DaemonSets of the snapshot run, told by their images. */
export const networkPlugins = defineFact('network-plugins', (facts): readonly NetworkPlugin[] => {
  const plugins: NetworkPlugin[] = [];
  for (const object of facts.snapshot.objects) {
    if (object.kind === 'DaemonSet' && groupKind(object) === 'apps/DaemonSet') plugins.push(...pluginsOf(object));
  }
  const isOff = facts.get(ciliumOption)('enable-policy') === 'never';
  return plugins.map((plugin) => (plugin.name === 'Cilium' && isOff ? { ...plugin, enforces: false } : plugin));
});

/** An option of Cilium, where its ConfigMap is in the evidence: `enable-policy` is default, always or never. */
export const ciliumOption = defineFact('cilium-option', (facts): ((key: string) => string | undefined) => {
  const data = valueAt(facts.get(ciliumConfig)?.value, ['data']);
  return (key) => {
    const value = isObject(data) ? own(data, key) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
});

export const ciliumConfig = defineFact('cilium-config', ({ snapshot }): KubeObject | undefined =>
  snapshot.objects.find((object) => object.name === 'cilium-config' && groupKind(object) === '/ConfigMap'),
);

interface RunningContainer {
  readonly tag: string | undefined;
  readonly words: readonly string[];
}

interface Program {
  readonly name: string;
  readonly enforces: (container: RunningContainer) => boolean | undefined;
}

const always = (): boolean => true;
const never = (): boolean => false;

/** By the end of the image's repository. Sources: the documentation of each plugin on NetworkPolicy. */
const programs: ReadonlyMap<string, Program> = new Map([
  ['calico/node', { name: 'Calico', enforces: always }],
  ['cilium/cilium', { name: 'Cilium', enforces: always }],
  ['weaveworks/weave-npc', { name: 'Weave Net', enforces: ({ words }) => !words.includes('--expect-npc=false') }],
  ['antrea/antrea-agent-ubuntu', { name: 'Antrea', enforces: always }],
  ['antrea/antrea-agent-ubi', { name: 'Antrea', enforces: always }],
  ['antrea/antrea-ubuntu', { name: 'Antrea', enforces: always }],
  [
    'cloudnativelabs/kube-router',
    { name: 'kube-router', enforces: ({ words }) => isOn(words, '--run-firewall', true) },
  ],
  ['kubeovn/kube-ovn', { name: 'Kube-OVN', enforces: ({ words }) => isOn(words, '--enable-np', true) }],
  ['networking/kube-network-policies', { name: 'kube-network-policies', enforces: always }],
  ['romana/agent', { name: 'Romana', enforces: always }],
  ['containernetworking/azure-npm', { name: 'Azure Network Policy Manager', enforces: always }],
  [
    'aws-network-policy-agent',
    { name: 'Amazon VPC CNI', enforces: ({ words }) => isOn(words, '--enable-network-policy', false) },
  ],
  [
    'amazon/aws-network-policy-agent',
    { name: 'Amazon VPC CNI', enforces: ({ words }) => isOn(words, '--enable-network-policy', false) },
  ],
  ['amazon-k8s-cni', { name: 'Amazon VPC CNI', enforces: never }],
  ['flannel/flannel', { name: 'Flannel', enforces: never }],
  ['flannel-io/flannel', { name: 'Flannel', enforces: never }],
  ['flannelcni/flannel', { name: 'Flannel', enforces: never }],
  ['coreos/flannel', { name: 'Flannel', enforces: never }],
  ['rancher/hardened-flannel', { name: 'Flannel', enforces: never }],
  ['rancher/hardened-calico', { name: 'Calico', enforces: always }],
  ['rancher/mirrored-calico-node', { name: 'Calico', enforces: always }],
  ['rancher/mirrored-cilium-cilium', { name: 'Cilium', enforces: always }],
  ['kindest/kindnetd', { name: 'kindnet', enforces: kindnet }],
]);

function pluginsOf(object: KubeObject): readonly NetworkPlugin[] {
  const containers = objectsIn(valueAt(object.value, ['spec', 'template', 'spec', 'containers']));
  return containers.flatMap((container): readonly NetworkPlugin[] => {
    const image = own(container, 'image');
    const reference = typeof image === 'string' ? parseImageReference(image) : undefined;
    if (reference === undefined) return [];
    const program = programOf(reference.repository);
    if (program === undefined) return [];
    const words = [...stringsIn(own(container, 'command')), ...stringsIn(own(container, 'args'))];
    const { tag } = reference;
    return [{ name: program.name, object, enforces: program.enforces({ tag, words }), version: tag }];
  });
}

function programOf(repository: string): Program | undefined {
  const parts = repository.split('/');
  return programs.get(parts.slice(-2).join('/')) ?? programs.get(parts.at(-1) ?? '');
}

/** A switch as Go's flag packages read it. */
function isOn(words: readonly string[], flag: string, unset: boolean): boolean {
  let value = unset;
  for (const word of words) {
    if (word === flag) value = true;
    else if (word.startsWith(`${flag}=`))
      value = !['false', '0', 'f', 'F', 'FALSE', 'False'].includes(word.slice(flag.length + 1));
  }
  return value;
}

/** kindnet enforces since the images of August 2024 (kind v0.24). */
function kindnet({ tag }: RunningContainer): boolean | undefined {
  const date = /^v(\d{8})/.exec(tag ?? '')?.[1];
  return date === undefined ? undefined : date >= '20240813';
}
