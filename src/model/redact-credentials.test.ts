import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { redactCredentials } from './redact-credentials.ts';

const pod = (container: object): JsonObject =>
  ({ kind: 'Pod', spec: { containers: [{ name: 'a', ...container }] } }) as JsonObject;

describe('redactCredentials', () => {
  it.each([
    ['a variable with a telling name', pod({ env: [{ name: 'DB_PASSWORD', value: 'hunter2hunter2' }] }), 'hunter2'],
    ['an AWS key', pod({ env: [{ name: 'ID', value: 'AKIAABCDEFGHIJKLMNOP' }] }), 'AKIAABCD'],
    ['a URL with a password', pod({ args: ['postgres://user:hunter2@db/x'] }), 'hunter2'],
    ['a URL without a user', pod({ args: ['redis://:hunter2@cache'] }), 'hunter2'],
    ['the argument after a flag', pod({ args: ['--admin-token', 'hunter2hunter2'] }), 'hunter2'],
    ['a key in camel case', { kind: 'ConfigMap', data: { adminPassword: 'hunter2hunter2' } }, 'hunter2'],
    ['a key in a file', { kind: 'ConfigMap', data: { a: 'accessKey: hunter2hunter2\nb: c' } }, 'hunter2'],
    ['a token of GitLab', pod({ env: [{ name: 'A', value: `glpat-${'hunter2'.repeat(4)}` }] }), 'hunter2'],
    ['an argument', pod({ command: ['app', '--password=hunter2'] }), 'hunter2'],
    [
      'a header',
      pod({ probe: { httpHeaders: [{ name: 'Authorization', value: 'Bearer abcdefghijkl' }] } }),
      'abcdefghijkl',
    ],
    [
      'a private key',
      { data: { x: '-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY-----' } },
      'hunter2',
    ],
    ['a key within another word', pod({ args: ['PRIVATETOKEN=hunter2hunter2'] }), 'hunter2'],
    [
      'an encrypted private key',
      {
        data: {
          x: '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,AB\n\nMIIhunter2\n-----END RSA PRIVATE KEY-----\n',
        },
      },
      'hunter2',
    ],
    [
      'text where bytes belong',
      { kind: 'ConfigMap', binaryData: { a: 'cGFzc3dvcmQ6ICBodW50ZXIyaHVudGVyMgo=' } },
      'odW50ZXIyaHVu',
    ],
    ['a ConfigMap key', { kind: 'ConfigMap', data: { password: 'hunter2hunter2' } }, 'hunter2'],
    [
      'a Secret in a Template',
      { kind: 'Template', objects: [{ kind: 'Secret', stringData: { a: 'hunter2hunter2' } }] },
      'hunter2',
    ],
    ['a Secret in text', { manifest: 'apiVersion: v1\nkind: Secret\nstringData: { a: hunter2hunter2 }' }, 'hunter2'],
    [
      'what kubectl applied',
      { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"a":"hunter2hunter2"}' } } },
      'hunter2',
    ],
  ])('%s', (_, object, secret) => {
    expect(JSON.stringify(object)).toContain(secret);
    expect(JSON.stringify(redactCredentials(object as JsonObject))).not.toContain(secret);
  });

  it('leaves what controls look at', () => {
    const object = pod({
      image: 'registry.example:5000/app:1.0@sha256:abc',
      env: [
        { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
        { name: 'TOKEN', value: '$(OTHER)' },
      ],
      securityContext: { privileged: true },
      volumeMounts: [{ name: 'token', mountPath: '/var/run/secrets' }],
    });
    expect(redactCredentials(object)).toEqual(object);
  });

  it('keeps of what kubectl applied the version of the API', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const object = (text: string) => ({ metadata: { annotations: { [annotation]: text } } });
    const rows: [string, string][] = [
      ['{"apiVersion":"batch/v1beta1","kind":"CronJob","spec":{"a":"hunter2"}}\n', '{"apiVersion":"batch/v1beta1"}'],
      ['{"spec":{"a":"hunter2"},"apiVersion":"v1"}', '[redacted]'],
      ['{"apiVersion":"hunter2 hunter2"}', '[redacted]'],
    ];
    for (const [before, after] of rows) expect(redactCredentials(object(before))).toEqual(object(after));
  });

  it('takes any JSON, and twice is as once', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const once = redactCredentials(value as JsonObject);
        expect(redactCredentials(once)).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });
});
