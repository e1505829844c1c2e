import { wireEncryptionOf } from '../../facts/wire-encryption.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import { encryptionFlaws, unmatchedFlaw } from '../../semantics/wire-encryption/flaws.ts';
import { control } from '../control.ts';
import { configMap, plugin, together } from './examples.ts';

const wireguard = configMap('cilium-config', 'enable-wireguard: "true", encrypt-node: "true"');
const ipsec = configMap('cilium-config', 'enable-ipsec: "true"');

/** A switch that is on proves nothing in versions that leave traffic out of it. */
export default control({
  id: 'wire-encryption/encryption-flaws',
  title: 'What the network plugin is told to encrypt is encrypted',
  severity: 'high',
  subject: 'object',
  kinds: ['DaemonSet', 'ConfigMap', 'FelixConfiguration', 'Network'],
  why: 'Encryption that is on and leaves traffic out is worse than none: nobody looks any more.',
  remedy: 'Upgrade the plugin to a version that closes the flaw, or mend the setting that the message names.',
  check: ({ object }, facts) => {
    const here = facts.get(wireEncryptionOf).get(object);
    if (here?.method === undefined) return notApplicable('it turns on no encryption of a network plugin');
    const { plugin: name, method, at, versions, gaps, lacks } = here;
    const failures: Failure[] = gaps
      .filter(({ kind }) => kind === 'flaw')
      .map(({ key, says, at: place }) => fail(`${name}: ${says}`, place, { key }));
    let open = unmatchedFlaw(name);
    const told = new Set<string>();
    for (const version of versions.length > 0 ? versions : [undefined]) {
      const flaws = encryptionFlaws(name, method, version);
      if (flaws === 'unknown') {
        open ??= `which version of ${name} runs is not known, and some leave traffic in plain text`;
        continue;
      }
      for (const { id, says, severity, needs } of flaws) {
        if (told.has(id) || (needs !== undefined && lacks?.has(needs))) continue;
        told.add(id);
        failures.push(fail(`${method} of ${name} ${version} has ${id}: ${says}`, at, { key: id, severity }));
      }
    }
    return failures.length === 0 && open !== undefined ? unknown(open) : failures;
  },
  examples: {
    fail: [
      together(wireguard, plugin('quay.io/cilium/cilium:v1.14.2')),
      together(ipsec, plugin('quay.io/cilium/cilium:v1.15.2')),
      plugin(
        'docker.io/weaveworks/weave-npc:2.8.1',
        ', env: [{name: WEAVE_PASSWORD, value: x}, {name: WEAVE_TRUSTED_SUBNETS, value: 10.0.0.0/8}]',
      ),
      configMap('antrea-config', '"antrea-agent.conf": "{trafficEncryptionMode: ipsec, trafficEncapMode: noEncap}"'),
    ],
    pass: [
      together(wireguard, plugin('quay.io/cilium/cilium:v1.17.3')),
      together(ipsec, plugin('quay.io/cilium/cilium:v1.15.3')),
      // What is left of its flaws needs a proxy for layer 7.
      together(
        configMap('cilium-config', 'enable-ipsec: "true", enable-l7-proxy: "false"'),
        plugin('quay.io/cilium/cilium:v1.13.14'),
      ),
    ],
  },
});
