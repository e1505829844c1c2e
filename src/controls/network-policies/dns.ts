import { defineFact } from '../../facts/facts.ts';
import { networkReachability } from '../../facts/network.ts';
import { clusterDns } from '../../facts/network-dns.ts';
import { targetPorts } from '../../facts/network-services.ts';
import { fail } from '../../model/verdict.ts';
import { addressOf, noPorts, type PortSetId } from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, named, policyControl } from './policy-control.ts';

interface DnsTarget {
  readonly at: number;
  readonly ports: PortSetId;
}

/** Where names are looked up: the pods of the cluster's DNS, and the cache of each node. */
const dnsTargets = defineFact('dns-targets', (facts): readonly DnsTarget[] => {
  const { classes, ports } = facts.get(networkReachability);
  const { services, nodeLocal } = facts.get(clusterDns);
  const asked = ports.union(ports.one('UDP', 53), ports.one('TCP', 53));
  const local = nodeLocal.map((text) => classes.classOfAddress(addressOf(text) ?? -1n));
  return [
    ...services.flatMap((service) =>
      service.pods.map((target) => ({
        at: classes.classOf(target) ?? -1,
        ports: service.ports
          .filter(({ port }) => port === 53)
          .flatMap((port) => targetPorts(port, target).map((number) => ports.one(port.protocol, number)))
          .reduce((all, one) => ports.union(all, one), noPorts),
      })),
    ),
    ...local.flatMap((at) => (at === undefined ? [] : [{ at, ports: asked }])),
  ];
});

export default policyControl({
  id: 'network-policies/dns',
  title: 'Pods that are limited on egress can still look up names',
  severity: 'low',
  why: 'Without DNS a program fails in ways that look like anything else, and the cure is often to open everything.',
  remedy: 'Allow UDP and TCP 53 to the pods of the cluster DNS; "bulwark network generate" writes such a policy.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid', 'network-policies/selects-nothing'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined || each.egress?.isolates !== true || compiled.subject.isEmpty()) return [];
    // A namespace's default deny is not where DNS is forgotten, as long as pods have policies of their own.
    const reachability = facts.get(networkReachability);
    const targets = facts.get(dnsTargets);
    const anywhere = reachability.ports.union(reachability.ports.one('UDP', 53), reachability.ports.one('TCP', 53));
    let cut = 0;
    for (const at of compiled.subject.members()) {
      const selecting = reachability.selecting('egress', at);
      // Told at the first of the policies that limit these pods, not at each.
      if (selecting.find(({ compiled: one }) => one.policy.egress?.isolates === true)?.compiled !== compiled) continue;
      const row = reachability.row('egress', at, 'most');
      if (row === undefined) continue;
      const reaches =
        targets.length > 0
          ? targets.some((target) => reachability.ports.intersect(row[target.at] ?? noPorts, target.ports) !== noPorts)
          : row.some((ports) => reachability.ports.intersect(ports, anywhere) !== noPorts);
      const one = reachability.classes.all[at];
      if (!reaches && one?.kind === 'pods') cut += new Set(one.pods.map(({ owner }) => owner)).size;
    }
    if (cut === 0) return [];
    const what = cut === 1 ? 'a workload' : `${cut} workloads`;
    return [
      fail(`${named(each)} limits the egress of ${what}, and no policy lets ${cut === 1 ? 'it' : 'them'} reach DNS`, [
        'spec',
        'egress',
      ]),
    ];
  },
  examples: {
    fail: [
      documents(
        pod('web'),
        policy('{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}'),
      ),
    ],
    pass: [
      documents(
        pod('web'),
        policy('{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53}]}]}'),
      ),
      documents(pod('web'), policy('{podSelector: {}, policyTypes: [Ingress]}')),
    ],
  },
});
