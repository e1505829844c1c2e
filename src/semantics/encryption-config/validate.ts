import type { Path } from '../../model/path.ts';
import type { Reader } from '../../model/reader.ts';
import { isDuration, isZeroDuration } from '../component-config/flag-value.ts';
import type { EncryptionProblem, EncryptionRule, EncryptionVersion, KmsProvider } from './config.ts';
import { splitResource, wildcardsSince } from './resources.ts';

/** `EncryptionConfig` of `v1` is the same by another name: a mistake of old documentation that was kept working. */
export function* kindProblems(reader: Reader): Iterable<EncryptionProblem> {
  const apiVersion = reader.string('apiVersion') ?? '';
  const kind = reader.string('kind') ?? '';
  if (apiVersion === 'apiserver.config.k8s.io/v1' && kind === 'EncryptionConfiguration') return;
  if (apiVersion === 'v1' && kind === 'EncryptionConfig') return;
  const found = `${apiVersion || 'no apiVersion'} ${kind || 'without kind'}`;
  const message = `the file is ${found}, not apiserver.config.k8s.io/v1 EncryptionConfiguration`;
  yield { path: [], message };
}

const neverStored: ReadonlySet<string> = new Set([
  'apiserveripinfo',
  'serviceipallocations',
  'servicenodeportallocations',
]);

/** Names of resources that validation refuses; it looks at them since wildcards exist. */
export function* nameProblems(
  rules: readonly EncryptionRule[],
  { minor }: EncryptionVersion,
): Iterable<EncryptionProblem> {
  if (minor !== undefined && minor < wildcardsSince) return;
  const masked = new Map<string, Path>();
  for (const rule of rules) {
    const here = new Set<string>();
    const groups = new Set(rule.resources.filter((name) => name.startsWith('*.')).map((name) => name.slice(2)));
    for (const [index, name] of rule.resources.entries()) {
      const path = [...rule.path, 'resources', index];
      const wrong = wrongName(name) ?? overlap(name, { here, groups, count: rule.resources.length });
      here.add(name);
      if (wrong !== undefined) {
        yield { path, message: wrong };
        continue;
      }
      const { group } = splitResource(name);
      if (masked.has('*') || masked.has(group)) {
        yield {
          path,
          message: `${name} is masked: an earlier entry already has ${masked.has('*') ? '*.*' : `*.${group}`}`,
        };
      }
    }
    for (const group of groups) masked.set(group, rule.path);
  }
}

function wrongName(name: string): string | undefined {
  if (name !== name.toLowerCase()) return `${name} has capital letters`;
  if (name === '*') return '* alone is no resource: *.* is all of them, and *. is the core group';
  if (name === '*.events.k8s.io' || name === 'events.events.k8s.io')
    return `${name} is stored as events of the core group`;
  const { resource, group } = splitResource(name);
  if (group === 'extensions') return 'the group extensions is gone';
  if (group === '*' && resource !== '*') return `${name}: a group of * needs a resource of *`;
  if (group === '' && neverStored.has(resource)) return `${name} cannot be encrypted`;
  return undefined;
}

interface InOneList {
  readonly here: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly count: number;
}

function overlap(name: string, { here, groups, count }: InOneList): string | undefined {
  if (here.has(name)) return `${name} is there twice`;
  if (groups.has('*') && count > 1) return `${name} stands beside *.*, which is everything`;
  const { resource, group } = splitResource(name);
  return resource !== '*' && groups.has(group) ? `${name} stands beside *.${group}, which has it already` : undefined;
}

export function* kmsProblems(
  rules: readonly EncryptionRule[],
  { minor, kmsV1 }: EncryptionVersion,
): Iterable<EncryptionProblem> {
  const names = new Set<string>();
  for (const { providers } of rules) {
    for (const { kms, path } of providers) {
      if (kms === undefined) continue;
      const off = (minor === undefined || minor >= 29) && kmsV1 !== true;
      for (const message of oneKms(kms, off)) yield { path: [...path, 'kms'], message };
      if (kms.apiVersion === 'v2' && names.has(kms.name))
        yield { path: [...path, 'kms', 'name'], message: `two providers of KMS v2 are named ${kms.name}` };
      if (kms.apiVersion === 'v2') names.add(kms.name);
    }
  }
}

function* oneKms({ apiVersion, name, endpoint, timeout, cacheSize }: KmsProvider, v1Off: boolean): Iterable<string> {
  if (name === '') yield 'the KMS provider has no name';
  if (apiVersion !== 'v1' && apiVersion !== 'v2') yield `apiVersion ${apiVersion} of the KMS provider is not v1 or v2`;
  if (apiVersion === 'v1' && v1Off)
    yield `KMS v1 is off since v1.29, and the provider ${name} does not say apiVersion: v2`;
  if (apiVersion === 'v2' && name.includes(':')) yield `the name ${name} of a KMS v2 provider has a colon`;
  if (!endpoint.startsWith('unix://'))
    yield `the endpoint ${endpoint || '(none)'} of KMS provider ${name} is no unix:// socket`;
  if (timeout !== undefined && (!isDuration(timeout) || isZeroDuration(timeout) || timeout.startsWith('-')))
    yield `the timeout ${timeout} of KMS provider ${name} is not positive`;
  if (cacheSize === 0) yield `cachesize 0 of KMS provider ${name} is not allowed`;
  if (apiVersion === 'v2' && cacheSize !== undefined) yield `cachesize does not go with KMS v2, in provider ${name}`;
}
