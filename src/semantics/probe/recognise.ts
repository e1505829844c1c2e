import type { Listener, ListenerId, ProbeRequest } from './listeners.ts';
import type { Outcome, ProbeAnswer, TlsFacts } from './observation.ts';
import type { AnswerSigns } from './read-answer.ts';

/** What tells the parts of Kubernetes apart on a port that none of them usually has. */
export const identifyingRequests: readonly ProbeRequest[] = [
  { path: '/version', gives: 'its version', severity: 'public' },
  { path: '/healthz', gives: 'its health', severity: 'public' },
  { path: '/pods', gives: 'pods', severity: 'public' },
  { path: '/proxyMode', gives: 'its mode', severity: 'public' },
  { path: '/', gives: 'its front page', severity: 'public' },
];

export interface Seen {
  readonly transport: 'tls' | 'plain';
  readonly tls?: TlsFacts | undefined;
  readonly answers: readonly ProbeAnswer[];
}

/**
 * What listens, by its answers and certificate; else the first that is expected there, as long as no answer speaks
 * against it. Undefined: something else.
 */
export function recognise(seen: Seen, expected: readonly Listener[]): ListenerId | undefined {
  const isExpected = (id: ListenerId): boolean => expected.some((listener) => listener.id === id);
  for (const { path, outcome } of seen.answers) {
    if (outcome.kind !== 'http') continue;
    const id = bySigns(outcome.signs, { path, seen, isExpected });
    if (id !== undefined) return id;
  }
  if (namesApiServer(seen.tls)) return 'kube-apiserver';
  return speaksAgainst(seen.answers.map(({ outcome }) => outcome)) ? undefined : expected[0]?.id;
}

interface Context {
  readonly path: string;
  readonly seen: Seen;
  readonly isExpected: (id: ListenerId) => boolean;
}

function bySigns(signs: AnswerSigns, { path, seen, isExpected }: Context): ListenerId | undefined {
  switch (signs.product) {
    case 'etcd':
      return isExpected('etcd-peer') ? 'etcd-peer' : 'etcd';
    case 'dashboard':
    case 'kubectl-proxy':
    case 'kubelet':
      return signs.product;
    case 'kube-proxy':
      return signs.proxyMode === undefined ? 'kube-proxy-healthz' : 'kube-proxy-metrics';
    case 'aws-metadata':
    case 'gcp-metadata':
    case 'azure-metadata':
      return 'metadata';
    case 'kubernetes':
      return kubernetesServer(seen, { isExpected, signs });
  }
  if (signs.kind === 'PodList' && path.startsWith('/pods'))
    return seen.transport === 'tls' ? 'kubelet' : 'kubelet-read-only';
  return undefined;
}

/** API server, controller manager and scheduler refuse alike; only the first has a certificate for its Service. */
function kubernetesServer(
  { transport, tls, answers }: Seen,
  { isExpected, signs }: Pick<Context, 'isExpected'> & { readonly signs: AnswerSigns },
): ListenerId | undefined {
  if (transport === 'plain') {
    for (const id of ['kubectl-proxy', 'kube-controller-manager-insecure', 'kube-scheduler-insecure'] as const)
      if (isExpected(id)) return id;
    return lacksInsecurePort(answers) ? 'kubectl-proxy' : 'kube-apiserver-insecure';
  }
  if (namesApiServer(tls)) return 'kube-apiserver';
  for (const id of ['kube-controller-manager', 'kube-scheduler', 'kubelet'] as const) if (isExpected(id)) return id;
  // Controller manager and scheduler make certificates of this form for themselves; which of the two, nothing tells.
  if (signs.version === undefined && /@\d+$/.test(tls?.chain[0]?.subject ?? '')) return undefined;
  return 'kube-apiserver';
}

/** From v1.20 on --insecure-port takes nothing but 0: what passes an API on in plain text is a proxy. */
function lacksInsecurePort(answers: readonly ProbeAnswer[]): boolean {
  for (const { outcome } of answers) {
    if (outcome.kind !== 'http') continue;
    const [, minor] = /^v1\.(\d{1,3})\b/.exec(outcome.signs.version ?? '') ?? [];
    if (minor !== undefined) return Number(minor) >= 20;
  }
  return false;
}

function namesApiServer(tls: TlsFacts | undefined): boolean {
  return tls?.chain[0]?.sans.includes('kubernetes.default.svc') ?? false;
}

/** Web pages, redirects and nothing but 404 are not how a part of Kubernetes answers; nor is what is no HTTP. */
function speaksAgainst(outcomes: readonly Outcome[]): boolean {
  let absent = 0;
  for (const outcome of outcomes) {
    if (outcome.kind === 'not-http') return true;
    if (outcome.kind !== 'http') return false;
    const { status, signs } = outcome;
    if (signs.product === 'other' || (status >= 300 && status < 400)) return true;
    if (status === 404) absent += 1;
  }
  return absent > 0 && absent === outcomes.length;
}
