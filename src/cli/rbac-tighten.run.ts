import type { Colored } from './rbac.ts';
import type { TightenFlags } from './rbac-tighten.ts';
import type { Terminal } from './terminal.ts';
export async function runTighten(_flags: Colored<TightenFlags>, _terminal: Terminal): Promise<number> {
  return 4;
}
