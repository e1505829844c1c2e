export {
  type AddressSet,
  addressOf,
  addressSet,
  cidrSet,
  coversSet,
  everyAddress,
  formatSet,
  hasAddress,
  internetAddresses,
  meetsSet,
  metadataAddresses,
  ofFamily,
  privateAddresses,
  shareCovered,
  subtract,
} from './address-set.ts';
export { AddressSpace } from './address-space.ts';
export { BitSet } from './bit-set.ts';
export type { ClassBlock, ClassRange, ClassSetId } from './class-sets.ts';
export type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
export type { Bound } from './decide-row.ts';
export type { EndpointClass } from './endpoint-classes.ts';
export {
  type Connection,
  explainConnection,
  type MatchedRule,
  type SideExplanation,
  type TierExplanation,
  type Verdict,
} from './explain.ts';
export { type Flow, FlowTable, type Unit } from './flows.ts';
export {
  everything,
  type LabelExpression,
  matchesLabels,
  type PolicyProblem,
} from './label-expression.ts';
export {
  type Direction,
  directions,
  hostSubject,
  namespaceNameLabel,
  type Peer,
  type Policy,
  type PolicyRule,
  type PolicySubject,
  type RulePort,
  tiers,
  unreadPolicy,
} from './policy.ts';
export { allPorts, noPorts, type PortRange, type PortSetId, PortSets, type Protocol, protocols } from './port-set.ts';
export { type Ports, Reachability } from './reachability.ts';
export { readAdminPolicy } from './read-admin-policy.ts';
export { type CalicoContext, readCalicoPolicy } from './read-calico-policy.ts';
export { readCiliumPolicy } from './read-cilium-policy.ts';
export { readNetworkPolicy } from './read-network-policy.ts';
export {
  assumedAddresses,
  type Dialect,
  type NamedPort,
  type NetworkNamespace,
  type NetworkPod,
  type NetworkWorld,
  namespaceLabel,
} from './world.ts';
