import type { Path } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Binding } from '../semantics/rbac/binding.ts';
import { type Right, resourceText } from '../semantics/rbac/power-diff.ts';
import type { RbacRequest, RoleRule } from '../semantics/rbac/rule.ts';
import { locationOf } from './location.ts';
import type { Style } from './style.ts';
import { padEnd, textWidth } from './text-width.ts';
import { visibleShort } from './visible.ts';

const longest = 120;

/** Rows under headings, each column as wide as its widest cell; cells must not be coloured. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const shown = rows.map((row) => row.map((cell) => visibleShort(cell, longest)));
  const widths = headings.map((heading, column) =>
    shown.reduce((most, row) => Math.max(most, textWidth(row[column] ?? '')), heading.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : padEnd(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [style.strong(line(headings)), ...shown.map(line)].map((each) => `${each}\n`).join('');
}

/** `roles.yaml:12`, or the API path of what is in a cluster. */
export function placeText(object: KubeObject, path: Path): string {
  const { file, line, rendered } = locationOf({ object, path });
  const at = line ?? rendered?.line;
  return `${file}${at === undefined ? '' : `:${at}`}`;
}

/** `ClusterRole view`, `Role shop/reader`. */
export function objectText({ kind, namespace, name }: KubeObject): string {
  return `${kind} ${namespace === undefined || kind.startsWith('Cluster') ? '' : `${namespace}/`}${name}`;
}

export function scopeText({ scope, object }: Binding): string {
  return scope === 'cluster' ? 'everywhere' : `namespace ${object.namespace ?? '(left open)'}`;
}

/**
 * `get, list on pods, pods/log of apps named web`. The core group alone is left out; a rule that names no group, or no
 * verb, is for nothing, and a name may be the empty one, which only requests without a name have.
 */
export function ruleText({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: RoleRule): string {
  const does = verbs.length === 0 ? 'no verb' : few(verbs);
  const named = resourceNames.length === 0 ? '' : ` named ${few(resourceNames.map((name) => name || '""'))}`;
  const isCore = apiGroups.length > 0 && apiGroups.every((group) => group === '');
  const groups = apiGroups.length === 0 ? ' of no API group' : ` of ${few(apiGroups.map((group) => group || 'core'))}`;
  const parts: string[] = [];
  if (resources.length > 0) parts.push(`${does} on ${few(resources)}${isCore ? '' : groups}${named}`);
  if (nonResourceURLs.length > 0) parts.push(`${does} on ${few(nonResourceURLs)}`);
  return parts.join('; ') || 'nothing';
}

/** Whether a rule is for nothing that can be asked for. */
export function isIdle({ verbs, apiGroups, resources, nonResourceURLs }: RoleRule): boolean {
  return verbs.length === 0 || ((apiGroups.length === 0 || resources.length === 0) && nonResourceURLs.length === 0);
}

/** `get pods/exec web`. */
export function requestText(request: RbacRequest): string {
  if ('path' in request) return `${request.verb} ${request.path}`;
  const { verb, apiGroup, resource, subresource = '', name = '' } = request;
  const what = resourceText(apiGroup, subresource === '' ? resource : `${resource}/${subresource}`);
  return `${verb} ${what}${name === '' ? '' : ` ${name}`}`;
}

function few(words: readonly string[]): string {
  return words.length > 6 ? `${words.slice(0, 5).join(', ')} and ${words.length - 5} more` : words.join(', ');
}

/** Rights to the same thing at the same place on one line: `get, list pods in namespace shop`. */
export function rightTexts(rights: readonly Right[]): readonly string[] {
  const lines = new Map<string, string[]>();
  for (const { verb, what, name, namespace } of rights) {
    const where = namespace === undefined ? 'everywhere' : `in namespace ${namespace}`;
    const key = `${what}${name === undefined ? '' : ` ${name}`} ${where}`;
    const known = lines.get(key);
    if (known === undefined) lines.set(key, [verb]);
    else known.push(verb);
  }
  return [...lines].map(([key, verbs]) => `${verbs.join(', ')} ${key}`);
}
