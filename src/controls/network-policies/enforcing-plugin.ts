import { networkPlugins } from '../../facts/network-plugin.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { namespaces, standsForCluster } from '../namespaces/whole-cluster.ts';

const noPlugin = notApplicable('it is no network plugin');

/** Source: CIS Kubernetes Benchmark 1.12, 5.3.1. Told at the plugin's DaemonSet; where there is none, of the cluster. */
export default control({
  id: 'network-policies/enforcing-plugin',
  title: 'The network plugin enforces NetworkPolicy',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace', 'DaemonSet'],
  why: 'The API server takes NetworkPolicies whether anything enforces them or not: without such a plugin they are words, and every pod reaches every other.',
  remedy:
    'Run a plugin that enforces them, such as Calico, Cilium or Antrea, or kube-network-policies beside the one that you have.',
  check: ({ object }, facts) => {
    const ofCluster = standsForCluster(object);
    if (!ofCluster && object.kind !== 'DaemonSet') return noPlugin;
    const plugins = facts.get(networkPlugins);
    if (ofCluster) {
      return plugins.length > 0 ? notApplicable('its network plugin is judged') : notRecognised;
    }
    const here = plugins.filter((plugin) => plugin.object === object);
    const [first] = here;
    if (first === undefined) return noPlugin;
    // One that enforces is enough: Canal is Flannel with Calico for the policies.
    if (plugins.some(({ enforces }) => enforces === true)) return pass;
    if (here.some(({ enforces }) => enforces === undefined)) {
      return unknown(`the image of ${first.name} does not tell its version`);
    }
    return fail(`${first.name} does not enforce NetworkPolicy here, and nothing else does`, [
      ...['spec', 'template', 'spec', 'containers'],
    ]);
  },
  examples: {
    fail: [
      plugin('docker.io/flannel/flannel:v0.25.1'),
      plugin('cloudnativelabs/kube-router:v2.1.0', '--run-firewall=false'),
    ],
    pass: [
      plugin('quay.io/cilium/cilium:v1.16.1'),
      `${plugin('docker.io/flannel/flannel:v0.25.1')}---\n${plugin('docker.io/calico/node:v3.28.0').replace('name: network', 'name: canal')}`,
      plugin('docker.io/kindest/kindnetd:v20241212-9f82dd49'),
      namespaces('kube-system'),
    ],
  },
});

const notRecognised = unknown(
  'no network plugin is recognised among the DaemonSets: whether NetworkPolicies are enforced is not known',
);

function plugin(image: string, ...args: readonly string[]): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: network, namespace: kube-system}
spec:
  selector: {matchLabels: {app: network}}
  template:
    metadata: {labels: {app: network}}
    spec:
      containers: [{name: agent, image: "${image}", args: ${JSON.stringify(args)}}]
`;
}
