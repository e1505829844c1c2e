import { isObject, type Json } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';
import { kindProblems, kmsProblems, nameProblems } from './validate.ts';

const providerKinds = ['aescbc', 'aesgcm', 'secretbox', 'kms', 'identity'] as const;
export type ProviderKind = (typeof providerKinds)[number];

export interface EncryptionProvider {
  readonly kind: ProviderKind;
  /** Names of the keys in their order, the first of which writes; empty for `kms` and `identity`. */
  readonly keys: readonly string[];
  readonly kms?: KmsProvider;
  readonly path: Path;
}

export interface KmsProvider {
  /** `v1` where the file does not say. */
  readonly apiVersion: string;
  readonly name: string;
  readonly endpoint: string;
  /** As written; undefined is 3 seconds. */
  readonly timeout: string | undefined;
  readonly cacheSize: number | undefined;
}

/** One entry of `resources`: what is written with the first provider, and read with all. */
export interface EncryptionRule {
  readonly resources: readonly string[];
  readonly providers: readonly EncryptionProvider[];
  readonly path: Path;
}

export interface EncryptionConfig {
  readonly rules: readonly EncryptionRule[];
}

/** Something that keeps the API server from starting with the file. */
export interface EncryptionProblem {
  readonly path: Path;
  readonly message: string;
}

export interface ReadEncryptionConfig {
  readonly config: EncryptionConfig;
  readonly problems: readonly EncryptionProblem[];
}

/** What the rules for the file depend on. */
export interface EncryptionVersion {
  /** Minor version of the API server; undefined: the newest known. */
  readonly minor?: number | undefined;
  /** The feature gate KMSv1, without which v1.29 and later refuse that version of the plugin's API. */
  readonly kmsV1?: boolean | undefined;
}

/**
 * An EncryptionConfiguration as the API server reads it, with what it refuses. Keys may be redacted: their length and
 * randomness are not looked at. Sources: staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types_encryption.go and
 * validation/validation_encryption.go.
 */
export function readEncryptionConfig(value: Json, version: EncryptionVersion = {}): ReadEncryptionConfig {
  if (!isObject(value))
    return { config: { rules: [] }, problems: [{ path: [], message: 'the file holds no encryption configuration' }] };
  const malformed: EncryptionProblem[] = [];
  const reader = new Reader(value, [], malformed);
  const problems: EncryptionProblem[] = [...kindProblems(reader)];
  const rules = reader.objects('resources').map((entry) => readRule(entry, problems));
  if (rules.length === 0) problems.push({ path: ['resources'], message: 'there is no entry in resources' });
  problems.push(...nameProblems(rules, version), ...kmsProblems(rules, version));
  return { config: { rules }, problems: [...malformed, ...problems] };
}

function readRule(entry: Reader, problems: EncryptionProblem[]): EncryptionRule {
  const resources = entry.strings('resources');
  if (resources.length === 0) problems.push({ path: entry.at('resources'), message: 'the entry names no resources' });
  const providers: EncryptionProvider[] = [];
  for (const provider of entry.objects('providers')) {
    const read = readProvider(provider, problems);
    if (read !== undefined) providers.push(read);
  }
  if (entry.objects('providers').length === 0)
    problems.push({ path: entry.at('providers'), message: 'the entry names no providers' });
  return { resources, providers, path: entry.path };
}

function readProvider(reader: Reader, problems: EncryptionProblem[]): EncryptionProvider | undefined {
  const kinds = providerKinds.filter((name) => reader.has(name));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const what = kinds.length > 1 ? `${kinds.join(' and ')} in one element` : 'no provider that is known';
    problems.push({ path: reader.path, message: `${what}: each element of providers names exactly one` });
  }
  if (kind === undefined) return undefined;
  const content = reader.object(kind);
  if (kind === 'identity') return { kind, keys: [], path: reader.path };
  if (kind === 'kms') return { kind, keys: [], kms: readKms(content), path: reader.path };
  const keys = content.objects('keys');
  if (keys.length === 0) problems.push({ path: content.at('keys'), message: `${kind} has no keys` });
  for (const key of keys) {
    if (!key.string('name')) problems.push({ path: key.at('name'), message: `a key of ${kind} has no name` });
    if (!key.has('secret')) problems.push({ path: key.at('secret'), message: `a key of ${kind} has no secret` });
  }
  return { kind, keys: keys.map((key) => key.string('name') ?? ''), path: reader.path };
}

function readKms(kms: Reader): KmsProvider {
  return {
    apiVersion: kms.string('apiVersion') || 'v1',
    name: kms.string('name') ?? '',
    endpoint: kms.string('endpoint') ?? '',
    timeout: kms.string('timeout'),
    cacheSize: kms.integer('cachesize'),
  };
}
