import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { redactSecret } from './redact.ts';

const certificate = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUFKlodBqSTd+LhsYdtYZlqFG9gQYwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZXhhbXBsZTAgFw0yNjExMjEwOTE2MTdaGA8yMTI2MTAyODA5
MTYxN1owEjEQMA4GA1UEAwwHZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABHW0P65NOfoAutjyZliCubOlKMzrE9JsfbF80H5ouc2dMpbJY6zLN9jtMDSc
B+6oepB5bc31gL6RJh7jJsm0NfOjUzBRMB0GA1UdDgQWBBS1PyoA8GhEvZxmDpWV
Q3qawy+YLjAfBgNVHSMEGDAWgBS1PyoA8GhEvZxmDpWVQ3qawy+YLjAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCz/A2bV/uE4ZtJ1DUhN80aZ6oH
ZgCblGSRwQXskkRcPwIgCPB2AVhO/T1tnngIaCtH74j7nu5rQlKTf4XE85uE/cc=
-----END CERTIFICATE-----
`;
const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const encode = (text: string): string => Buffer.from(text).toString('base64');
const jwt = (claims: object): string =>
  `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;

function secret(data: JsonObject, rest: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, data, ...rest };
}

describe('redactSecret', () => {
  it.each<[string, string, JsonObject]>([
    ['password', 'S3cure-and-long', { redacted: 'password', bytes: 15 }],
    ['password', 'ChangeMe\n', { redacted: 'password', bytes: 9, knownDefault: true }],
    ['database', 'postgres', { redacted: 'text', bytes: 8 }],
    ['DB_PASS', 'admin', { redacted: 'password', bytes: 5, knownDefault: true }],
    ['username', 'admin', { redacted: 'text', bytes: 5 }],
    ['empty', '', { redacted: 'empty', bytes: 0 }],
    ['config', 'log_level=info', { redacted: 'text', bytes: 14 }],
    ['keystore', '\u0000\u0001JKS', { redacted: 'binary', bytes: 5 }],
    ['token', jwt({ sub: 'x' }), { redacted: 'token', bytes: jwt({ sub: 'x' }).length, expires: 'never' }],
    ['x', jwt({ exp: 1700000000 }), { redacted: 'token', bytes: jwt({ exp: 1700000000 }).length, expires: 1700000000 }],
    ['x', jwt({ exp: 'soon' }), { redacted: 'token', bytes: jwt({ exp: 'soon' }).length }],
    ['github', `ghp_${'a'.repeat(36)}`, { redacted: 'token', bytes: 40 }],
    ['x', 'abcdef.0123456789abcdef', { redacted: 'token', bytes: 23 }],
    ['.dockerconfigjson', '{"auths":{}}', { redacted: 'docker-config', bytes: 12 }],
    ['kubeconfig', 'kind: Config\nclusters: []\n', { redacted: 'kubeconfig', bytes: 26 }],
    ['id.pub', 'ssh-ed25519 AAAAC3Nz', { redacted: 'public-key', bytes: 20 }],
    ['tls.key', privateKey, { redacted: 'private-key', bytes: privateKey.length }],
    ['tls.crt', certificate, { redacted: 'certificate', bytes: certificate.length, certificates: [certificate] }],
    [
      'both.pem',
      privateKey + certificate,
      { redacted: 'private-key', bytes: privateKey.length + certificate.length, certificates: [certificate] },
    ],
  ])('describes %s', (key, value, expected) => {
    expect(redactSecret(secret({ [key]: encode(value) }))).toEqual(secret({ [key]: expected }));
    expect(redactSecret(secret({}, { stringData: { [key]: value } }))).toEqual(
      secret({}, { stringData: { [key]: expected } }),
    );
  });

  it('keeps a certificate that a reader can still read', () => {
    const redacted = redactSecret(secret({ 'tls.crt': encode(certificate) }));
    expect(new X509Certificate(certificate).subject).toBe('CN=example');
    expect(redacted).toMatchObject({ data: { 'tls.crt': { certificates: [certificate] } } });
  });

  it('drops a private key under a CERTIFICATE label', () => {
    const disguised = privateKey.replaceAll('PRIVATE KEY', 'CERTIFICATE');
    const redacted = redactSecret(secret({ 'tls.crt': encode(disguised) }));
    expect(redacted).toEqual(secret({ 'tls.crt': { redacted: 'certificate', bytes: disguised.length } }));
  });

  it('sees a password that repeats the user name', () => {
    expect(redactSecret(secret({ username: encode('shop-api'), password: encode('shop-api') }))).toMatchObject({
      data: { username: { redacted: 'text' }, password: { redacted: 'password', bytes: 8, knownDefault: true } },
    });
  });

  it.each<[string, Json, Json]>([
    ['plain text in data', { a: 'not base64' }, { a: { redacted: 'malformed', bytes: 0 } }],
    ['a number', { a: 123456 }, { a: { redacted: 'malformed', bytes: 0 } }],
    ['an object that looks redacted', { a: { redacted: 'text' } }, { a: { redacted: 'malformed', bytes: 0 } }],
    ['null', { a: null }, { a: { redacted: 'empty', bytes: 0 } }],
    ['a string for data', 'hunter22', { redacted: 'malformed', bytes: 0 }],
    ['a list for data', ['hunter22'], { redacted: 'malformed', bytes: 0 }],
    ['no data', null, null],
  ])('redacts %s', (_, data, expected) => {
    expect(redactSecret({ kind: 'Secret', data })).toEqual({ kind: 'Secret', data: expected });
  });

  it('redacts annotations that may repeat a value, and fields that a Secret does not have', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"aHVudGVyMjI="}}',
      'kubernetes.io/service-account.name': 'default',
      'example.com/note': 'hunter22',
    };
    expect(
      redactSecret({ kind: 'Secret', stringdata: { a: 'hunter22' }, metadata: { name: 's', annotations } }),
    ).toEqual({
      kind: 'Secret',
      stringdata: { redacted: 'malformed', bytes: 0 },
      metadata: {
        name: 's',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': 'redacted',
          'kubernetes.io/service-account.name': 'default',
          'example.com/note': 'redacted',
        },
      },
    });
  });

  it('leaves other kinds alone', () => {
    const configMap = { kind: 'ConfigMap', data: { a: 'b' } };
    expect(redactSecret(configMap)).toBe(configMap);
  });

  it('keeps keys named like the prototype', () => {
    const parsed = JSON.parse('{"kind":"Secret","data":{"__proto__":"aHVudGVyMjI=","constructor":"aHVudGVyMjI="}}');
    expect(JSON.stringify(redactSecret(parsed))).toBe(
      '{"kind":"Secret","data":{"__proto__":{"redacted":"text","bytes":8},"constructor":{"redacted":"text","bytes":8}}}',
    );
  });

  it('lets no part of any value through', () => {
    // Letters that are in no field name, class or key of the output, so that a hit can only be a leak.
    const value = fc.stringMatching(/^[QWXZ0-9!§]{6,60}$/);
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('password', 'token', 'tls.crt', 'a', '.dockerconfigjson', 'username'), value),
        fc.dictionary(fc.constantFrom('password', 'b', '__proto__'), value),
        value,
        (data, stringData, elsewhere) => {
          const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)]));
          const copy = JSON.stringify({ data: encoded, stringData });
          const output = JSON.stringify(
            redactSecret({
              kind: 'Secret',
              metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': copy, note: copy } },
              data: { ...encoded, plain: elsewhere, nested: { list: [elsewhere] } },
              stringData,
              spec: elsewhere,
            }),
          );
          for (const original of [...Object.values(data), ...Object.values(stringData), elsewhere]) {
            for (const form of [original, encode(original)]) {
              for (let start = 0; start + 6 <= form.length; start += 1) {
                expect(output).not.toContain(form.slice(start, start + 6));
              }
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('data', 'stringData', 'metadata', 'x'), fc.jsonValue()), (fields) => {
        redactSecret({ ...(fields as JsonObject), kind: 'Secret' });
      }),
      { numRuns: 200 },
    );
  });
});
