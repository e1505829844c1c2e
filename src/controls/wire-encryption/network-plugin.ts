import { podTraffic, wireEncryption, wireEncryptionOf } from '../../facts/wire-encryption.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { namespaces, standsForCluster } from '../namespaces/whole-cluster.ts';
import { configMap, felix, plugin, together } from './examples.ts';

const noPlugin = notApplicable('it does not configure a network plugin');

/** Told at the plugin's configuration; where that was not read, at its DaemonSet; where there is none, of the cluster. */
export default control({
  id: 'wire-encryption/network-plugin',
  title: 'The network plugin encrypts what nodes exchange',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace', 'DaemonSet', 'ConfigMap', 'FelixConfiguration', 'Network'],
  why: 'Whoever sees the network between two nodes reads and changes what their pods say to each other, unless the plugin, a mesh or the pods themselves encrypt it.',
  remedy:
    'Turn on WireGuard (Calico, Cilium, Antrea, Flannel) or IPsec (Cilium, Antrea; open-source Calico has none), or use a service mesh with mutual TLS.',
  check: ({ object }, facts) => {
    const found = facts.get(wireEncryption);
    if (standsForCluster(object)) return found.length > 0 ? notApplicable('its network plugin is judged') : noneRead;
    const here = facts.get(wireEncryptionOf).get(object);
    if (here === undefined) return noPlugin;
    if (here.state === 'encrypted') return pass;
    if (facts.get(podTraffic) === 'encrypted') return notApplicable('another plugin of the cluster encrypts');
    // Canal: the policies are those of Calico, the traffic is Flannel's.
    const isCanal = here.plugin === 'Calico' && found.some(({ plugin: name }) => name === 'Flannel');
    if (isCanal) return notApplicable('Flannel carries the traffic, and is judged');
    if (here.state === 'unknown') return unknown(`${here.plugin}: ${here.says}`);
    return fail(`${here.plugin} sends what pods of different nodes exchange in plain text: ${here.says}`, here.at);
  },
  examples: {
    fail: [
      configMap('cilium-config', 'enable-wireguard: "false"'),
      felix('wireguardEnabled: false'),
      configMap('antrea-config', '"antrea-agent.conf": "trafficEncapMode: encap"'),
      configMap('kube-flannel-cfg', `"net-conf.json": '{"Backend": {"Type": "vxlan"}}'`),
      plugin('docker.io/cloudnativelabs/kube-router:v2.1.0'),
      plugin('docker.io/weaveworks/weave-npc:2.8.1'),
    ],
    pass: [
      configMap('cilium-config', 'enable-wireguard: "true"'),
      configMap('cilium-config', 'enable-ipsec: "true"'),
      felix('wireguardEnabled: true'),
      configMap('antrea-config', '"antrea-agent.conf": "trafficEncryptionMode: wireGuard"'),
      configMap('kube-flannel-cfg', `"net-conf.json": '{"Backend": {"Type": "wireguard"}}'`),
      together(
        felix('wireguardEnabled: true'),
        configMap('canal-config', `"net-conf.json": '{"Backend": {"Type": "vxlan"}}'`),
      ),
      // Nothing tells it here, and so nothing is said.
      together(namespaces('kube-system'), plugin('docker.io/calico/node:v3.28.0')),
    ],
  },
});

const noneRead = unknown('no network plugin is recognised: whether what nodes exchange is encrypted is not known');
