import { defineFact } from './facts.ts';
import { type NetworkPlugin, networkPlugins } from './network-plugin.ts';

/** Whether anything in the cluster enforces policies, and what. */
export interface Enforcement {
  readonly state: 'enforced' | 'not-enforced' | 'unknown';
  readonly plugins: readonly NetworkPlugin[];
}

export const networkEnforcement = defineFact('network-enforcement', (facts): Enforcement => {
  const plugins = facts.get(networkPlugins);
  if (plugins.some(({ enforces }) => enforces === true)) return { state: 'enforced', plugins };
  const isKnown = plugins.length > 0 && plugins.every(({ enforces }) => enforces === false);
  return { state: isKnown ? 'not-enforced' : 'unknown', plugins };
});
