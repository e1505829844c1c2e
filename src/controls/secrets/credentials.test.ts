import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import { credentialInText } from '../../model/credential-lines.ts';
import { credentialUnder, describeCredential } from '../../model/credential-shapes.ts';
import { formatPath } from '../../model/path.ts';
import { redactCredentials } from '../../model/redact-credentials.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import argumentsCredential from './arguments-credential.ts';
import configMapCredential from './config-map-credential.ts';
import environmentCredential from './environment-credential.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;

describe('a text under a name', () => {
  it.each<[name: string, text: string, says: string]>([
    ['DB_PASSWORD', 'correct-horse', 'a password of 13 characters'],
    ['db.password', 'abc', 'a password of 3 characters'],
    ['DB_PASSWORD', '123456', 'a password of 6 characters'],
    ['adminPassword', 'correct-horse', 'a password of 13 characters'],
    ['API_KEY', '0123456789abcdef', 'a key of 16 characters'],
    ['SLACK_TOKEN', 'correct-horse', 'a token of 13 characters'],
    ['CLIENT_SECRET', 'correct-horse', 'a secret of 13 characters'],
    ['ANYTHING', token, 'a token of GitHub of 40 characters'],
    ['ANYTHING', 'AKIAIOSFODNN7EXAMPLE', 'an access key of AWS of 20 characters'],
    ['URL', 'amqp://shop:correct-horse@queue:5672', 'a password in a URL of 13 characters'],
    ['URL', 'redis://:correct-horse@cache', 'a password in a URL of 13 characters'],
    // What a saved snapshot has in place of the text.
    ['DB_PASSWORD', 'redacted', 'a credential'],
    ['URL', 'amqp://shop:redacted@queue', 'a password in a URL'],
  ])('%s: %s is a credential', (name, text, says) => {
    const found = credentialUnder(name, text);
    expect(found && describeCredential(found)).toBe(says);
  });

  it.each<[name: string, text: string]>([
    ['PASSWORD_FILE', 'correct-horse'],
    ['TOKEN_TTL', '3600'],
    ['SECRET_NAME', 'database'],
    ['PASSWORD', '/run/secrets/password'],
    ['PASSWORD', '$(OTHER)'],
    ['PASSWORD', '${OTHER}'],
    ['PASSWORD', '{{ .Values.password }}'],
    ['PASSWORD', '<password>'],
    ['API_KEY', 'GOOGLE_API_KEY_VAL'],
    ['API_KEY', 'your-api-key'],
    ['USE_TOKEN', 'true'],
    ['MAX_TOKEN', '4096'],
    ['TOKEN', 'vault:secret/data/app#token'],
    ['PASSWORD', ''],
    ['URL', 'https://example.com/a:b@c'],
    ['URL', 'postgres://$(USER):$(PASSWORD)@db/shop'],
    ['URL', 'postgres://shop@db/shop'],
    ['KEYBOARD', 'correct-horse'],
    ['author', 'correct-horse'],
    ['secretRotation', 'correct-horse'],
    ['MONKEY', 'correct-horse'],
    ['redacted', 'redacted'],
  ])('%s: %s is none', (name, text) => {
    expect(credentialUnder(name, text)).toBeUndefined();
  });
});

describe('a configuration file', () => {
  it.each<[format: string, text: string, line: number, name: string | undefined]>([
    ['properties', 'db.user=shop\ndb.password=correct-horse\n', 2, 'db.password'],
    ['YAML', 'db:\n  user: shop\n  password: "correct-horse"  # of the shop\n', 3, 'password'],
    ['JSON', '{\n  "clientSecret": "correct-horse",\n}\n', 2, 'clientSecret'],
    ['TOML', "[db]\npassword = 'correct-horse'\n", 2, 'password'],
    ['a shell', 'set -e\nexport DB_PASSWORD=correct-horse\n', 2, 'DB_PASSWORD'],
    ['anything with a token', `line\nremote: ${token}\n`, 2, undefined],
  ])('%s', (_, text, line, name) => {
    const found = credentialInText(text);
    expect([found?.line, found?.name]).toEqual([line, name]);
  });

  it.each([
    ['Python', 'def check(password):\n    password = normalise(password)\n    token = request.headers["token"]\n'],
    ['comments', '# password: correct-horse\n// token: correct-horse\n; secret = correct-horse\n'],
    [
      'references',
      'password: ${DB_PASSWORD}\nsecretName: database\ntoken_file: /run/token\nsecret: {{ .Values.secret }}\n',
    ],
    ['a script', 'TOKEN=$(cat /run/token)\nif [ -z "$PASSWORD" ]; then exit 1; fi\nPASSWORD="$1"\n'],
    ['Markdown', 'The password: a word that nobody else knows\n* token: ask for it\n'],
    ['YAML blocks', 'password: |\n  is not here\ntoken: &anchor\nsecret: !vault\n'],
  ])('of %s alone has none', (_, text) => {
    expect(credentialInText(text)).toBeUndefined();
  });

  it('is read in time that grows with its length alone', () => {
    const lines = [`a${' '.repeat(8000)}"`, `password${' '.repeat(8000)}=`, 'eyJ'.repeat(2700), '://a:'.repeat(1600)];
    const started = performance.now();
    credentialInText(Array.from({ length: 40 }, () => lines.join('\n')).join('\n'));
    credentialUnder('PASSWORD', '-eyJaaaaaaaa'.repeat(80_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('what is told of a credential', () => {
  const value = fc.stringMatching(/^[a-z0-9]{9,40}$/).filter((text) => /\d/.test(text) && /[a-z]{2}/.test(text));

  it('never holds its value, and neither does a saved snapshot', () => {
    fc.assert(
      fc.property(value, (text) => {
        const manifest = `apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: a, args: ["--password=${text}", "--admin-token", "${text}"], env: [{name: PASSWORD, value: "${text}"}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {PASSWORD: "${text}", file: "token: ${text}\\nadmin.signingKey: ${text}\\n", dbPassword: "${text}"}
`;
        for (const control of [environmentCredential, argumentsCredential, configMapCredential]) {
          const messages = judgeExample(control, manifest).map(({ message }) => message);
          expect(messages.length).toBeGreaterThan(0);
          expect(messages.join('\n')).not.toContain(text);
        }
        for (const { value: object } of decodeManifest(manifest, 'x.yaml').objects) {
          expect(JSON.stringify(redactCredentials(object))).not.toContain(text);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a saved snapshot', () => {
  const judging = [environmentCredential, argumentsCredential, configMapCredential];

  function findings(snapshot: Snapshot): readonly unknown[] {
    return judge(snapshot, { controls: judging }).findings.map(({ identity, message, severity, failure }) => {
      return [identity, message, severity, formatPath(failure.at)];
    });
  }

  function expectSame(text: string): number {
    const live = assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z');
    const redacted = live.objects.map((object) => ({ ...object, value: redactCredentials(object.value) }));
    const expected = findings(live);
    expect(findings({ ...live, objects: redacted }), text).toEqual(expected);
    const twice = redacted.map((object) => ({ ...object, value: redactCredentials(object.value) }));
    expect(twice.map(({ value }) => value)).toEqual(redacted.map(({ value }) => value));
    return expected.length;
  }

  it('has the findings of every example', () => {
    for (const { examples } of judging) {
      for (const text of examples.fail) expect(expectSame(text)).toBeGreaterThan(0);
      for (const text of examples.pass) expect(expectSame(text)).toBe(0);
    }
  });

  const values = [
    ...[
      'correct-horse',
      'abc',
      'a b c',
      '123456',
      'true',
      '$(OTHER)',
      '<password>',
      '/run/secret',
      '{{ .x }}',
      'GOOGLE_API_KEY_VAL',
    ],
    ...[
      token,
      'AKIAIOSFODNN7EXAMPLE',
      `glpat-${'a1B2'.repeat(6)}`,
      `eyJ${'a1B2'.repeat(4)}.eyJ${'a1B2'.repeat(4)}.${'a1B2'.repeat(8)}`,
    ],
    ...[
      `sk-ant-api03-${'a1B2'.repeat(23)}`,
      `ghp_${'a1B2'.repeat(5)}`,
      'Bearer abcdefghijkl',
      'postgres://shop:correct-horse@db/x',
    ],
    ...[
      'postgres://$(USER):$(PASSWORD)@db/x',
      'http://a:your-password@b/',
      '"quoted,value"',
      "'single'",
      'abc=def==',
      'request.headers["token"]',
    ],
    ...[
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE/+a1\nb2==\n-----END RSA PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY----- MIIEa1b2',
    ],
    ...['-----BEGIN PRIVATE KEY-----{{ .key }}', 'kind: Secret\nstringData:\n  password: correct-horse\n', 'redact'],
  ];
  const names = [
    'DB_PASSWORD',
    'password',
    'api_key',
    'TOKEN',
    'clientSecret',
    'auth',
    'url',
    'tls.key',
    'x',
    'Authorization',
  ];
  const separators = ['=', ': ', ' = ', ' => ', '="', ' '];
  const line = fc
    .tuple(
      fc.constantFrom('', '  ', '# ', '- ', 'export ', '"', 'see ', '--', '-D', '// '),
      fc.constantFrom(...names),
      fc.constantFrom(...separators),
      fc.constantFrom(...values),
      fc.constantFrom('', ',', ' # of the shop', ';', '"', ' '),
    )
    .map((parts) => parts.join(''));
  const text = fc.oneof(
    line,
    fc.constantFrom(...values),
    fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n')),
  );
  const name = fc.constantFrom(...names);

  it('has the findings of what was saved, kind and length included, and none of the texts', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, text), { maxLength: 4 }),
        fc.array(text, { maxLength: 4 }),
        (named, words) => {
          const env = named.map(([each, value]) => ({ name: each, value }));
          const data = Object.fromEntries(named);
          const binaryData = Object.fromEntries(
            named.map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
          );
          const objects = [
            {
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: { name: 'a' },
              spec: { containers: [{ name: 'a', env, args: words }] },
            },
            { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data },
            { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' }, binaryData },
          ];
          found += expectSame(objects.map((object) => JSON.stringify(object)).join('\n---\n'));
          const saved = JSON.stringify(objects.map((object) => redactCredentials(object)));
          for (const secret of [token, 'AKIAIOSFODNN7EXAMPLE', 'MIIE', 'shop:correct-horse'])
            expect(saved).not.toContain(secret);
        },
      ),
      { numRuns: 400 },
    );
    expect(found).toBeGreaterThan(400);
  });

  it('of old, which kept no kinds, has them as far as it can', () => {
    const pod = (value: string) =>
      `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, env: [{name: PASSWORD, value: "${value}"}]}]}}`;
    const messages = (value: string) => judgeExample(environmentCredential, pod(value)).map(({ message }) => message);
    expect(messages('redacted')).toEqual(['variable PASSWORD of container a holds a credential']);
    expect(messages('[redacted RSA PRIVATE KEY]')).toEqual(['variable PASSWORD of container a holds a private key']);
    expect(messages('[redacted]')).toEqual([]);
  });

  it('takes time that grows with the length alone', () => {
    const many = [
      '-----BEGIN PRIVATE KEY-----a\n',
      '-----BEGIN PRIVATE KEY-----',
      'http://a:',
      '[redacted~token~1]',
      'eyJaaaaaaaa.',
    ];
    const started = performance.now();
    for (const part of many)
      redactCredentials({ data: { a: part.repeat(400_000 / part.length), password: part.repeat(20_000) } });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
