import { own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import { groupKind } from '../model/workload.ts';
import { addressOf } from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { type NetworkService, networkServices } from './network-services.ts';

/** Where the pods of a cluster look up names. */
export interface ClusterDns {
  /** The Services of the DNS, with the pods behind them. */
  readonly services: readonly NetworkService[];
  /** Addresses at which each node answers for itself (NodeLocal DNSCache). */
  readonly nodeLocal: readonly string[];
}

const serviceNames: ReadonlySet<string> = new Set([
  'kube-system/kube-dns',
  'kube-system/coredns',
  'kube-system/rke2-coredns-rke2-coredns',
  'openshift-dns/dns-default',
]);

/** Empty where the evidence does not show it. */
export const clusterDns = defineFact('cluster-dns', (facts): ClusterDns => {
  const services = facts
    .get(networkServices)
    .filter(({ namespace, object, pods }) => serviceNames.has(`${namespace}/${object.name}`) && pods.length > 0);
  const nodeLocal = facts.snapshot.objects.flatMap((object) => {
    const isCache = groupKind(object) === 'apps/DaemonSet' && object.name === 'node-local-dns';
    return isCache ? localAddresses(valueAt(object.value, ['spec', 'template', 'spec', 'containers'])) : [];
  });
  return { services, nodeLocal };
});

/** What `-localip` names. Source: kubernetes/dns, cmd/node-cache. */
function localAddresses(containers: Parameters<typeof objectsIn>[0]): readonly string[] {
  const [first] = objectsIn(containers);
  const words = first === undefined ? [] : stringsIn(own(first, 'args'));
  const at = words.findIndex((word) => /^--?localip(?:=|$)/.test(word));
  const value = words[at]?.split('=')[1] ?? words[at + 1] ?? '';
  const addresses = at === -1 ? [] : value.split(',').filter((text) => addressOf(text) !== undefined);
  return addresses.length > 0 ? addresses : ['169.254.20.10'];
}
