import type { Container } from '../../model/container.ts';

/** "container app runs", "containers app and proxy run": the subject of a sentence about one or more containers. */
export function nameContainers(containers: readonly Container[]): string {
  const names = containers.map(({ name }) => name);
  const last = names.pop() ?? '';
  return names.length === 0 ? `container ${last} runs` : `containers ${names.join(', ')} and ${last} run`;
}
