import type { Facts } from '../facts/facts.ts';
import { clusterInternet } from '../facts/network.ts';
import { unsetNamespace } from '../facts/network-pods.ts';
import type { JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { Direction, Protocol } from '../semantics/network-policy/index.ts';
import { blocksOf, internetBlocks } from './network-policy-blocks.ts';
import { dnsRules } from './network-policy-dns.ts';
import { type SpokenEnd, selectorsOf } from './network-policy-selectors.ts';

/** One end of a connection that must work. */
export type WantedEnd =
  | { readonly kind: 'workload'; readonly owner: KubeObject }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'internet' }
  | { readonly kind: 'anyone' }
  | { readonly kind: 'every-pod' };

/** A connection that must work after the policies are there, and why. */
export interface WantedConnection {
  readonly from: WantedEnd;
  readonly to: WantedEnd;
  readonly protocol: Protocol;
  readonly port: number;
  readonly because: string;
}

export interface GeneratedPolicy {
  readonly object: JsonObject;
  readonly namespace: string;
  readonly name: string;
  /** Why each of its rules is there. */
  readonly reasons: readonly string[];
}

export interface GeneratedPolicies {
  readonly policies: readonly GeneratedPolicy[];
  /** What could not be expressed exactly. */
  readonly notes: readonly string[];
}

export interface GenerateOptions {
  readonly namespaces: ReadonlySet<string>;
  readonly egress: 'limited' | 'open';
}

const label = { 'app.kubernetes.io/managed-by': 'bulwark' };

/** A default deny for each namespace, and the way to DNS where egress is limited. */
export function baselinePolicies(facts: Facts, { namespaces, egress }: GenerateOptions): GeneratedPolicies {
  const policies: GeneratedPolicy[] = [];
  const types = egress === 'limited' ? ['Ingress', 'Egress'] : ['Ingress'];
  const { rules, note } = dnsRules(facts);
  for (const namespace of [...namespaces].sort()) {
    policies.push(made({ namespace, name: 'default-deny', reasons: [] }, { podSelector: {}, policyTypes: types }));
    if (egress === 'open') continue;
    const reasons = ['every pod looks up names'];
    policies.push(
      made({ namespace, name: 'allow-dns', reasons }, { podSelector: {}, policyTypes: ['Egress'], egress: rules }),
    );
  }
  const notes = egress === 'limited' && note !== undefined && policies.length > 0 ? [note] : [];
  return { policies, notes: [...notes, ...replaced(facts, policies)] };
}

/** The least that lets the wanted connections pass: the baseline, and a policy for each workload that has any. */
export function leastPolicies(
  facts: Facts,
  wanted: readonly WantedConnection[],
  options: GenerateOptions,
): GeneratedPolicies {
  const baseline = baselinePolicies(facts, options);
  const notes = new Set(baseline.notes);
  const selectors = selectorsOf(facts, notes);
  const sides = new Map<KubeObject, Sides>();
  const want = (
    self: KubeObject,
    direction: Direction,
    { from, to, protocol, port, because }: WantedConnection,
  ): void => {
    if (!options.namespaces.has(selectors.namespaceOf(self))) return;
    const spoken = selectors.peer(direction === 'ingress' ? from : to, self);
    if (spoken === undefined) return;
    const own = sides.get(self) ?? { ingress: new Map(), egress: new Map(), reasons: new Set() };
    sides.set(self, own);
    const at = `${protocol} ${port}`;
    const ends = own[direction].get(at);
    if (ends === undefined) own[direction].set(at, [spoken]);
    else ends.push(spoken);
    own.reasons.add(because);
  };
  for (const each of wanted) {
    if (each.to.kind === 'workload') want(each.to.owner, 'ingress', each);
    if (options.egress === 'limited' && each.from.kind === 'workload') want(each.from.owner, 'egress', each);
  }
  const internet = internetBlocks(facts.get(clusterInternet));
  const names = new Set<string>();
  const own: GeneratedPolicy[] = [];
  for (const [owner, { ingress, egress, reasons }] of sides) {
    const selector = selectors.of(owner);
    if (selector === undefined) continue;
    const namespace = selectors.namespaceOf(owner);
    const tell = (note: string): void => void notes.add(`${owner.kind} ${namespace}/${owner.name}: ${note}`);
    const types = [...(ingress.size > 0 ? ['Ingress'] : []), ...(egress.size > 0 ? ['Egress'] : [])];
    const spec: JsonObject = {
      podSelector: { matchLabels: selector },
      policyTypes: types,
      ...(ingress.size > 0 && { ingress: rulesOf(ingress, { side: 'from', internet, tell }) }),
      ...(egress.size > 0 && { egress: rulesOf(egress, { side: 'to', internet, tell }) }),
    };
    own.push(made({ namespace, name: nameFor(owner, namespace, names), reasons: [...reasons].sort() }, spec));
  }
  own.sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
  for (const note of replaced(facts, own)) notes.add(note);
  return { policies: [...baseline.policies, ...own], notes: [...notes].sort() };
}

/** `allow-web` for a Deployment; the kind is told of others, and where that name is taken. */
function nameFor(owner: KubeObject, namespace: string, taken: Set<string>): string {
  const isPlain = owner.kind === 'Deployment' && owner.name !== 'dns';
  const plain = `allow-${isPlain ? '' : `${owner.kind.toLowerCase()}-`}${owner.name}`.slice(0, 240);
  let name = plain;
  for (let count = 2; taken.has(`${namespace}/${name}`); count += 1) name = `${plain}-${count}`;
  taken.add(`${namespace}/${name}`);
  return name;
}

/** Policies of people's own that have a name that is written: applying replaces them. */
function replaced(facts: Facts, policies: readonly GeneratedPolicy[]): readonly string[] {
  const names = new Set(policies.map(({ namespace, name }) => `${namespace}/${name}`));
  const notes = facts.snapshot.objects.flatMap((object) => {
    const name = `${object.namespace ?? unsetNamespace}/${object.name}`;
    if (!names.has(name) || groupKind(object) !== 'networking.k8s.io/NetworkPolicy') return [];
    const manager = valueAt(object.value, ['metadata', 'labels', 'app.kubernetes.io/managed-by']);
    return manager === 'bulwark' ? [] : [`NetworkPolicy ${name} is there already and is replaced when this is applied`];
  });
  return [...new Set(notes)];
}

/** What may use each port, as `TCP 443`. */
type Ports = Map<string, SpokenEnd[]>;

interface Sides {
  readonly ingress: Ports;
  readonly egress: Ports;
  readonly reasons: Set<string>;
}

interface RuleOptions {
  readonly side: 'from' | 'to';
  readonly internet: readonly JsonObject[];
  readonly tell: (note: string) => void;
}

/** Ports that the same peers may use are one rule. */
function rulesOf(byPort: Ports, options: RuleOptions): readonly JsonObject[] {
  const byPeers = new Map<string, { peers: readonly JsonObject[]; ports: string[] }>();
  for (const [at, ends] of byPort) {
    const peers = peersOf(ends, options);
    const key = JSON.stringify(peers);
    const known = byPeers.get(key);
    if (known === undefined) byPeers.set(key, { peers, ports: [at] });
    else known.ports.push(at);
  }
  return [...byPeers.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { peers, ports }]) => ({
      ...(peers.length > 0 && { [options.side]: peers }),
      ports: ports.sort(byNumber).map((at) => {
        const [protocol = 'TCP', port = '0'] = at.split(' ');
        return { protocol, port: Number(port) };
      }),
    }));
}

/** Peers of a rule, in an order that does not turn on how they came; none for everybody. */
function peersOf(ends: readonly SpokenEnd[], { internet, tell }: RuleOptions): readonly JsonObject[] {
  if (ends.some(({ kind }) => kind === 'anyone')) return [];
  const pods = new Map<string, JsonObject>();
  const places: bigint[] = [];
  for (const end of ends) {
    if (end.kind === 'pods') pods.set(JSON.stringify(end.peer), end.peer);
    else if (end.kind === 'addresses') places.push(...end.places);
  }
  const sorted = [...pods].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, peer]) => peer);
  const open = ends.some(({ kind }) => kind === 'internet') ? internet : [];
  return [...sorted, ...open, ...blocksOf(places, tell)];
}

function byNumber(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1]) || (a < b ? -1 : 1);
}

function made(
  { namespace, name, reasons }: Pick<GeneratedPolicy, 'namespace' | 'name' | 'reasons'>,
  spec: JsonObject,
): GeneratedPolicy {
  const metadata = { name, namespace, labels: label };
  return {
    namespace,
    name,
    reasons,
    object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec },
  };
}
