import { isObject, type Json } from '../../model/json.ts';
import { formatPath, type Path, valueAt } from '../../model/path.ts';
import type { LintFinding } from './lint.ts';
import { nearestOf } from './nearest.ts';
import type { AuditPolicyProblem } from './policy.ts';

const policyKeys = ['rules', 'omitStages', 'omitManagedFields', 'metadata'];
const ruleKeys = [
  ...['level', 'users', 'userGroups', 'verbs', 'resources', 'namespaces', 'nonResourceURLs', 'omitStages'],
  'omitManagedFields',
];
const entryKeys = ['group', 'resources', 'resourceNames'];

/** Words from other policies of Kubernetes, and what they are called here. */
const foreign: ReadonlyMap<string, string> = new Map([
  ['apiGroups', 'group'],
  ['apiGroup', 'group'],
  ['groups', 'userGroups'],
  ['user', 'users'],
  ['nonResourceURL', 'nonResourceURLs'],
  ['resource', 'resources'],
  ['verb', 'verbs'],
  ['namespace', 'namespaces'],
  ['names', 'resourceNames'],
]);

/** Whether a rule lacks a condition because of this: it takes requests that later rules are meant for. */
export function isWidening({ rule, path }: LintFinding): boolean {
  if (rule !== 'ignored-key' || path[0] !== 'rules' || typeof path[1] !== 'number') return false;
  const key = String(path.at(-1) ?? '');
  const known = path.includes('resources') && path.length > 3 ? entryKeys : ruleKeys;
  const meant = known.find((name) => name === foreign.get(key)) ?? nearestOf(key, known);
  return meant !== undefined && conditions.has(meant);
}

const conditions: ReadonlySet<string> = new Set([
  ...['users', 'userGroups', 'verbs', 'resources', 'namespaces', 'nonResourceURLs', 'resourceNames'],
]);

/**
 * A key that is there twice. The server decodes strictly first, warns, and then takes the last one, as in
 * LoadPolicyFromBytes of staging/src/k8s.io/apiserver/pkg/audit/policy/reader.go.
 */
export function lintRepeated(path: Path, root: Json): LintFinding {
  const key = String(path.at(-1) ?? '');
  const value = valueAt(root, path);
  const shown = typeof value === 'string' ? ` (${value})` : '';
  return {
    rule: 'repeated-key',
    severity: 'warning',
    path,
    message: `${formatPath(path)} is there twice`,
    why: `the API server takes the last${shown}, and leaves out what the other says`,
    fix: `remove one ${key}`,
  };
}

/** A key that the server leaves out: the rule then asks for less than it seems to. */
export function lintMisspelt({ path, message }: AuditPolicyProblem, root: Json): LintFinding {
  const key = String(path.at(-1) ?? '');
  const known = path.length === 1 ? policyKeys : path.includes('resources') && path.length > 3 ? entryKeys : ruleKeys;
  const meant = known.find((name) => name === foreign.get(key)) ?? nearestOf(key, known);
  const parent = valueAt(root, path.slice(0, -1));
  const isTaken = meant !== undefined && isObject(parent) && Object.hasOwn(parent, meant);
  const fix =
    meant === undefined
      ? `remove ${key}`
      : isTaken
        ? `${meant} is there already: remove ${key}, or move what it says to ${meant}`
        : `write ${meant} instead of ${key}`;
  return { rule: 'ignored-key', severity: 'warning', path, message, why: consequence(key, meant), fix };

  function consequence(from: string, to: string | undefined): string {
    const place = formatPath(path.slice(0, -1)) || 'the policy';
    if (to === 'resources' && known === entryKeys) return `${place} matches every resource of its group`;
    if (to === 'group' && known === entryKeys) return `${place} is for the core group`;
    if (to !== undefined && known === ruleKeys && to !== 'level')
      return `${place} applies to more requests than it seems to`;
    return `what ${from} says is lost`;
  }
}
