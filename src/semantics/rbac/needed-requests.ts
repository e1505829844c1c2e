import type { ResourceRequest } from './rule.ts';

/** What one does with a resource, and which requests the API server asks about for it in a version. */
export interface NeededRequests {
  /** Any one of these lists is enough; of a list, every request is asked. */
  readonly ways: readonly (readonly ResourceRequest[])[];
  /** What a person should know about it. */
  readonly note?: string;
}

const streams: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

/**
 * The requests behind `exec`, `attach` and `port-forward` of a pod. A WebSocket opens with GET, and so the verb `get`
 * alone was enough until the API server also asked for `create`.
 * Sources: kubernetes/kubernetes#78741, #134577 (AuthorizePodWebsocketUpgradeCreatePermission, on from v1.35).
 */
export function streamRequests(
  subresource: string,
  name: string | undefined,
  minor: number | undefined,
): NeededRequests {
  const of = (verb: string): ResourceRequest => ({
    verb,
    apiGroup: '',
    resource: 'pods',
    subresource,
    ...(name !== undefined && { name }),
  });
  if (!streams.has(subresource)) return { ways: [[of('create')]] };
  if (minor !== undefined && minor >= 35) return { ways: [[of('create')], [of('get'), of('create')]] };
  return {
    ways: [[of('create')], [of('get')]],
    note: `below v1.35 get is enough for pods/${subresource}, over a WebSocket`,
  };
}

/** Fine-grained resources of the kubelet's endpoints, and the version from which the kubelet asks for them. */
const fineGrained: readonly (readonly [prefix: RegExp, subresource: string])[] = [
  [/^\/pods(?:\/|$)|^\/runningPods(?:\/|$)/, 'pods'],
  [/^\/healthz(?:\/|$)/, 'healthz'],
  [/^\/configz(?:\/|$)/, 'configz'],
];

/**
 * The requests that a kubelet asks the API server about for a path of its own: nodes/stats, metrics, log, spec (older
 * kubelets) and checkpoint, else nodes/proxy. From v1.33 (KubeletFineGrainedAuthz) some paths are asked for by a finer
 * name first, and by nodes/proxy then. Source: pkg/kubelet/server/auth.go.
 */
export function kubeletRequests(
  { method, path, node }: { readonly method: string; readonly path: string; readonly node: string },
  minor: number | undefined,
): NeededRequests {
  const verb = kubeletVerbs.get(method.toUpperCase()) ?? 'get';
  const of = (subresource: string): ResourceRequest => ({
    verb,
    apiGroup: '',
    resource: 'nodes',
    subresource,
    name: node,
  });
  const named = ['stats', 'metrics', 'checkpoint'].find((part) => path === `/${part}` || path.startsWith(`/${part}/`));
  if (named !== undefined) return { ways: [[of(named)]] };
  if (path === '/logs' || path.startsWith('/logs/')) return { ways: [[of('log')]] };
  if (path === '/spec' || path.startsWith('/spec/')) return { ways: [[of('spec')]] };
  const fine = fineGrained.find(([prefix]) => prefix.test(path))?.[1];
  if (fine === undefined || minor === undefined || minor < 33) return { ways: [[of('proxy')]] };
  return { ways: [[of(fine)], [of('proxy')]] };
}

const kubeletVerbs: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);
