import { type AuditLevel, type AuditStage, auditLevels, auditStages } from '../../model/audit-event.ts';
import { isObject, type Json } from '../../model/json.ts';
import { formatPath, type Path } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';

export interface GroupResources {
  /** Empty is the core group; `*` is every group, since v1.36. */
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** One rule. An empty list is no condition. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly AuditStage[];
  /** Undefined: as the policy says. */
  readonly omitManagedFields: boolean | undefined;
  readonly path: Path;
}

export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

/** Something that keeps the API server from loading the policy; with `ignored`, it starts and does not see the field. */
export interface AuditPolicyProblem {
  readonly path: Path;
  readonly message: string;
  readonly ignored?: true;
}

export interface ReadAuditPolicy {
  readonly policy: AuditPolicy;
  readonly problems: readonly AuditPolicyProblem[];
}

export interface ReadAuditPolicyOptions {
  /** Minor version of the API server; undefined: the newest known. */
  readonly minor?: number | undefined;
}

/**
 * An audit.k8s.io Policy as the API server loads it, with everything that it would refuse. What is malformed reads as
 * unset, so that the rest can be judged. Sources: staging/src/k8s.io/apiserver/pkg/audit/policy/reader.go and
 * pkg/apis/audit/validation/validation.go.
 */
export function readAuditPolicy(value: Json, { minor }: ReadAuditPolicyOptions = {}): ReadAuditPolicy {
  const problems: AuditPolicyProblem[] = [];
  if (!isObject(value)) {
    const policy: AuditPolicy = { rules: [], omitStages: [], omitManagedFields: false };
    return { policy, problems: [{ path: [], message: 'the file holds no audit policy' }] };
  }
  const malformed: { path: Path; message: string }[] = [];
  const reader = new Reader(value, [], malformed);
  checkKind(reader, { minor, problems });
  checkFields(reader, policyFields, problems);
  const rules = reader.objects('rules').map((rule) => readRule(rule, { minor, problems }));
  if (rules.length === 0 && malformed.length === 0)
    problems.push({ path: ['rules'], message: 'the policy has no rules, and the API server does not load it' });
  const policy: AuditPolicy = {
    rules,
    omitStages: readStages(reader, problems),
    omitManagedFields: reader.boolean('omitManagedFields') ?? false,
  };
  return { policy, problems: [...malformed, ...problems] };
}

interface Reading {
  readonly minor: number | undefined;
  readonly problems: AuditPolicyProblem[];
}

function checkKind(reader: Reader, { minor, problems }: Reading): void {
  const apiVersion = reader.string('apiVersion') ?? '';
  const kind = reader.string('kind') ?? '';
  const old = minor !== undefined && minor < 24;
  const known = ['audit.k8s.io/v1', ...(old ? ['audit.k8s.io/v1beta1', 'audit.k8s.io/v1alpha1'] : [])];
  if (kind !== 'Policy') problems.push({ path: ['kind'], message: `kind is ${quote(kind)}, not Policy` });
  if (!known.includes(apiVersion))
    problems.push({ path: ['apiVersion'], message: `apiVersion is ${quote(apiVersion)}, not audit.k8s.io/v1` });
}

const policyFields: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'rules',
  'omitStages',
  'omitManagedFields',
]);

const ruleFields: ReadonlySet<string> = new Set([
  'level',
  'users',
  'userGroups',
  'verbs',
  'resources',
  'namespaces',
  'nonResourceURLs',
  'omitStages',
  'omitManagedFields',
]);

const groupFields: ReadonlySet<string> = new Set(['group', 'resources', 'resourceNames']);

/** A key that strict decoding does not know: the server warns, and decodes once more without it. */
function checkFields(reader: Reader, known: ReadonlySet<string>, problems: AuditPolicyProblem[]): void {
  for (const name of Object.keys(reader.raw)) {
    if (known.has(name)) continue;
    const path = reader.at(name);
    problems.push({
      path,
      message: `${formatPath(path)} is no field of an audit policy and is ignored`,
      ignored: true,
    });
  }
}

function readRule(rule: Reader, { minor, problems }: Reading): AuditRule {
  checkFields(rule, ruleFields, problems);
  const resources = rule.objects('resources').map((entry) => readResources(entry, rule, { minor, problems }));
  const namespaces = rule.strings('namespaces');
  const nonResourceURLs = rule.strings('nonResourceURLs');
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    const message = 'a rule with nonResourceURLs takes neither resources nor namespaces';
    problems.push({ path: rule.at('nonResourceURLs'), message });
  }
  for (const [index, url] of nonResourceURLs.entries()) {
    const wrong = wrongUrl(url);
    if (wrong !== undefined) problems.push({ path: rule.at('nonResourceURLs', index), message: wrong });
  }
  return {
    level: readLevel(rule, problems),
    users: rule.strings('users'),
    userGroups: rule.strings('userGroups'),
    verbs: rule.strings('verbs'),
    resources,
    namespaces,
    nonResourceURLs,
    omitStages: readStages(rule, problems),
    omitManagedFields: rule.boolean('omitManagedFields'),
    path: rule.path,
  };
}

function readLevel(rule: Reader, problems: AuditPolicyProblem[]): AuditLevel {
  const level = rule.string('level');
  const known = auditLevels.find((name) => name === level);
  if (known !== undefined) return known;
  const message =
    level === undefined || level === ''
      ? 'the rule has no level'
      : `level ${quote(level)} is none of ${auditLevels.join(', ')}`;
  problems.push({ path: rule.at('level'), message });
  return 'None';
}

function readResources(entry: Reader, rule: Reader, { minor, problems }: Reading): GroupResources {
  checkFields(entry, groupFields, problems);
  const group = entry.string('group') ?? '';
  const resources = entry.strings('resources');
  const resourceNames = entry.strings('resourceNames');
  const anyGroup = group === '*' && (minor === undefined || minor >= 36);
  // The paths are upstream's, which has no index here.
  if (group !== '' && !anyGroup && !isSubdomain(group))
    problems.push({ path: rule.at('resources', 'group'), message: `group ${quote(group)} is no API group` });
  if (resourceNames.length > 0 && resources.length === 0) {
    const message = 'resourceNames without resources';
    problems.push({ path: rule.at('resources', 'resourceNames'), message });
  }
  return { group, resources, resourceNames };
}

function readStages(reader: Reader, problems: AuditPolicyProblem[]): AuditStage[] {
  const stages: AuditStage[] = [];
  for (const [index, name] of reader.strings('omitStages').entries()) {
    const known = auditStages.find((stage) => stage === name);
    if (known !== undefined) stages.push(known);
    else problems.push({ path: reader.at('omitStages', index), message: `${quote(name)} is no stage` });
  }
  return stages;
}

function wrongUrl(url: string): string | undefined {
  if (url === '*') return undefined;
  if (!url.startsWith('/')) return `${quote(url)} does not begin with a slash`;
  const star = url.indexOf('*');
  return star === -1 || star === url.length - 1 ? undefined : `${quote(url)} has * before its end`;
}

/** RFC 1123, as IsDNS1123Subdomain of apimachinery. */
function isSubdomain(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label));
}

function quote(text: string): string {
  return JSON.stringify(text);
}
