import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from './read-answer.ts';

const status = (message: string, code: number) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });

function read(path: string, code: number, body: string, headers: Readonly<Record<string, string>> = {}) {
  return readAnswer({ path, status: code, headers: new Map(Object.entries(headers)), body });
}

describe('readAnswer', () => {
  it.each([
    [
      'the API server refusing',
      read('/api', 403, status('forbidden: User "system:anonymous" cannot get path "/api"', 403)),
      { status: true, kind: 'Status', user: 'system:anonymous', product: 'kubernetes' },
    ],
    [
      'the kubelet refusing',
      read('/pods', 403, 'Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy)'),
      { user: 'system:anonymous', product: 'kubelet' },
    ],
    ['the kubelet not authenticating', read('/pods', 401, 'Unauthorized'), { product: 'kubelet' }],
    ['any other 401', read('/pods', 401, 'Unauthorized\n'), {}],
    ['its version', read('/version', 200, '{"gitVersion":"v1.20.2"}'), { version: 'v1.20.2', product: 'kubernetes' }],
    [
      'etcd',
      read('/version', 200, '{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}'),
      { version: '3.4.23', product: 'etcd' },
    ],
    ['a list', read('/pods', 200, '{"kind":"PodList","items":[{},{}]}'), { kind: 'PodList', items: 2 }],
    ['a list that was cut', read('/pods', 200, '{"kind":"PodList","items":[{"a":'), { kind: 'PodList' }],
    ['a version that is none', read('/version', 200, '{"gitVersion":"\\u001b[31m"}'), { product: 'kubernetes' }],
    ['the proxy mode', read('/proxyMode', 200, 'iptables'), { proxyMode: 'iptables', product: 'kube-proxy' }],
    ['metrics', read('/metrics', 200, '# HELP go_gc x\n'), { product: 'metrics' }],
    ['a dashboard', read('/', 200, '<html><title>Kubernetes Dashboard</title>'), { product: 'dashboard' }],
    ['a skippable login', read('/x', 200, '{"skippable":true}'), { product: 'dashboard', skippable: true }],
    ['a refusal inside', read('/x', 200, '{"errors":[{"code":403}]}'), { refusedInside: true }],
    ['a web page', read('/', 200, '<!doctype html><title>x</title>'), { product: 'other' }],
    ['Google', read('/', 403, '', { 'metadata-flavor': 'Google' }), { product: 'gcp-metadata' }],
    ['AWS', read('/latest/meta-data/', 401, '', { server: 'EC2ws' }), { product: 'aws-metadata' }],
    ['HTTP on a TLS port', read('/', 400, 'Client sent an HTTP request to an HTTPS server.\n'), { wantsTls: true }],
    ['keys of every object', read('/', 200, '{"__proto__":{"kind":"Status"},"constructor":1}'), {}],
  ])('reads %s', (_, signs, expected) => {
    expect(signs).toEqual(expected);
  });

  it('keeps nothing of a body that could be a secret', () => {
    const secret = 'correct-horse-battery-staple';
    const bodies = [
      JSON.stringify({ kind: 'PodList', items: [{ spec: { containers: [{ env: [{ value: secret }] }] } }] }),
      JSON.stringify({ gitVersion: secret, etcdserver: secret, kind: `${secret}!` }),
      `<title>Kubernetes Dashboard</title>${secret}`,
      secret,
    ];
    for (const body of bodies) expect(JSON.stringify(read('/pods', 200, body))).not.toContain(secret);
  });

  it('takes any text', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('['.repeat(65_536), '{"a":'.repeat(10_000), 'User "'.repeat(9000)),
    );
    fc.assert(
      fc.property(fc.constantFrom('/', '/proxyMode', '/metadata/x'), fc.integer(), body, (path, code, text) => {
        expect(read(path, code, text)).toBeTypeOf('object');
      }),
      { numRuns: 200 },
    );
  });
});
