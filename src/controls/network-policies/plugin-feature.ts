import type { Facts } from '../../facts/facts.ts';
import { networkEnforcement } from '../../facts/network-enforcement.ts';
import { ciliumOption, nameWithVersion } from '../../facts/network-plugin.ts';
import { pluginsLacking } from '../../facts/network-plugin-features.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { directions, type RulePort } from '../../semantics/network-policy/index.ts';
import { documents, plugin, policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

/** Sources: as `network-plugin-features.ts` names them. */
export default policyControl({
  id: 'network-policies/plugin-feature',
  title: 'The network plugin has what policies use',
  severity: 'medium',
  why: 'A plugin that does not know a field passes over it in silence: a range of ports becomes its first port, and a rule none at all.',
  remedy: 'Upgrade the plugin, or write the policy without the field: single ports for a range.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) => {
    if (!isKubernetes(each)) return [];
    const found: Failure[] = [];
    const noRanges = lacking(facts, 'endPort');
    const noSctp = lacking(facts, 'SCTP');
    for (const direction of directions) {
      for (const { path, ports } of each[direction]?.rules ?? []) {
        if (ports === 'all') continue;
        const at = { key: path.join('.') };
        if (noRanges !== undefined && ports.some(isRange)) {
          const text = `${named(each)} opens a range of ports, of which ${noRanges} takes the first alone`;
          found.push(fail(text, [...path, 'ports'], at));
        }
        if (noSctp !== undefined && ports.some(({ protocol }) => protocol === 'SCTP')) {
          const text = `${named(each)} has a rule for SCTP, which ${noSctp} does not know`;
          found.push(fail(text, [...path, 'ports'], { ...at, severity: 'low' }));
        }
      }
    }
    return found;
  },
  examples: {
    fail: [
      documents(plugin('quay.io/cilium/cilium:v1.15.3'), range()),
      documents(plugin('docker.io/weaveworks/weave-npc:2.8.1'), range()),
      documents(
        plugin('quay.io/cilium/cilium:v1.12.0'),
        policy('{podSelector: {}, ingress: [{ports: [{protocol: SCTP, port: 9}]}]}'),
      ),
    ],
    pass: [
      documents(plugin('quay.io/cilium/cilium:v1.16.1'), range()),
      documents(
        plugin('quay.io/cilium/cilium:v1.15.3'),
        policy('{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 80}]}]}'),
      ),
      range(),
    ],
  },
});

/** What enforces policies here and certainly lacks a feature, in words. */
function lacking(facts: Facts, feature: 'endPort' | 'SCTP'): string | undefined {
  const { plugins } = facts.get(networkEnforcement);
  const without = pluginsLacking(plugins, feature);
  if (without.length > 0) return without.map(nameWithVersion).join(', ');
  const isOff = feature === 'SCTP' && facts.get(ciliumOption)('enable-sctp') === 'false';
  return isOff && plugins.every(({ name }) => name === 'Cilium') ? 'Cilium with enable-sctp: false' : undefined;
}

function isRange(port: RulePort): boolean {
  return 'from' in port && port.to > port.from && !(port.from === 1 && port.to === 65535);
}

function range(): string {
  return policy('{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 9000}]}]}');
}
