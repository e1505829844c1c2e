import { customWorkloadKinds } from '../../model/custom-workloads/kinds.ts';
import type { ResourceRequest } from '../../semantics/rbac/rule.ts';
import { requests } from './power.ts';

/** The resources of Kubernetes that make pods, by group. */
export const ownWorkloads: readonly (readonly [group: string, plural: string])[] = [
  ...['deployments', 'daemonsets', 'statefulsets', 'replicasets'].map((kind) => ['apps', kind] as const),
  ...['jobs', 'cronjobs'].map((kind) => ['batch', kind] as const),
  ['', 'replicationcontrollers'] as const,
];

/** Requests for every resource that makes pods, those of well-known operators among them, whether they are here or not. */
export function workloadRequests(verbs: readonly string[]): readonly ResourceRequest[] {
  return [...ownWorkloads, ...custom].flatMap(([group, plural]) => requests(group, plural, verbs));
}

const custom = [...customWorkloadKinds()].map((key): readonly [string, string] => {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), pluralOf(key.slice(slash + 1).toLowerCase())];
});

/** As the tools that generate definitions make it. */
function pluralOf(word: string): string {
  if (/(?:s|x|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}
