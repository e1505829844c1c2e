import { defineFact } from '../../facts/facts.ts';
import { wireEncryptionOf } from '../../facts/wire-encryption.ts';
import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { configMap, felix, together } from './examples.ts';

const key = 'projectcalico.org/WireguardPublicKey';

/** The nodes that were read without a key of their own. */
const keylessNodes = defineFact('keyless-nodes', ({ snapshot }) =>
  snapshot.objects.filter(({ kind, apiVersion, value }) => {
    if (kind !== 'Node' || apiVersion !== 'v1' || valueAt(value, ['status']) === undefined) return false;
    const annotations = valueAt(value, ['metadata', 'annotations']);
    return !isObject(annotations) || own(annotations, key) === undefined;
  }),
);

/** Nodes as the evidence of Calico, which writes its key to each that takes part. */
export default control({
  id: 'wire-encryption/unencrypted-part',
  title: 'Encryption between nodes covers all nodes and all traffic',
  severity: 'low',
  subject: 'object',
  kinds: ['DaemonSet', 'ConfigMap', 'FelixConfiguration', 'Network'],
  why: 'Pods of the host network (the API server, the node exporter, the network plugin itself) talk with the address of their node, which encryption of pod traffic leaves out.',
  remedy: 'Turn on what the message names, or keep in mind what stays readable on the wire.',
  check: ({ object }, facts) => {
    const here = facts.get(wireEncryptionOf).get(object);
    if (here?.method === undefined) return notApplicable('it turns on no encryption of a network plugin');
    const failures: Failure[] = here.gaps
      .filter(({ kind }) => kind === 'part')
      // It works, and is documented to end there.
      .map((gap) => fail(`${here.plugin}: ${gap.says}`, gap.at, { key: gap.key, severity: 'info' }));
    if (here.plugin !== 'Calico') return failures;
    const without = facts.get(keylessNodes);
    if (without.length > 0) {
      const names = without
        .map(({ name }) => name)
        .sort()
        .slice(0, 3);
      const more = without.length > names.length ? ` and ${without.length - names.length} more` : '';
      const message = `Calico is told to encrypt, and these nodes have no WireGuard key: ${names.join(', ')}${more}`;
      failures.push(fail(message, here.at, { key: 'nodes', severity: 'high' }));
    }
    return failures;
  },
  examples: {
    fail: [
      configMap('cilium-config', 'enable-wireguard: "true"'),
      together(felix('wireguardEnabled: true, wireguardHostEncryptionEnabled: true'), node('')),
    ],
    pass: [
      configMap(
        'cilium-config',
        'enable-wireguard: "true", encrypt-node: "true", enable-encryption-strict-mode: "true"',
      ),
      together(felix('wireguardEnabled: true, wireguardHostEncryptionEnabled: true'), node(`${key}: abc=`)),
    ],
  },
});

function node(annotations: string): string {
  return `apiVersion: v1
kind: Node
metadata: {name: node-1, annotations: {${annotations}}}
status: {}
`;
}
