import type { Facts } from '../facts/facts.ts';
import { clusterDns } from '../facts/network-dns.ts';
import { type NetworkService, targetPorts } from '../facts/network-services.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import { addressOf, addressSet, formatSet } from '../semantics/network-policy/index.ts';

/** Egress rules for looking up names, and what they could not say exactly. */
export interface DnsRules {
  readonly rules: readonly JsonObject[];
  readonly note?: string;
}

const unknown = 'the pods of the cluster DNS are not in the evidence: every pod of kube-system may be asked at port 53';

/**
 * UDP and TCP 53 to where names are looked up: the pods of the DNS by the labels that their Service selects and the
 * ports that they have, those on the host network by address, and the cache of each node.
 */
export function dnsRules(facts: Facts): DnsRules {
  const { services, nodeLocal } = facts.get(clusterDns);
  const rules = services.flatMap((service): JsonObject[] => {
    const peers = peersOf(service);
    return peers.length === 0 ? [] : [{ to: peers, ports: portsOf(service) }];
  });
  if (nodeLocal.length > 0) rules.push({ to: blocks(nodeLocal.map(addressOf)), ports: both([53]) });
  if (rules.length > 0) return { rules };
  return { rules: [{ to: [inNamespace('kube-system')], ports: both([53]) }], note: unknown };
}

function peersOf({ object, namespace, pods }: NetworkService): readonly JsonObject[] {
  const onHost = pods.filter(({ hostNetwork }) => hostNetwork);
  if (onHost.length > 0) return blocks(onHost.flatMap(({ addresses }) => addresses));
  const selector = valueAt(object.value, ['spec', 'selector']);
  return isObject(selector) ? [{ ...inNamespace(namespace), podSelector: { matchLabels: selector } }] : [];
}

function portsOf({ ports, pods }: NetworkService): readonly Json[] {
  const targets = ports.flatMap((port) => (port.port === 53 ? pods.flatMap((pod) => targetPorts(port, pod)) : []));
  // Where addresses are not translated before policies look, it is the port of the Service.
  return both([...new Set([53, ...targets.sort((a, b) => a - b)])]);
}

function both(ports: readonly number[]): readonly JsonObject[] {
  return ports.flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port })));
}

function inNamespace(name: string): JsonObject {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } };
}

function blocks(places: readonly (bigint | undefined)[]): readonly JsonObject[] {
  const known = places.filter((place) => place !== undefined);
  return formatSet(addressSet(known.map((place) => [place, place]))).map((cidr) => ({ ipBlock: { cidr } }));
}
