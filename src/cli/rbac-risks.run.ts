import type { Colored, RbacOutputFlags } from './rbac.ts';
import type { Terminal } from './terminal.ts';
export async function runRbacRisks(_flags: Colored<RbacOutputFlags>, _terminal: Terminal): Promise<number> {
  return 4;
}
