import { defineFact, type Facts } from '../../facts/facts.ts';
import { istio, type MeshMember, meshMembers } from '../../facts/istio.ts';
import { makerOf } from '../../facts/makers.ts';
import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import type { MtlsMode, PeerAuthentication } from '../../semantics/mesh/peer-authentication.ts';
import { control } from '../control.ts';
import { mesh, peers, workload } from './examples.ts';

interface Open {
  readonly mode: MtlsMode;
  readonly port?: number;
  readonly workloads: Set<string>;
}

/** The workloads that take plain text, by the policy that lets them; `undefined` for those that no policy is about. */
const openWorkloads = defineFact(
  'open-mesh-workloads',
  (facts): ReadonlyMap<KubeObject | undefined, Map<string, Open>> => {
    const open = new Map<KubeObject | undefined, Map<string, Open>>();
    const add = (by: KubeObject | undefined, { subject }: MeshMember, given: Pick<Open, 'mode' | 'port'>): void => {
      let causes = open.get(by);
      if (causes === undefined) open.set(by, (causes = new Map()));
      const key = String(given.port ?? '');
      let cause = causes.get(key);
      if (cause === undefined) causes.set(key, (cause = { ...given, workloads: new Set() }));
      const { namespace, name } = facts.get(makerOf)(subject.object);
      cause.workloads.add(`${namespace ?? ''}/${name}`);
    };
    for (const member of facts.get(meshMembers).all) {
      const { membership, mtls } = member;
      if (membership.kind !== 'sidecar' && membership.kind !== 'ambient') continue;
      const isAmbient = membership.kind === 'ambient';
      // The node agent of ambient meshes has no DISABLE, and goes on as if it were not there.
      const taken = (mode: MtlsMode): MtlsMode => (isAmbient && mode === 'DISABLE' ? 'PERMISSIVE' : mode);
      if (mtls.mode !== 'STRICT') add(mtls.by?.object, member, { mode: taken(mtls.mode) });
      for (const [port, mode] of mtls.ports) {
        const isOwn = mode !== 'STRICT' && mode !== mtls.mode;
        if (isOwn) add(mtls.portsBy?.object, member, { mode: taken(mode), port });
      }
    }
    return open;
  },
);

/**
 * Judged for every workload by what counts for it; told once for each policy that lets plain text in, and where no
 * policy is about a workload, at the mesh. Where the workloads were not read, a policy is told by what it says itself.
 */
export default control({
  id: 'meshes/istio-mtls',
  title: 'Workloads of an Istio mesh take mutual TLS only',
  severity: 'medium',
  subject: 'object',
  kinds: ['PeerAuthentication', 'ConfigMap', 'Deployment'],
  why: 'A proxy takes plain text from anyone unless it is told not to: who is in the network reads it, and rules on identities do not hold for who shows none.',
  remedy:
    'Set a PeerAuthentication with mtls.mode STRICT in the root namespace once all clients are in the mesh, and make exceptions for single ports only.',
  check: ({ object }, facts) => {
    const { policyOf, object: here, isWhole } = facts.get(istio);
    const policy = policyOf.get(object);
    if (policy !== undefined) {
      const causes = facts.get(openWorkloads).get(object);
      return causes === undefined ? byItself(policy, facts) : failuresOf(causes, object);
    }
    if (object !== here) return notApplicable('it decides nothing about mutual TLS');
    const open = facts.get(openWorkloads).get(undefined)?.get('');
    if (open === undefined) return [];
    if (!isWhole) return unknown('a PeerAuthentication that was not read may ask for mutual TLS');
    const what = namesOf(open.workloads);
    const message = `no PeerAuthentication asks for mutual TLS, so these workloads of the mesh take plain text, too: ${what}`;
    return fail(message, []);
  },
  examples: {
    fail: [
      mesh(workload()),
      mesh(workload(), peers('default', 'istio-system', 'mtls: {mode: PERMISSIVE}')),
      peers('default', 'istio-system', 'mtls: {mode: PERMISSIVE}'),
      mesh(
        workload(),
        peers('default', 'istio-system', 'mtls: {mode: STRICT}'),
        peers('shop', 'shop', 'mtls: {mode: DISABLE}'),
      ),
      mesh(
        workload(),
        peers('default', 'shop', 'mtls: {mode: STRICT}'),
        peers('web', 'shop', 'selector: {matchLabels: {app: web}}, portLevelMtls: {8080: {mode: PERMISSIVE}}'),
      ),
    ],
    pass: [
      mesh(workload(), peers('default', 'istio-system', 'mtls: {mode: STRICT}')),
      peers('default', 'shop', 'mtls: {mode: STRICT}'),
      mesh(
        workload(),
        peers('default', 'istio-system', 'mtls: {mode: STRICT}'),
        peers('shop', 'shop', 'mtls: {mode: UNSET}'),
      ),
    ],
  },
});

function failuresOf(causes: ReadonlyMap<string, Open>, object: KubeObject): readonly Failure[] {
  return [...causes].map(([key, { mode, port, workloads }]) =>
    looseFailure(object, { key, mode, port, who: 'workloads', more: `: ${namesOf(workloads)}` }),
  );
}

interface Loose {
  readonly key: string;
  readonly mode: MtlsMode;
  readonly port: number | undefined;
  /** Whom it lets take plain text, and what else there is to say of them. */
  readonly who: string;
  readonly more: string;
}

function looseFailure({ name }: KubeObject, { key, mode, port, who, more }: Loose): Failure {
  const takes = mode === 'DISABLE' ? 'plain text only' : 'plain text, too';
  const where = port === undefined ? '' : ` on port ${port}`;
  const at: Path = port === undefined ? ['spec', 'mtls', 'mode'] : ['spec', 'portLevelMtls', String(port), 'mode'];
  const message = `PeerAuthentication ${name} lets ${who} take ${takes}${where}${more}`;
  return fail(message, at, { key, ...(mode === 'DISABLE' && { severity: 'high' }) });
}

/** What a policy lets in where none of the workloads that it may be about was read. */
function byItself(policy: PeerAuthentication, facts: Facts): readonly Failure[] {
  const { rootNamespace, shadowed, isWhole } = facts.get(istio);
  const { namespace, labels, mode, ports, object } = policy;
  const isRoot = namespace === rootNamespace;
  // In the root namespace a selector makes a policy void, and an older one at its level does so anywhere.
  if (isWhole || shadowed.has(policy) || (isRoot && labels !== undefined)) return [];
  const isKnown = isRoot ? facts.get(memberNamespaces).size > 0 : facts.get(memberNamespaces).has(namespace);
  if (isKnown) return [];
  const chosen = `the workloads that it selects in namespace ${namespace}`;
  const whose = labels !== undefined ? chosen : `workloads of ${isRoot ? 'the mesh' : `namespace ${namespace}`}`;
  const given: readonly [key: string, mode: MtlsMode | undefined, port?: number][] = [
    ['', mode],
    ...[...(labels === undefined ? [] : ports)].map(([port, own]): [string, MtlsMode | undefined, number] => [
      String(port),
      own,
      port,
    ]),
  ];
  return given.flatMap(([key, taken, port]) => {
    if (taken === undefined || taken === 'STRICT') return [];
    return [looseFailure(object, { key, mode: taken, port, who: whose, more: '; none of them was read' })];
  });
}

/** The namespaces of workloads that are known to be in the mesh. */
const memberNamespaces = defineFact(
  'mesh-member-namespaces',
  (facts): ReadonlySet<string> =>
    new Set([...facts.get(meshMembers).all].map(({ subject }) => subject.object.namespace ?? 'default')),
);

function namesOf(workloads: ReadonlySet<string>): string {
  const names = [...workloads].sort().slice(0, 3).join(', ');
  return workloads.size > 3 ? `${names} and ${workloads.size - 3} more` : names;
}
