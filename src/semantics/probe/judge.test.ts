import { describe, expect, it } from 'vitest';
import guides from '../../../data/benchmarks/guides.json' with { type: 'json' };
import type { CertificateFacts } from './certificate.ts';
import { judgeObservation } from './judge.ts';
import { type ListenerId, listeners, usualPorts } from './listeners.ts';
import type { IdentityAnswers, Observation, Outcome, ProbeAnswer, TlsFacts } from './observation.ts';
import type { AnswerSigns } from './read-answer.ts';

const now = new Date('2026-11-21T12:00:00Z');

const good: CertificateFacts = {
  subject: 'CN=x',
  issuer: 'CN=ca',
  sans: [],
  sanCount: 0,
  notBefore: '2026-06-01T00:00:00.000Z',
  notAfter: '2027-06-01T00:00:00.000Z',
  key: 'EC prime256v1',
  selfSigned: false,
  fingerprint: '',
};

const tls: TlsFacts = {
  versions: { '1.2': 'accepted', '1.3': 'accepted', '1.1': 'refused', '1.0': 'refused' },
  suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  clientCertificate: 'asked',
  chain: [good],
};

const http = (status: number, signs: AnswerSigns = {}): Outcome => ({ kind: 'http', status, signs });
const anonymous403 = http(403, { user: 'system:anonymous' });
const answer = (path: string, outcome: Outcome, hostHeader?: string): ProbeAnswer => ({
  path,
  outcome,
  ...(hostHeader !== undefined && { hostHeader }),
});

function seen(listener: ListenerId | undefined, more: Partial<Observation>): Observation {
  return {
    target: { host: 'h', port: 1, origin: 'named' },
    address: '10.0.0.5',
    reach: 'open',
    transport: 'tls',
    answers: [],
    ...(listener !== undefined && { listener }),
    ...more,
  };
}

function judged(observation: Observation) {
  const { verdict, sentence, exposures } = judgeObservation(observation, now);
  return {
    verdict,
    sentence,
    exposures: exposures.map(({ id, severity, message }) => `${severity} ${id}: ${message}`),
  };
}

describe('who is let in', () => {
  it.each<[string, Observation, string, string, readonly string[]]>([
    [
      'a kubelet that asks everyone (401)',
      seen('kubelet', { tls, answers: [answer('/pods', http(401))] }),
      'secure',
      'refuses anonymous requests (401)',
      [],
    ],
    [
      'a kubelet that lets anonymous in and refuses it (403)',
      seen('kubelet', { tls, answers: [answer('/pods', anonymous403)] }),
      'exposed',
      'refuses system:anonymous by authorization (403)',
      [
        'medium anonymous-authentication: lets anonymous requests in as system:anonymous, and refuses them only by authorization (403, not 401)',
      ],
    ],
    [
      'an open kubelet (200)',
      seen('kubelet', {
        tls,
        answers: [answer('/healthz', http(200)), answer('/pods', http(200)), answer('/logs/', http(404))],
      }),
      'exposed',
      'answers anyone on /healthz and /pods',
      [
        'critical anonymous-access: answers anyone without credentials: /healthz (its health), /pods (every pod with its environment)',
      ],
    ],
    [
      'an API server with only public paths',
      seen('kube-apiserver', { tls, answers: [answer('/version', http(200)), answer('/api', anonymous403)] }),
      'public',
      'shows anyone only /version, and refuses system:anonymous by authorization (403)',
      [],
    ],
    [
      'an API server that lists Secrets for anyone',
      seen('kube-apiserver', {
        tls,
        answers: [answer('/version', http(200)), answer('/api/v1/secrets?limit=1', http(200))],
      }),
      'exposed',
      'answers anyone on /version and /api/v1/secrets',
      ['critical anonymous-access: answers anyone without credentials: /api/v1/secrets (Secrets)'],
    ],
    [
      'etcd that wants a certificate',
      seen('etcd', {
        tls: { ...tls, clientCertificate: 'required', alert: 'bad_certificate' },
        answers: [answer('/version', { kind: 'tls-alert', alert: 'bad_certificate' })],
      }),
      'secure',
      'refuses clients without a certificate (TLS alert bad_certificate)',
      [],
    ],
    [
      'etcd that answers without one',
      seen('etcd', {
        tls: { ...tls, clientCertificate: 'not-asked' },
        answers: [answer('/version', http(200)), answer('/v2/keys/', http(404))],
      }),
      'exposed',
      'answers anyone on /version',
      ['critical no-client-certificate: answers clients that have no certificate: /version, /v2/keys/'],
    ],
    [
      'etcd without TLS',
      seen('etcd', { transport: 'plain', answers: [answer('/version', http(200))] }),
      'exposed',
      'answers anyone on /version',
      ['critical no-client-certificate: speaks plain HTTP with anyone: /version'],
    ],
    [
      'a kubelet behind something that takes off TLS',
      seen('kubelet', { transport: 'plain', answers: [answer('/pods', http(401))] }),
      'exposed',
      'refuses anonymous requests (401)',
      ['high no-tls: speaks plain HTTP where TLS is expected'],
    ],
    [
      'kube-proxy metrics from outside',
      seen('kube-proxy-metrics', {
        transport: 'plain',
        answers: [answer('/configz', http(200)), answer('/debug/pprof/', http(404))],
      }),
      'exposed',
      'answers anyone on /configz',
      ['medium open-port: answers anyone without credentials: /configz (its configuration)'],
    ],
    [
      'kube-proxy metrics on loopback',
      seen('kube-proxy-metrics', {
        address: '127.0.0.1',
        transport: 'plain',
        answers: [answer('/configz', http(200))],
      }),
      'public',
      'answers anyone on /configz, on loopback',
      [],
    ],
    [
      'the read-only port on loopback, one step less grave',
      seen('kubelet-read-only', { address: '::1', transport: 'plain', answers: [answer('/pods', http(200))] }),
      'exposed',
      'answers anyone on /pods',
      ['medium open-port: answers anyone without credentials: /pods (every pod with its environment)'],
    ],
    [
      'kubectl proxy that looks only at the Host header',
      seen('kubectl-proxy', {
        transport: 'plain',
        answers: [answer('/api', http(403)), answer('/api', http(200), 'localhost')],
      }),
      'exposed',
      'shows anyone only /api, and refuses requests (403)',
      [
        'critical open-port: answers anyone without credentials: /api with Host: localhost (the same, to any client that says Host: localhost)',
      ],
    ],
    [
      'a dashboard with its refusal inside',
      seen('dashboard', {
        tls,
        answers: [answer('/', http(200)), answer('/api/v1/namespace', http(200, { refusedInside: true }))],
      }),
      'public',
      'answers anyone on /',
      [],
    ],
    [
      'a dashboard whose login can be skipped',
      seen('dashboard', {
        tls,
        answers: [
          answer('/api/v1/login/skippable', http(200, { skippable: true })),
          answer('/api/v1/namespace', http(401)),
        ],
      }),
      'exposed',
      'shows anyone only /api/v1/login/skippable, and refuses anonymous requests (401)',
      ['high skippable-login: lets visitors skip the login'],
    ],
    [
      'AWS metadata, version 2',
      seen('metadata', { transport: 'plain', answers: [answer('/latest/meta-data/', http(401))] }),
      'exposed',
      'refuses anonymous requests (401)',
      [
        'low metadata-reachable: can be reached, and asks for a token (IMDSv2), which any process that reaches it can request',
      ],
    ],
    [
      'something else',
      seen(undefined, { transport: 'plain', answers: [answer('/', http(404))] }),
      'unknown',
      'answers 404: no part of Kubernetes that is known here',
      [],
    ],
    [
      'a redirect',
      seen(undefined, {
        tls,
        answers: [answer('/', { kind: 'http', status: 302, location: 'https://x/', signs: {} })],
      }),
      'unknown',
      'redirects to https://x/ (302), not followed',
      [],
    ],
    ['a tarpit', seen(undefined, { transport: 'silent' }), 'unknown', 'accepts connections and does not answer', []],
    ['a closed port', seen(undefined, { reach: 'closed' }), 'closed', 'refuses connections', []],
    [
      'a filtered port',
      seen(undefined, { reach: 'filtered' }),
      'closed',
      'does not answer: filtered, or no such host',
      [],
    ],
    [
      'an unknown host',
      seen(undefined, { reach: 'unresolved', reason: 'no such host' }),
      'unknown',
      'no such host',
      [],
    ],
  ])('%s', (_, observation, verdict, sentence, exposures) => {
    expect(judged(observation)).toEqual({ verdict, sentence, exposures });
  });
});

describe('TLS', () => {
  const api = (facts: Partial<TlsFacts>) =>
    judged(seen('kube-apiserver', { tls: { ...tls, ...facts }, answers: [answer('/version', http(401))] })).exposures;
  const dated = (notBefore: string, notAfter: string): Partial<TlsFacts> => ({
    chain: [{ ...good, notBefore, notAfter }],
  });

  it.each<[string, Partial<TlsFacts>, readonly string[]]>([
    ['good', {}, []],
    ['old', { versions: { '1.0': 'accepted', '1.1': 'accepted' } }, ['medium weak-tls: accepts TLS 1.0 and 1.1']],
    [
      'weak suites',
      { suites: ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'] },
      ['low weak-tls: accepts 2 suites without forward secrecy or with CBC'],
    ],
    ['a broken suite', { suites: ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'] }, ['medium weak-tls: accepts 1 suite with 3DES']],
    ['no encryption', { suites: ['TLS_RSA_WITH_NULL_SHA'] }, ['high weak-tls: accepts 1 suite with no encryption']],
    [
      'expired',
      dated('2025-01-01', '2026-01-01'),
      ['high certificate: shows a certificate that expired on 2026-01-01'],
    ],
    [
      'not valid yet',
      dated('2027-01-01', '2028-01-01'),
      ['high certificate: shows a certificate that is not valid before 2027-01-01'],
    ],
    [
      'about to expire',
      dated('2025-12-01', '2026-12-01'),
      ['medium certificate: shows a certificate that expires on 2026-12-01'],
    ],
    ['short-lived, as rotation makes them', dated('2026-11-15', '2026-12-01'), []],
    ['without dates', dated('', ''), []],
    [
      'a short key',
      { chain: [{ ...good, rsaBits: 1024 }] },
      ['medium certificate: shows a certificate with an RSA key of 1024 bits'],
    ],
    [
      'SHA-1',
      { chain: [{ ...good, weakSignature: 'SHA-1' }] },
      ['medium certificate: shows a certificate that is signed with SHA-1'],
    ],
    [
      'another authority',
      { verified: { ok: false, reason: 'CERT_UNTRUSTED' } },
      ['high unverified: shows a certificate that does not verify against the given authority: CERT_UNTRUSTED'],
    ],
  ])('%s', (_, facts, exposures) => {
    expect(api(facts)).toEqual(exposures);
  });
});

describe('the three identities', () => {
  const compare = (answers: Omit<IdentityAnswers, 'path'>) => {
    const identities = { path: '/pods', ...answers };
    const result = judgeObservation(
      seen('kubelet', { tls, answers: [answer('/pods', answers.nobody)], identities }),
      now,
    );
    return [result.comparison, ...result.exposures.map(({ id, severity }) => `${severity} ${id}`)];
  };
  const own = (outcome: Outcome) => ({ how: 'own', outcome }) as const;

  it.each<[string, Omit<IdentityAnswers, 'path'>, readonly string[]]>([
    [
      '401, 403, 200',
      { nobody: http(401), weak: own(http(403)), given: own(http(200)) },
      ['/pods as nobody 401, without rights 403, as given 200: rights decide, as they should'],
    ],
    [
      '401, 200, 200',
      { nobody: http(401), weak: own(http(200)), given: own(http(200)) },
      [
        '/pods as nobody 401, without rights 200, as given 200: every identity may do it: AlwaysAllow, or rights for all',
        'critical no-authorization',
      ],
    ],
    [
      '401, not asked, 200',
      { nobody: http(401), given: own(http(200)) },
      [
        '/pods as nobody 401, without rights not asked, as given 200: AlwaysAllow and Webhook look alike without the middle answer; give an identity without rights with --weak-context, --weak-token-file or --weak-client-certificate',
      ],
    ],
    [
      '401, not asked, 403',
      { nobody: http(401), given: own(http(403)) },
      [
        '/pods as nobody 401, without rights not asked, as given 403: rights decide: the given identity is known and refused',
      ],
    ],
    [
      '401, 401, 200',
      { nobody: http(401), weak: own(http(401)), given: own(http(200)) },
      [
        '/pods as nobody 401, without rights 401, as given 200: the identity without rights is not accepted, so AlwaysAllow and Webhook still look alike',
      ],
    ],
    [
      '401, 403, 401',
      { nobody: http(401), weak: own(http(403)), given: own(http(401)) },
      [
        '/pods as nobody 401, without rights 403, as given 401: the given credentials are not accepted, so nothing can be told of its authorization',
      ],
    ],
    [
      'a server that does not verify',
      { nobody: http(401), given: own({ kind: 'not-sent', reason: 'its certificate does not verify: x' }) },
      ['not asked with credentials: its certificate does not verify: x'],
    ],
  ])('%s', (_, answers, expected) => {
    expect(compare(answers)).toEqual(expected);
  });
});

describe('the table of listeners', () => {
  it('names rows of the guides that exist', () => {
    const known = new Set(guides.rows.map(({ id }) => `guides:${id}`));
    const named = listeners.flatMap(({ exposed }) => exposed.references);
    expect(named.filter((reference) => reference.startsWith('guides:') && !known.has(reference))).toEqual([]);
  });

  it('has every usual port once, and none of metadata', () => {
    expect(new Set(usualPorts).size).toBe(usualPorts.length);
    expect(usualPorts).toEqual(expect.arrayContaining([443, 2379, 2380, 6443, 8001, 8080, 10250, 10255, 10256, 30000]));
    expect(usualPorts).not.toContain(80);
  });

  it('says why and what to do in sentences', () => {
    for (const { id, exposed } of listeners) {
      expect(exposed.why, id).toMatch(/^[A-Z].*\.$/s);
      expect(exposed.remedy, id).toMatch(/^[A-Z].*\.$/s);
    }
  });
});
