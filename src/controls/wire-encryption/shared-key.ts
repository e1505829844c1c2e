import { isObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { flannelHoldsKey } from '../../semantics/wire-encryption/configurations.ts';
import { control } from '../control.ts';
import { configMap, plugin } from './examples.ts';

/** Keys that stand where they are not kept secret, or that come with the plugin. */
export default control({
  id: 'wire-encryption/shared-key',
  title: 'Keys of encryption between nodes are secret',
  severity: 'high',
  subject: 'object',
  kinds: ['ConfigMap', 'Secret', 'DaemonSet'],
  why: 'A pre-shared key encrypts for everybody who knows it: ConfigMaps and DaemonSets are readable to many, and keys of an example to all.',
  remedy: 'Make a random key, keep it in a Secret, and use WireGuard or certificates where the plugin has them.',
  check: ({ object }) => {
    const { kind, name, value } = object;
    if (object.apiVersion !== 'v1' && kind !== 'DaemonSet') return notApplicable('it holds no such key');
    if (kind === 'ConfigMap') {
      const text = valueAt(value, ['data', 'net-conf.json']);
      if (typeof text !== 'string') return notApplicable('it holds no such key');
      if (!flannelHoldsKey(text)) return pass;
      return fail(`ConfigMap ${name} holds the pre-shared key of Flannel's IPsec`, ['data', 'net-conf.json']);
    }
    if (kind === 'Secret') {
      if (name !== 'antrea-ipsec') return notApplicable('it holds no such key');
      for (const field of ['data', 'stringData']) {
        const psk = valueAt(value, [field, 'psk']);
        if (isObject(psk) && own(psk, 'knownDefault') === true) {
          return fail(`the pre-shared key of Antrea's IPsec in Secret ${name} is the one of its example`, [
            field,
            'psk',
          ]);
        }
      }
      return pass;
    }
    const at = ['spec', 'template', 'spec', 'containers'];
    for (const container of objectsIn(valueAt(value, at))) {
      for (const entry of objectsIn(own(container, 'env'))) {
        if (own(entry, 'name') !== 'WEAVE_PASSWORD') continue;
        const password = own(entry, 'value');
        if (typeof password !== 'string' || password === '') return pass;
        return fail(`WEAVE_PASSWORD stands in DaemonSet ${name} itself, and not in a Secret`, at);
      }
    }
    return notApplicable('it holds no such key');
  },
  examples: {
    fail: [
      configMap('kube-flannel-cfg', `"net-conf.json": '{"Backend": {"Type": "ipsec", "PSK": "0123456789abcdef"}}'`),
      antrea('changeme'),
      plugin('docker.io/weaveworks/weave-npc:2.8.1', ', env: [{name: WEAVE_PASSWORD, value: x}]'),
    ],
    pass: [
      configMap('kube-flannel-cfg', `"net-conf.json": '{"Backend": {"Type": "wireguard"}}'`),
      antrea('correct-horse-battery-staple'),
      plugin(
        'docker.io/weaveworks/weave-npc:2.8.1',
        ', env: [{name: WEAVE_PASSWORD, valueFrom: {secretKeyRef: {name: weave, key: password}}}]',
      ),
    ],
  },
});

function antrea(psk: string): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: antrea-ipsec, namespace: kube-system}
type: Opaque
stringData: {psk: ${psk}}
`;
}
