import { credentialInText } from '../../model/credential-lines.ts';
import { credentialUnder, describeCredential, type FoundCredential } from '../../model/credential-shapes.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';

export default control({
  id: 'secrets/config-map-credential',
  title: 'No ConfigMap holds a credential',
  severity: 'high',
  subject: 'object',
  kinds: ['ConfigMap'],
  why: 'ConfigMaps are read by everybody with the role view, are mostly not encrypted in etcd, and are printed without a thought.',
  remedy: 'Move it to a Secret or a store outside the cluster, and change it: it has been seen.',
  check: ({ object }) => {
    if (object.kind !== 'ConfigMap' || object.apiVersion !== 'v1') return notApplicable('it is no ConfigMap');
    const failures: Failure[] = [];
    for (const [field, read] of [
      ['data', asIs],
      ['binaryData', decoded],
    ] as const) {
      const data = own(object.value, field);
      if (!isObject(data)) continue;
      for (const { key, where, found, severity } of credentialsIn(data, read)) {
        const message = `${where} of ConfigMap ${object.name} holds ${describeCredential(found)}`;
        failures.push(fail(message, [field, key], { key, ...(severity && { severity }) }));
      }
    }
    return failures;
  },
  examples: {
    fail: [
      configMap('DB_PASSWORD: correct-horse'),
      configMap('application.properties: "db.user=shop\\ndb.password=correct-horse\\n"'),
      configMap('tls.key: "-----BEGIN PRIVATE KEY-----\\nMIIEvQ==\\n-----END PRIVATE KEY-----\\n"'),
    ],
    pass: [
      configMap(
        'DB_HOST: db.shop, password_validation.py: "def check(password):\\n  password = normalise(password)\\n"',
      ),
      configMap('app.yaml: "password: ${DB_PASSWORD}\\n# token: correct-horse\\ntokenTtl: 24h\\nsecretName: db\\n"'),
      configMap('ADMIN_EMAIL: admin@example.com, CHECKSUM: d41d8cd98f00b204e9800998ecf8427e, password: ""'),
    ],
  },
});

interface FoundKey {
  readonly key: string;
  readonly where: string;
  readonly found: FoundCredential;
  readonly severity?: Severity;
}

function* credentialsIn(data: JsonObject, read: (text: string) => string): Generator<FoundKey> {
  for (const [key, given] of Object.entries(data)) {
    if (typeof given !== 'string') continue;
    const text = read(given);
    if (!text.includes('\n')) {
      const found = credentialUnder(key, text);
      if (found !== undefined) yield { key, where: `key ${key}`, found };
      continue;
    }
    const inText = credentialInText(text);
    if (inText === undefined) {
      const found = credentialUnder('', text);
      if (found !== undefined) yield { key, where: `key ${key}`, found };
      continue;
    }
    const { found, line, name } = inText;
    const what = name === undefined ? '' : ` (${name})`;
    // A name alone is less certain in a file than in a key.
    yield {
      key,
      where: `line ${line}${what} of ${key}`,
      found,
      ...(name !== undefined && { severity: 'medium' as const }),
    };
  }
}

function asIs(text: string): string {
  return text;
}

/** Only text is looked at: what is not ends up as characters that no credential has. */
function decoded(text: string): string {
  return text.length > 2_000_000 ? '' : Buffer.from(text, 'base64').toString('latin1');
}

function configMap(data: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {${data}}
`;
}
