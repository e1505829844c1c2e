import { type Failure, fail } from '../../model/verdict.ts';
import {
  type AddressSet,
  addressSet,
  type Direction,
  directions,
  internetAddresses,
  type LabelExpression,
  meetsSet,
  metadataAddresses,
  namespaceNameLabel,
  ofFamily,
  type Peer,
  type PolicyRule,
  privateAddresses,
  shareCovered,
} from '../../semantics/network-policy/index.ts';
import { policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/allow-all',
  title: 'No NetworkPolicy allows everything',
  severity: 'medium',
  why: 'What policies allow adds up: one that allows everything undoes every other for the pods that it selects.',
  remedy: 'Name who may connect, and at which ports.',
  failures: (each) => {
    if (!isKubernetes(each)) return [];
    return directions.flatMap((direction): readonly Failure[] => {
      const open = opening(each[direction]?.rules.filter(({ ports }) => ports === 'all') ?? [], direction);
      if (open === undefined) return [];
      const { words, rule, severity } = open;
      return [
        fail(`${named(each)} ${words}`, rule.path, { key: direction, ...(severity !== undefined && { severity }) }),
      ];
    });
  },
  examples: {
    fail: [
      policy('{podSelector: {}, ingress: [{}]}'),
      policy('{podSelector: {}, policyTypes: [Egress], egress: [{}]}'),
      policy('{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}'),
      policy('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}]}]}'),
    ],
    pass: [
      policy('{podSelector: {}, ingress: [{ports: [{port: 443}]}]}'),
      policy('{podSelector: {}, ingress: []}'),
      policy(
        '{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: ingress}}}]}]}',
      ),
    ],
  },
});

interface Opening {
  readonly words: string;
  readonly rule: PolicyRule;
  readonly severity?: 'low';
}

/** The widest that rules for every port come to together. */
function opening(rules: readonly PolicyRule[], direction: Direction): Opening | undefined {
  const isIngress = direction === 'ingress';
  const lesser = isIngress ? {} : ({ severity: 'low' } as const);
  const any = rules.find(({ peers }) => peers.some(({ kind }) => kind === 'any'));
  if (any !== undefined) {
    const words = isIngress ? 'lets everybody in, at every port' : 'lets its pods out to everything';
    return { words, rule: any, ...lesser };
  }
  const [first] = rules.filter(({ peers }) => peers.some(({ kind }) => kind === 'block'));
  const addresses = addressSet(rules.flatMap(({ peers }) => peers.flatMap(blockOf)));
  const families = first === undefined ? [] : openFamilies(addresses, direction);
  if (first !== undefined && families.length > 0) {
    const what = `every ${families.length === 1 ? `${families[0]} ` : ''}address`;
    if (isIngress) return { words: `lets ${what} in, at every port`, rule: first };
    // Worth as much as what network-policies/metadata-address says of a rule that leaves out more.
    return meetsSet(addresses, metadataAddresses)
      ? { words: `lets its pods out to ${what}, that of the cloud's metadata with it, at every port`, rule: first }
      : { words: `lets its pods out to ${what}, at every port`, rule: first, ...lesser };
  }
  const cluster = rules.find(({ peers }) => peers.some(isWholeCluster));
  if (cluster === undefined) return undefined;
  const words = isIngress
    ? 'lets every pod of the cluster in, at every port'
    : 'lets its pods out to every pod of the cluster, at every port';
  return { words, rule: cluster, ...lesser };
}

const none: readonly never[] = [];

function blockOf(peer: Peer): AddressSet {
  return peer.kind === 'block' ? peer.addresses : none;
}

/** A rule that leaves out a few addresses of the internet allows it all the same. */
const nearlyAll = 0.9;

/**
 * The address families of which nearly all is allowed. Of egress the private addresses, too: out to the internet but
 * not to what is inside is a choice.
 */
function openFamilies(addresses: AddressSet, direction: Direction): readonly string[] {
  return ([4, 6] as const)
    .filter((family) => {
      const own = ofFamily(addresses, family);
      const asked = direction === 'ingress' ? [internetAddresses] : [internetAddresses, privateAddresses];
      return asked.every((whole) => shareCovered(ofFamily(whole, family), own) > nearlyAll);
    })
    .map((family) => `IPv${family}`);
}

function isWholeCluster(peer: Peer): boolean {
  return peer.kind === 'pods' && peer.pods.op === 'all' && isEveryNamespace(peer.namespaces);
}

/** The API server gives every namespace the label of its name. */
function isEveryNamespace(namespaces: LabelExpression): boolean {
  return namespaces.op === 'all' || (namespaces.op === 'has' && namespaces.key === namespaceNameLabel);
}
