import { basename } from 'node:path';
import { exitCodes } from '../engine/exit-code.ts';
import { createProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal();
let ended: number | undefined;

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ended ?? exitCodes.clean);
  terminal.err(`bulwark: cannot write to standard output: ${error.message}\n`);
  process.exit(exitCodes.usage);
});

const name = basename(process.argv[1] ?? '').startsWith('kubectl-') ? 'kubectl bulwark' : 'bulwark';
// What ends before it is done, with nothing left to wait for, has not succeeded.
process.exitCode = exitCodes.internal;
void createProgram(terminal, name)
  .run(process.argv.slice(2))
  .then((code) => {
    ended = code;
    process.exitCode = code;
  });
