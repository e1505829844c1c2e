import { type Failure, fail } from '../../model/verdict.ts';
import { directions } from '../../semantics/network-policy/index.ts';
import { policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/dns-protocol',
  title: 'Rules for port 53 take UDP and TCP',
  severity: 'low',
  why: 'A port without a protocol is TCP, and names are asked for by UDP; long answers then come by TCP.',
  remedy: 'List port 53 twice, with protocol UDP and with protocol TCP.',
  failures: (each) => {
    if (!isKubernetes(each)) return [];
    const found: Failure[] = [];
    for (const direction of directions) {
      for (const { path, ports } of each[direction]?.rules ?? []) {
        if (ports === 'all') continue;
        const taken = new Set(
          ports.filter((port) => 'from' in port && port.from <= 53 && port.to >= 53).map(({ protocol }) => protocol),
        );
        if (taken.size !== 1 || taken.has('SCTP')) continue;
        const missing = taken.has('TCP') ? 'UDP' : 'TCP';
        // Without UDP nothing works; without TCP only long answers fail.
        found.push(
          fail(`${named(each)} takes port 53 without ${missing}`, [...path, 'ports'], {
            key: path.join('.'),
            ...(missing === 'TCP' && { severity: 'info' }),
          }),
        );
      }
    }
    return found;
  },
  examples: {
    fail: [
      policy('{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}'),
      policy('{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}'),
    ],
    pass: [
      policy(
        '{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]}',
      ),
    ],
  },
});
