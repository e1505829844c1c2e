import { isObject, type Json, type JsonObject, own } from './json.ts';
import { certificatesIn } from './pem.ts';

/** What a value of a Secret looks like. `malformed` is what the API server would refuse: not a string, not base64. */
export type SecretClass =
  | 'empty'
  | 'private-key'
  | 'certificate'
  | 'public-key'
  | 'docker-config'
  | 'kubeconfig'
  | 'token'
  | 'password'
  | 'text'
  | 'binary'
  | 'malformed';

/** What stands in a Secret where a value was. A type alias, so that it is JSON. */
export type RedactedValue = {
  readonly redacted: SecretClass;
  /** Length of the value, decoded. */
  readonly bytes: number;
  /** True for a password that every attacker tries first, or that repeats the user name beside it. */
  readonly knownDefault?: true;
  /** PEM, where the value holds certificates: they are public. */
  readonly certificates?: readonly string[];
  /** `exp` of a JWT in seconds since the epoch, or `never` for one that does not expire. */
  readonly expires?: number | 'never';
};

/** What stands in place of an annotation's value that may repeat the Secret's. */
const redactedText = 'redacted';

/**
 * A Secret without its values: each becomes its class, length and public part (`RedactedValue`). Names, labels, type
 * and the keys of `data` and `stringData` stay; annotations keep their values only where the key is known to hold
 * none, since tools copy whole Secrets into them. Fields that a Secret does not have are redacted too: a misspelt
 * `stringdata` holds a password as well as the right one. Objects of other kinds come back as they are.
 */
export function redactSecret(value: JsonObject): JsonObject {
  if (own(value, 'kind') !== 'Secret') return value;
  const userNames = readUserNames(value);
  const fields: [string, Json][] = [];
  for (const [field, content] of Object.entries(value)) {
    if (field === 'data') fields.push([field, redactMap(content, 'base64', userNames)]);
    else if (field === 'stringData') fields.push([field, redactMap(content, 'plain', userNames)]);
    else if (field === 'metadata') fields.push([field, redactMetadata(content)]);
    else if (keptFields.has(field)) fields.push([field, content]);
    else fields.push([field, malformed]);
  }
  // fromEntries makes own properties, also of a key such as `__proto__`.
  return Object.fromEntries(fields);
}

const keptFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'type', 'immutable']);
const malformed: RedactedValue = Object.freeze({ redacted: 'malformed', bytes: 0 });

type Encoding = 'base64' | 'plain';

function redactMap(content: Json, encoding: Encoding, userNames: ReadonlySet<string>): Json {
  if (content === null) return null;
  if (!isObject(content)) return malformed;
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) => [key, redactValue(key, decode(value, encoding), userNames)]),
  );
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Undefined for what is not a string, or not base64 where it has to be. `null` is the empty value. */
function decode(value: Json | undefined, encoding: Encoding): Buffer | undefined {
  if (value === null) return Buffer.alloc(0);
  if (typeof value !== 'string') return undefined;
  if (encoding === 'plain') return Buffer.from(value, 'utf8');
  // Go's decoder skips line ends, which folded YAML scalars leave behind.
  const packed = value.replace(/[\r\n]/g, '');
  return packed.length % 4 === 0 && base64.test(packed) ? Buffer.from(packed, 'base64') : undefined;
}

function redactValue(key: string, bytes: Buffer | undefined, userNames: ReadonlySet<string>): RedactedValue {
  if (bytes === undefined) return malformed;
  if (bytes.length === 0) return { redacted: 'empty', bytes: 0 };
  const text = bytes.toString('utf8');
  const redacted = classify(key, text);
  const trimmed = text.trim();
  // Elsewhere such a word is a name: a database called `postgres`, the namespace `default`.
  const isPassword = redacted === 'password' || redacted === 'token';
  const isDefault = isPassword && (knownDefaults.has(trimmed.toLowerCase()) || userNames.has(trimmed));
  const certificates = redacted === 'certificate' || redacted === 'private-key' ? certificatesIn(text) : [];
  const expires = redacted === 'token' ? jwtExpiry(trimmed) : undefined;
  return {
    redacted,
    bytes: bytes.length,
    ...(isDefault && { knownDefault: true }),
    ...(certificates.length > 0 && { certificates }),
    ...(expires !== undefined && { expires }),
  };
}

const userKey = /user|login|account|e-?mail/i;
const passwordKey = /pass|pwd|^pw$|^pin$|^psk$|crypto_key_value|secret|credential|api[-_.]?key|access[-_.]?key|auth/i;
const tokenKey = /token|jwt|bearer/i;
// Prefixes that their issuers give to tokens so that they are recognised; bootstrap tokens have a shape of their own.
const tokenValue =
  /^(gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|npm_|AKIA|ASIA|sk-|hvs\.|dop_v1_|SG\.|ya29\.)|^[a-z0-9]{6}\.[a-z0-9]{16}$/;
const jwt = /^eyJ[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*$/;
const controlCharacter = /\ufffd|(?![\t\n\v\f\r])\p{Cc}/u;

function classify(key: string, text: string): SecretClass {
  if (text.includes('PRIVATE KEY-----')) return 'private-key';
  if (text.includes('-----BEGIN ') && text.includes('CERTIFICATE-----')) return 'certificate';
  if (text.includes('PUBLIC KEY-----') || /^(ssh|ecdsa)-[a-z0-9-]+ AAAA/.test(text)) return 'public-key';
  if (key === '.dockerconfigjson' || key === '.dockercfg') return 'docker-config';
  if (controlCharacter.test(text)) return 'binary';
  if (/^kind: *"?Config"?\s*$/m.test(text) && text.includes('clusters:')) return 'kubeconfig';
  const trimmed = text.trim();
  if (jwt.test(trimmed) || tokenValue.test(trimmed) || tokenKey.test(key)) return 'token';
  return passwordKey.test(key) ? 'password' : 'text';
}

function jwtExpiry(text: string): number | 'never' | undefined {
  const payload = jwt.exec(text)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: Json = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (!isObject(claims)) return undefined;
    const expires = own(claims, 'exp');
    return typeof expires === 'number' ? Math.trunc(expires) : expires === undefined ? 'never' : undefined;
  } catch {
    return undefined;
  }
}

/** Values of keys that name a user: a password that equals one is no password. */
function readUserNames(secret: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [field, encoding] of [['data', 'base64'] as const, ['stringData', 'plain'] as const]) {
    const content = own(secret, field);
    if (!isObject(content)) continue;
    for (const [key, value] of Object.entries(content)) {
      const name = userKey.test(key) ? decode(value, encoding)?.toString('utf8').trim() : undefined;
      if (name !== undefined && name !== '') names.add(name);
    }
  }
  return names;
}

function redactMetadata(metadata: Json): Json {
  if (!isObject(metadata)) return metadata === null ? null : malformed;
  const annotations = own(metadata, 'annotations');
  if (annotations === undefined || annotations === null) return metadata;
  return Object.fromEntries(
    Object.entries(metadata).map(([field, value]) => [
      field,
      field === 'annotations' ? redactAnnotations(value) : value,
    ]),
  );
}

/** Domains whose annotations on Secrets hold names, times and switches, never a value of the Secret. */
const plainDomain =
  /^(kubernetes\.io|meta\.helm\.sh|helm\.sh|cert-manager\.io|reflector\.v1\.k8s\.emberstack\.com|argocd\.argoproj\.io|([a-z0-9.-]+\.)?bulwark[a-z0-9.-]*)\//;

function redactAnnotations(annotations: Json): Json {
  if (!isObject(annotations)) return malformed;
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key,
      plainDomain.test(key) && typeof value === 'string' && value.length <= 512 ? value : redactedText,
    ]),
  );
}

/** Passwords that tools ship with and word lists begin with. Compared in lower case. */
const knownDefaults: ReadonlySet<string> = new Set([
  '0000',
  '1234',
  '12345',
  '123456',
  '12345678',
  '123456789',
  '1234567890',
  'admin',
  'admin123',
  'admin@123',
  'administrator',
  'calvin',
  'cassandra',
  'changeit',
  'changeme',
  'change-me',
  'change_me',
  'default',
  'elastic',
  'example',
  'grafana',
  'guest',
  'harbor12345',
  'keycloak',
  'letmein',
  'mongo',
  'minio',
  'minio123',
  'minioadmin',
  'mysql',
  'nexus',
  'neo4j',
  'oracle',
  'p@ssw0rd',
  'p@ssword',
  'pass',
  'passw0rd',
  'password',
  'password1',
  'password123',
  'postgres',
  'prom-operator',
  'qwerty',
  'rabbitmq',
  'rancher',
  'redis',
  'root',
  's3cr3t',
  'secret',
  'simple passphrase',
  'static-passw0rd',
  'supersecret',
  'sysadmin',
  'temp',
  'test',
  'tomcat',
  'toor',
  'vagrant',
  'welcome',
  'welcome1',
  'your encryption passphrase',
]);
