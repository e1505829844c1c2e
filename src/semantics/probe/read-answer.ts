import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';

/** What an answer's body shows, without the body: that may hold anything, credentials among it. */
export interface AnswerSigns {
  /** The user that an authorizer names in its refusal, such as `system:anonymous`. */
  readonly user?: string;
  /** A metav1.Status. */
  readonly status?: true;
  /** `kind` of a Kubernetes object, such as `PodList`. */
  readonly kind?: string;
  /** How many items its list has, as far as it was read. */
  readonly items?: number;
  /** Version of Kubernetes or etcd that it tells. */
  readonly version?: string;
  readonly product?: Product;
  /** The dashboard says that its login can be skipped. */
  readonly skippable?: boolean;
  /** The dashboard answered with an error of its own, as it does without a login. */
  readonly refusedInside?: true;
  /** A proxy mode that kube-proxy reports. */
  readonly proxyMode?: string;
  /** The server wants TLS here. */
  readonly wantsTls?: true;
}

export type Product =
  | 'kubernetes'
  | 'etcd'
  | 'dashboard'
  | 'metrics'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl-proxy'
  | 'aws-metadata'
  | 'gcp-metadata'
  | 'azure-metadata'
  | 'other';

export interface RawAnswer {
  readonly path: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** At most its first 64 KiB. */
  readonly body: string;
}

/** Reads an answer from anyone at all. Nothing of the body is kept but words that are listed here. */
export function readAnswer(answer: RawAnswer): AnswerSigns {
  const { body } = answer;
  const json = /^\s*[[{]/.test(body) ? parse(body) : undefined;
  const object = isObject(json) ? json : undefined;
  const user = userOf(body);
  const kind = (object && text(object, 'kind')) ?? /^\s*\{\s*"kind":\s*"([A-Za-z]{1,60})"/.exec(body)?.[1];
  const items = object && own(object, 'items');
  const version = object && versionOf(object);
  const product = productOf(answer, { object, kind });
  const skippable = object && own(object, 'skippable');
  const [, proxyMode] = /^(iptables|ipvs|nftables|userspace|kernelspace)$/.exec(body.trim()) ?? [];
  return {
    ...(user !== undefined && { user }),
    ...(kind === 'Status' && { status: true }),
    ...(kind !== undefined && /^[A-Za-z]{1,60}$/.test(kind) && { kind }),
    ...(isList(items) && { items: items.length }),
    ...(version !== undefined && { version }),
    ...(product !== undefined && { product }),
    ...(typeof skippable === 'boolean' && { skippable }),
    ...(object !== undefined && refusedInside(object) && { refusedInside: true }),
    ...(proxyMode !== undefined && { proxyMode }),
    ...(body.startsWith('Client sent an HTTP request to an HTTPS server') && { wantsTls: true }),
  };
}

function parse(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

/** The API server's `User "x" cannot get path "/"`, inside JSON or not, and the kubelet's `Forbidden (user=x, verb=get, …)`. */
function userOf(body: string): string | undefined {
  const [, quoted, plain] = /User \\?"([^"\\]{1,200})\\?" cannot|\(user=([^,]{1,200}), verb=/.exec(body) ?? [];
  return quoted ?? plain;
}

const shortVersion = /^v?\d{1,4}\.\d{1,4}[\w.+-]{0,60}$/;

function versionOf(object: JsonObject): string | undefined {
  for (const field of ['gitVersion', 'etcdserver']) {
    const value = text(object, field);
    if (value !== undefined && shortVersion.test(value)) return value;
  }
  return undefined;
}

interface Parsed {
  readonly object: JsonObject | undefined;
  readonly kind: string | undefined;
}

function productOf({ path, status, headers, body }: RawAnswer, { object, kind }: Parsed): Product | undefined {
  const server = headers.get('server') ?? '';
  if (headers.get('metadata-flavor') === 'Google') return 'gcp-metadata';
  if (server.startsWith('EC2ws')) return 'aws-metadata';
  if (
    path.startsWith('/metadata/') &&
    object !== undefined &&
    (own(object, 'compute') || server.startsWith('Microsoft'))
  )
    return 'azure-metadata';
  if (/<title>\s*Kubernetes Dashboard/i.test(body)) return 'dashboard';
  if (object !== undefined) {
    if (own(object, 'etcdserver') !== undefined) return 'etcd';
    if (own(object, 'gitVersion') !== undefined || kind === 'Status' || kind === 'APIVersions') return 'kubernetes';
    if (own(object, 'skippable') !== undefined) return 'dashboard';
    if (own(object, 'lastUpdated') !== undefined && own(object, 'currentTime') !== undefined) return 'kube-proxy';
  }
  // The kubelet's own words; the API server wraps them in a Status, Go's http.Error ends them with a line.
  if (body.startsWith('Forbidden (user=') || (status === 401 && body === 'Unauthorized')) return 'kubelet';
  if (body.trim() === '<h3>Unauthorized</h3>') return 'kubectl-proxy';
  if (/^# (?:HELP|TYPE) /.test(body)) return 'metrics';
  const proxyMode = path === '/proxyMode' && /^(?:iptables|ipvs|nftables|userspace)$/.test(body.trim());
  if (proxyMode) return 'kube-proxy';
  if (status === 200 && /^\s*<(?:!doctype|html)/i.test(body)) return 'other';
  return undefined;
}

/** The dashboard's lists carry the API server's refusals in `errors`, under a status of 200. */
function refusedInside(object: JsonObject): boolean {
  const errors = own(object, 'errors');
  return isList(errors) && errors.length > 0;
}

function text(object: JsonObject, field: string): string | undefined {
  const value = own(object, field);
  return typeof value === 'string' ? value : undefined;
}
