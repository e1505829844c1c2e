import type { Gap, KubeObject } from '../model/snapshot.ts';
import { builtInWorkloads } from '../model/workload.ts';

/** `v1` for core: the API versions that serve the built-in kinds which make pods, current ones first. */
const groups: ReadonlyMap<string, string> = new Map([
  ['', 'v1'],
  ['apps', 'apps/v1'],
  ['batch', 'batch/v1'],
]);

const groupsWithWorkloads = new Set(['', 'apps', 'batch', 'extensions']);

/**
 * An object that looks like a workload and is none to the API server: a misspelt kind (`Deploymnt`), or a right one in
 * the wrong group (`v1` Deployment). Taken for something that needs no judging it would pass unseen.
 */
export function misnamedWorkload({ apiVersion, kind, source }: KubeObject): Gap | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  if (group.includes('.') && !group.endsWith('.k8s.io')) return undefined;
  const right = builtInWorkloads().find(({ kind: known }) => known === kind);
  const meant = right ?? (groupsWithWorkloads.has(group) ? nearMiss(kind) : undefined);
  if (meant === undefined || (meant.group === group && meant.kind === kind)) return undefined;
  const region = source.positions?.locate([...source.base, right === undefined ? 'kind' : 'apiVersion']);
  return {
    code: 'malformed',
    what: source.file,
    reason: `no API server knows ${apiVersion} ${kind}`,
    hint: `did you mean ${groups.get(meant.group) ?? meant.group} ${meant.kind}?`,
    ...(region === undefined ? {} : { region }),
  };
}

/** A workload kind that differs in case or by one letter dropped, added, changed or moved. */
function nearMiss(kind: string): { readonly group: string; readonly kind: string } | undefined {
  return builtInWorkloads().find(
    ({ kind: known }) => known !== kind && (known.toLowerCase() === kind.toLowerCase() || isOneEditAway(known, kind)),
  );
}

function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || Math.min(a.length, b.length) < 5) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const left = Math.max(a.length, b.length) - start - end;
  const swapped = left === 2 && a.length === b.length && a[start] === b[start + 1] && a[start + 1] === b[start];
  return left <= 1 || swapped;
}
