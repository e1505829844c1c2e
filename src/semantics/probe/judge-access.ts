import { compareSeverity, type Severity } from '../../model/severity.ts';
import { isLoopback } from '../node/listen-address.ts';
import type { Listener, ProbeRequest } from './listeners.ts';
import type { Observation, ProbeAnswer } from './observation.ts';
import type { Exposure } from './result.ts';

/** What strangers get from a listener that they should not. */
export function accessExposures(observation: Observation, listener: Listener): readonly Exposure[] {
  const opened = openedRequests(observation, listener);
  switch (listener.guard) {
    case 'authentication':
      return [
        ...answersAnyone(opened, listener),
        ...skippableLogin(observation, listener),
        ...letIn(observation, listener),
      ];
    case 'client-certificate':
      return withoutCertificate(observation, listener);
    case 'address':
      if (!isLoopback(observation.address ?? '')) return answersAnyone(opened, listener);
      return listener.onLoopback === undefined || opened.length === 0
        ? []
        : [
            {
              ...listener.exposed,
              id: 'open-port',
              severity: listener.onLoopback,
              message: 'answers every user and process of this machine without credentials',
            },
          ];
    case 'absence':
      return answersAnyone(opened, listener).map((exposure) =>
        isLoopback(observation.address ?? '') ? { ...exposure, severity: oneLower(exposure.severity) } : exposure,
      );
    case 'network':
      return [...answersAnyone(opened, listener), ...tokenMetadata(observation, listener)];
  }
}

export interface Opened {
  readonly answer: ProbeAnswer;
  readonly request: ProbeRequest;
}

/** The requests that a stranger got an answer to. */
export function openedRequests({ answers }: Observation, listener: Listener): readonly Opened[] {
  const opened: Opened[] = [];
  for (const answer of answers) {
    const { outcome } = answer;
    if (outcome.kind !== 'http' || outcome.status < 200 || outcome.status > 299) continue;
    // The dashboard serves its page for every path, and its lists with the refusal inside.
    if (listener.id === 'dashboard' && answer.path !== '/' && (outcome.signs.refusedInside || isPage(answer))) continue;
    const request = listener.requests.find(
      ({ path, hostHeader }) => path === answer.path && hostHeader === answer.hostHeader,
    );
    if (request !== undefined) opened.push({ answer, request });
  }
  return opened;
}

function isPage({ outcome }: ProbeAnswer): boolean {
  return outcome.kind === 'http' && (outcome.signs.product === 'other' || outcome.signs.kind === 'Status');
}

function answersAnyone(opened: readonly Opened[], listener: Listener): Exposure[] {
  const wrong = opened.filter(({ request }) => request.severity !== 'public');
  const severity = wrong.reduce<Severity>(
    (worst, { request }) =>
      request.severity !== 'public' && compareSeverity(request.severity, worst) > 0 ? request.severity : worst,
    'info',
  );
  if (wrong.length === 0) return [];
  const what = wrong.map(({ request: { path, hostHeader, gives } }) => {
    const as = hostHeader === undefined ? '' : ` with Host: ${hostHeader}`;
    return `${path.replace(/\?.*$/, '')}${as} (${gives})`;
  });
  return [
    {
      ...listener.exposed,
      id: listener.guard === 'authentication' ? 'anonymous-access' : 'open-port',
      severity,
      message: `answers anyone without credentials: ${what.join(', ')}`,
    },
  ];
}

/** 403 for system:anonymous: the request was let in as a user, and only authorization stood in its way. */
function letIn({ answers }: Observation, listener: Listener): Exposure[] {
  if (listener.id !== 'kubelet') return [];
  const refused = answers.some(
    ({ outcome }) => outcome.kind === 'http' && outcome.status === 403 && outcome.signs.user === 'system:anonymous',
  );
  if (!refused) return [];
  return [
    {
      id: 'anonymous-authentication',
      severity: 'medium',
      message: 'lets anonymous requests in as system:anonymous, and refuses them only by authorization (403, not 401)',
      why: 'One binding of system:anonymous or system:unauthenticated opens the kubelet to everyone.',
      remedy: 'Set authentication.anonymous.enabled: false in the configuration of the kubelet.',
      references: ['cis-1.12:4.2.1', 'guides:kubelet/anonymous-auth'],
    },
  ];
}

function skippableLogin({ answers }: Observation, { id, exposed }: Listener): Exposure[] {
  const skippable = answers.some(({ outcome }) => outcome.kind === 'http' && outcome.signs.skippable === true);
  if (id !== 'dashboard' || !skippable) return [];
  return [{ ...exposed, id: 'skippable-login', severity: 'high', message: 'lets visitors skip the login' }];
}

function withoutCertificate({ answers, tls }: Observation, listener: Listener): Exposure[] {
  const answered = answers.filter(({ outcome }) => outcome.kind === 'http').map(({ path }) => path);
  if (answered.length > 0) {
    const demand = tls === undefined ? 'speaks plain HTTP with anyone' : 'answers clients that have no certificate';
    return [
      {
        ...listener.exposed,
        id: 'no-client-certificate',
        severity: 'critical',
        message: `${demand}: ${answered.join(', ')}`,
      },
    ];
  }
  // Without a request to send, the finished handshake is all there is to see.
  const finished = tls?.clientCertificate === 'not-asked' || tls?.clientCertificate === 'asked';
  if (!finished || listener.requests.length > 0) return [];
  return [
    {
      ...listener.exposed,
      id: 'no-client-certificate',
      severity: 'medium',
      message:
        'finishes the TLS handshake of a client that has no certificate; whether agents need a token cannot be seen',
    },
  ];
}

/** AWS answers 401 where it wants a token (IMDSv2), which a process here can ask for. */
function tokenMetadata({ answers }: Observation, { id, exposed }: Listener): Exposure[] {
  const wantsToken = answers.some(
    ({ path, outcome }) => path.startsWith('/latest/') && outcome.kind === 'http' && outcome.status === 401,
  );
  if (id !== 'metadata' || !wantsToken) return [];
  return [
    {
      ...exposed,
      id: 'metadata-reachable',
      severity: 'low',
      message: 'can be reached, and asks for a token (IMDSv2), which any process that reaches it can request',
    },
  ];
}

function oneLower(severity: Severity): Severity {
  return severity === 'critical' ? 'high' : severity === 'high' ? 'medium' : severity === 'medium' ? 'low' : severity;
}
