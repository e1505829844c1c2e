import { type Facts, factsOf } from '../facts/facts.ts';
import type { ClusterView } from '../model/admission.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';

const rbacGroup = 'rbac.authorization.k8s.io';
const accessKinds = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].map((kind) => `${rbacGroup}/${kind}`);
const storageClasses = ['storage.k8s.io/StorageClass'];

/** Facts that follow from the object that is judged, or from what the view of the cluster tells of its version. */
const ownFacts: ReadonlySet<string> = new Set([
  ...['image-of', 'platform-component', 'policies-of-object', 'server-version', 'root-owner', 'powers-of-rules'],
]);

/**
 * Facts by which pods and templates are judged, and the kinds from which they follow. None depends on the object that
 * is judged or keeps anything about those it is asked about: one serves all requests until such an object changes.
 */
const factsOfPods: ReadonlyMap<string, readonly string[]> = new Map([
  ['defaults-limit', ['/LimitRange']],
  ['runtime-handlers', ['node.k8s.io/RuntimeClass']],
]);

/**
 * Facts by which other objects are judged, and the kinds from which they follow, the object's own among them. They are
 * derived for each request: objects of these kinds are written seldom.
 */
const factsOfObjects: ReadonlyMap<string, readonly string[]> = new Map([
  ...['rbac', 'grantings', 'account-places', 'strength-of-binding', 'component-standings'].map(
    (fact): [string, readonly string[]] => [fact, accessKinds],
  ),
  ['aggregation-cycles', accessKinds],
  ['repeated-bindings', accessKinds],
  // Which namespaces restrain pods is told besides, and left open where they are not known.
  ['pod-restraints', accessKinds],
  ['storage-classes', storageClasses],
  ['storage-class-of', storageClasses],
  ['attached-http-routes', ['gateway.networking.k8s.io/HTTPRoute']],
]);

/** Facts about objects that may as well be created after the one that is judged. */
const laterFacts: ReadonlySet<string> = new Set([
  ...['makers', 'used-roles', 'were-accounts-read', 'services-by-name', 'known-objects', 'policy-bindings'],
  ...['scaled-workload-of', 'disruption-budgets', 'namespace-bounds', 'inhabited-namespaces', 'policies-by-namespace'],
  ...['claim-users', 'kinds-read', 'scalable-objects', 'backup-claims', 'claim-coverage', 'pods-by-namespace'],
]);

/**
 * The kinds, as `group/Kind`, whose objects a control needs besides the one that it judges, by the facts that it asks
 * for; or why requests cannot be judged by it.
 */
export function neededFor(
  subject: 'object' | 'pod' | 'container',
  asked: Iterable<string>,
): { readonly kinds: ReadonlySet<string> } | { readonly reason: string } {
  const known = subject === 'object' ? factsOfObjects : factsOfPods;
  const kinds = new Set<string>();
  const foreign: string[] = [];
  for (const fact of asked) {
    if (ownFacts.has(fact)) continue;
    const needed = known.get(fact);
    if (needed === undefined) foreign.push(fact);
    else for (const kind of needed) kinds.add(kind);
  }
  if (foreign.length === 0) return { kinds };
  if (foreign.some((fact) => laterFacts.has(fact))) {
    return { reason: 'what it looks for may be created after the object that a request carries' };
  }
  const what = foreign.toSorted().join(', ');
  return { reason: `it needs more of the cluster than requests are judged with (${what})` };
}

export interface Around {
  readonly view: ClusterView;
  readonly now: Date;
  /** The kinds that the controls of the object's kind need. */
  readonly kinds: ReadonlySet<string>;
}

/** Derives what controls ask for, of the object of a request and of what the cluster holds besides. */
export class Surroundings {
  /** By kind: the list that they were derived from, which the view replaces when an object changes. */
  private readonly standing = new Map<string, { readonly objects: readonly KubeObject[]; readonly facts: Facts }>();

  /** The facts of an object, which is taken to stand in for the one of its name that the cluster has. */
  factsOf(object: KubeObject, { view, now, kinds }: Around): Facts {
    const objects = [object];
    const own = groupKind(object);
    for (const kind of kinds) {
      for (const each of objectsOf(view, kind)) {
        const isOld = kind === own && each.name === object.name && each.namespace === object.namespace;
        if (!isOld) objects.push(each);
      }
    }
    const facts = factsOf(snapshotOf(objects, now, view.serverMinor));
    return {
      snapshot: facts.snapshot,
      settings: facts.settings,
      get: (fact) => {
        const [kind] = factsOfPods.get(fact.name) ?? [];
        return (kind === undefined ? facts : this.standingFacts(kind, view, now)).get(fact);
      },
    };
  }

  private standingFacts(kind: string, view: ClusterView, now: Date): Facts {
    const objects = objectsOf(view, kind);
    const known = this.standing.get(kind);
    if (known?.objects === objects) return known.facts;
    const facts = factsOf(snapshotOf(objects, now, view.serverMinor));
    this.standing.set(kind, { objects, facts });
    return facts;
  }
}

/** Why objects of one of these kinds are not known; undefined where all are. */
export function whyUnread(kinds: Iterable<string>, { unread }: ClusterView): string | undefined {
  if (unread.size === 0) return undefined;
  for (const kind of kinds) {
    const reason = unread.get(kind);
    if (reason !== undefined) return `objects of ${kind} could not be read: ${reason}`;
  }
  return undefined;
}

function objectsOf(view: ClusterView, kind: string): readonly KubeObject[] {
  const slash = kind.indexOf('/');
  return view.objects(kind.slice(0, slash), kind.slice(slash + 1));
}

function snapshotOf(objects: readonly KubeObject[], now: Date, serverMinor: number | undefined): Snapshot {
  return {
    schema: 'bulwark.snapshot/v1',
    takenAt: now.toISOString(),
    objects,
    inputs: [],
    gaps: [],
    ...(serverMinor !== undefined && { cluster: { server: '', version: `v1.${serverMinor}.0` } }),
  };
}
