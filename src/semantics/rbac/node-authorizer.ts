import { own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import type { RequestNamespace } from './authorize.ts';
import type { RbacUser } from './binding.ts';
import { configMapNames, secretNames, volumeSecrets } from './pod-references.ts';
import { type RbacRequest, type ResourceRequest, type RoleRule, ruleAllows } from './rule.ts';

/** What the node authorizer says: it never denies, and leaves what it does not allow to RBAC. */
export type NodeVerdict =
  | { readonly kind: 'allow'; readonly because: string }
  | { readonly kind: 'no-opinion' }
  /** What it says depends on evidence that is missing or on parts of the request that are not asked about here. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface NodeAuthorizerOptions {
  readonly objects: readonly KubeObject[];
  /** The rules of ClusterRole `system:node`, which are compiled into the API server. */
  readonly rules: readonly RoleRule[] | undefined;
  /** Of the API server: 20 for v1.20. */
  readonly minor: number | undefined;
}

export type NodeAuthorizer = (user: RbacUser, request: RbacRequest, namespace: RequestNamespace) => NodeVerdict;

const noOpinion: NodeVerdict = { kind: 'no-opinion' };
const prefix = 'system:node:';

/**
 * Decides as the node authorizer of the API server does, from the pods, claims, volumes and attachments that were read.
 * Source: plugin/pkg/auth/authorizer/node/node_authorizer.go and graph_populator.go, v1.20 on.
 */
export function nodeAuthorizer({ objects, rules, minor }: NodeAuthorizerOptions): NodeAuthorizer {
  const graphs = new Map<string, NodeGraph>();
  let byNode: ReadonlyMap<string, readonly KubeObject[]> | undefined;
  const graphOf = (node: string): NodeGraph => {
    let graph = graphs.get(node);
    if (graph === undefined) {
      byNode ??= podsByNode(objects);
      graphs.set(node, (graph = new NodeGraph(node, byNode.get(node) ?? [], objects)));
    }
    return graph;
  };
  const hasPods = objects.some(({ kind }) => kind === 'Pod');
  return (user, request, namespace) => {
    if (!user.name.startsWith(prefix) || !user.groups.includes('system:nodes')) return noOpinion;
    const node = user.name.slice(prefix.length);
    if (node === '') return noOpinion;
    if (!('path' in request)) {
      const special = specialVerdict(request, namespace, { node, minor, graph: () => graphOf(node), hasPods });
      if (special !== undefined) return special;
    }
    if (rules === undefined) return { kind: 'unknown', reason: 'the rules of nodes for this version are not known' };
    const rule = rules.find((each) => ruleAllows(each, request));
    return rule === undefined ? noOpinion : { kind: 'allow', because: `every node may, by rules[${rule.index}]` };
  };
}

interface Asked {
  readonly node: string;
  readonly minor: number | undefined;
  readonly graph: () => NodeGraph;
  readonly hasPods: boolean;
}

/** The verdict on resources that the authorizer looks at object by object; undefined for all others. */
function specialVerdict(
  request: ResourceRequest,
  namespace: RequestNamespace,
  { node, minor, graph, hasPods }: Asked,
): NodeVerdict | undefined {
  const { verb, apiGroup, resource, subresource = '', name = '' } = request;
  const related = (kind: Vertex): NodeVerdict => {
    if (name === '') return noOpinion;
    const found = graph().reach(kind, namespace ?? '', name);
    if (found === 'yes') return { kind: 'allow', because: `a pod on node ${node} uses ${kind} ${name}` };
    if (found === 'ended') return { kind: 'unknown', reason: `only pods that have ended use ${kind} ${name}` };
    return hasPods ? noOpinion : { kind: 'unknown', reason: 'no pods were read' };
  };
  const isRead = verb === 'get' || verb === 'list' || verb === 'watch';
  const isWrite = ['get', 'create', 'update', 'patch', 'delete'].includes(verb);
  switch (`${apiGroup}/${resource}`) {
    case '/secrets':
    case '/configmaps':
      if (!isRead || subresource !== '' || (namespace ?? '') === '') return noOpinion;
      return related(resource === 'secrets' ? 'secret' : 'configmap');
    case '/persistentvolumeclaims':
      if (subresource === 'status') return verb === 'update' || verb === 'patch' ? related('claim') : noOpinion;
      return verb === 'get' && subresource === '' ? related('claim') : noOpinion;
    case '/persistentvolumes':
      return verb === 'get' && subresource === '' ? related('volume') : noOpinion;
    case 'storage.k8s.io/volumeattachments':
      return verb === 'get' && subresource === '' ? related('attachment') : noOpinion;
    case '/serviceaccounts':
      // From v1.33 on a node may also get the accounts of its pods, for credential providers of images.
      if (verb === 'get' && subresource === '' && (minor === undefined || minor >= 33))
        return { kind: 'unknown', reason: 'it depends on a feature gate whether nodes may read service accounts' };
      return verb === 'create' && subresource === 'token' ? related('account') : noOpinion;
    case 'coordination.k8s.io/leases':
      if (!isWrite || namespace !== 'kube-node-lease' || (verb !== 'create' && name !== node)) return noOpinion;
      return { kind: 'allow', because: 'it is the lease of the node itself' };
    case 'storage.k8s.io/csinodes':
      if (!isWrite || subresource !== '' || (verb !== 'create' && name !== node)) return noOpinion;
      return { kind: 'allow', because: 'it is the CSINode of the node itself' };
    case '/nodes':
    case '/pods':
      if (minor !== undefined && minor < 32) return undefined;
      return selectedVerdict(request, { node, minor });
    case 'resource.k8s.io/resourceclaims':
    case 'resource.k8s.io/resourceslices':
    case 'certificates.k8s.io/podcertificaterequests':
      return { kind: 'unknown', reason: `requests of nodes for ${resource} are not modelled` };
    default:
      return undefined;
  }
}

/** Nodes and pods from v1.32 on (AuthorizeNodeWithSelectors): reading others than one's own is refused. */
function selectedVerdict(
  { verb, resource, subresource = '', name = '' }: ResourceRequest,
  { node, minor }: Pick<Asked, 'node' | 'minor'>,
): NodeVerdict | undefined {
  const isRead = verb === 'get' || verb === 'list' || verb === 'watch';
  if (!isRead || subresource !== '') return undefined;
  if (minor !== undefined && resource === 'nodes' && name !== '') {
    return name === node ? { kind: 'allow', because: 'it is the node itself' } : noOpinion;
  }
  const reason = `from v1.32 on nodes may ${verb} only ${resource === 'pods' ? 'pods of their own' : 'themselves'}, by a selector`;
  return { kind: 'unknown', reason };
}

type Vertex = 'secret' | 'configmap' | 'claim' | 'volume' | 'attachment' | 'account';

/** What the pods of one node use. */
class NodeGraph {
  private readonly running = new Set<string>();
  private readonly ended = new Set<string>();

  constructor(node: string, pods: readonly KubeObject[], objects: readonly KubeObject[]) {
    for (const pod of pods) this.addPod(pod);
    for (const object of objects) {
      if (object.kind === 'PersistentVolume' && object.apiVersion === 'v1') this.addVolume(object);
      else if (object.kind === 'VolumeAttachment' && object.apiVersion.startsWith('storage.k8s.io/')) {
        if (valueAt(object.value, ['spec', 'nodeName']) === node) this.running.add(key('attachment', '', object.name));
      }
    }
  }

  /** Whether a pod of the node uses an object; `ended` where only pods do that run no more. */
  reach(kind: Vertex, namespace: string, name: string): 'yes' | 'ended' | 'no' {
    const wanted = key(kind, namespace, name);
    if (this.running.has(wanted)) return 'yes';
    return this.ended.has(wanted) ? 'ended' : 'no';
  }

  private addPod({ value, namespace = '', name }: KubeObject): void {
    // Mirror pods are the node's own word, and give it nothing.
    if (typeof valueAt(value, ['metadata', 'annotations', 'kubernetes.io/config.mirror']) === 'string') return;
    const spec = objectsIn([own(value, 'spec') ?? null])[0];
    if (spec === undefined) return;
    const phase = valueAt(value, ['status', 'phase']);
    const into = phase === 'Succeeded' || phase === 'Failed' ? this.ended : this.running;
    const account = own(spec, 'serviceAccountName');
    if (typeof account === 'string' && account !== '') into.add(key('account', namespace, account));
    for (const secret of secretNames(spec, namespace)) into.add(key('secret', secret.namespace, secret.name));
    for (const each of configMapNames(spec)) into.add(key('configmap', namespace, each));
    for (const volume of objectsIn(own(spec, 'volumes'))) {
      const claim = valueAt(volume, ['persistentVolumeClaim', 'claimName']);
      if (typeof claim === 'string') into.add(key('claim', namespace, claim));
      const label = own(volume, 'name');
      if (own(volume, 'ephemeral') !== undefined && typeof label === 'string')
        into.add(key('claim', namespace, `${name}-${label}`));
    }
  }

  private addVolume({ value, name }: KubeObject): void {
    const claim = valueAt(value, ['spec', 'claimRef', 'name']);
    const namespace = valueAt(value, ['spec', 'claimRef', 'namespace']);
    if (typeof claim !== 'string' || typeof namespace !== 'string') return;
    for (const into of [this.running, this.ended]) {
      if (!into.has(key('claim', namespace, claim))) continue;
      into.add(key('volume', '', name));
      const spec = valueAt(value, ['spec']);
      for (const source of objectsIn([spec ?? null])) {
        for (const secret of volumeSecrets(source, namespace)) into.add(key('secret', secret.namespace, secret.name));
      }
    }
  }
}

function podsByNode(objects: readonly KubeObject[]): ReadonlyMap<string, readonly KubeObject[]> {
  const pods = new Map<string, KubeObject[]>();
  for (const object of objects) {
    if (object.kind !== 'Pod' || object.apiVersion !== 'v1') continue;
    const node = valueAt(object.value, ['spec', 'nodeName']);
    if (typeof node !== 'string' || node === '') continue;
    const known = pods.get(node);
    if (known === undefined) pods.set(node, [object]);
    else known.push(object);
  }
  return pods;
}

function key(kind: Vertex, namespace: string, name: string): string {
  return `${kind}\n${namespace}\n${name}`;
}
