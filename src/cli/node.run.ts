import { nodeScript } from '../collect/node/bundle/node-script.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Prints the collecting script. Returns the exit code. */
export async function runNodeScript(terminal: Terminal): Promise<number> {
  await terminal.out(nodeScript());
  return exitCodes.clean;
}
