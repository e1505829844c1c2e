import { describe, expect, it } from 'vitest';
import { usualListeners } from './listeners.ts';
import type { Outcome, TlsFacts } from './observation.ts';
import type { AnswerSigns } from './read-answer.ts';
import { recognise } from './recognise.ts';

const http = (status: number, signs: AnswerSigns = {}): Outcome => ({ kind: 'http', status, signs });
const cert = (subject: string, sans: readonly string[] = []): TlsFacts => ({
  versions: {},
  suites: [],
  clientCertificate: 'asked',
  chain: [
    {
      subject,
      issuer: '',
      sans,
      sanCount: sans.length,
      notBefore: '',
      notAfter: '',
      key: '',
      selfSigned: false,
      fingerprint: '',
    },
  ],
});
const status = { status: true, kind: 'Status', product: 'kubernetes' } as const;

describe('recognise', () => {
  it.each<
    [string, number, 'tls' | 'plain', TlsFacts | undefined, readonly (readonly [string, Outcome])[], string | undefined]
  >([
    [
      'the API server by its version',
      6443,
      'tls',
      cert('CN=x'),
      [['/version', http(200, { version: 'v1.30.0', product: 'kubernetes' })]],
      'kube-apiserver',
    ],
    [
      'a proxy on a port of its own, since API servers have no insecure port from v1.20 on',
      9001,
      'plain',
      undefined,
      [['/version', http(200, { version: 'v1.20.2', product: 'kubernetes' })]],
      'kubectl-proxy',
    ],
    [
      'the insecure port of an older API server, wherever it is',
      9001,
      'plain',
      undefined,
      [['/version', http(200, { version: 'v1.19.16', product: 'kubernetes' })]],
      'kube-apiserver-insecure',
    ],
    [
      'the API server by its certificate',
      4711,
      'tls',
      cert('CN=x', ['kubernetes.default.svc']),
      [['/version', http(401)]],
      'kube-apiserver',
    ],
    [
      'the controller manager on its port',
      10257,
      'tls',
      cert('CN=localhost@17'),
      [['/metrics', http(403, status)]],
      'kube-controller-manager',
    ],
    [
      'neither of two on another port',
      4711,
      'tls',
      cert('CN=localhost@17'),
      [['/metrics', http(403, status)]],
      undefined,
    ],
    [
      'the kubelet on another port',
      4711,
      'tls',
      cert('CN=n@17'),
      [['/version', http(401, { product: 'kubelet' })]],
      'kubelet',
    ],
    ['the open kubelet', 4711, 'tls', cert('CN=n@17'), [['/pods', http(200, { kind: 'PodList' })]], 'kubelet'],
    ['its read-only port', 4711, 'plain', undefined, [['/pods', http(200, { kind: 'PodList' })]], 'kubelet-read-only'],
    ['etcd', 4711, 'plain', undefined, [['/version', http(200, { product: 'etcd' })]], 'etcd'],
    [
      'kubectl proxy on its port',
      8001,
      'plain',
      undefined,
      [['/version', http(200, { product: 'kubernetes' })]],
      'kubectl-proxy',
    ],
    [
      'the insecure port',
      8080,
      'plain',
      undefined,
      [['/version', http(200, { product: 'kubernetes' })]],
      'kube-apiserver-insecure',
    ],
    [
      'a dashboard on the port of an API server',
      8443,
      'tls',
      cert('CN=x'),
      [['/', http(200, { product: 'dashboard' })]],
      'dashboard',
    ],
    [
      'a web server on the port of an API server',
      443,
      'tls',
      cert('CN=x'),
      [
        ['/version', http(404)],
        ['/', http(200, { product: 'other' })],
      ],
      undefined,
    ],
    [
      'a web server on the port of kubectl proxy',
      8001,
      'plain',
      undefined,
      [
        ['/version', http(404)],
        ['/api', http(404)],
      ],
      undefined,
    ],
    ['a redirect', 443, 'tls', cert('CN=x'), [['/version', http(301)]], undefined],
    [
      'what wants a certificate on the port of etcd',
      2379,
      'tls',
      cert('CN=x'),
      [['/version', { kind: 'tls-alert', alert: 'bad_certificate' }]],
      'etcd',
    ],
    [
      'what wants a certificate elsewhere',
      4711,
      'tls',
      cert('CN=x'),
      [['/version', { kind: 'tls-alert', alert: 'bad_certificate' }]],
      undefined,
    ],
    ['no HTTP', 10249, 'plain', undefined, [['/proxyMode', { kind: 'not-http', reason: 'x' }]], undefined],
  ])('takes %s for what it is', (_, port, transport, tls, answers, expected) => {
    const seen = { transport, tls, answers: answers.map(([path, outcome]) => ({ path, outcome })) };
    expect(recognise(seen, usualListeners(port))).toBe(expected);
  });
});
