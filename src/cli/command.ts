import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** Adds a command to the program. `done` takes the exit code. The work itself is imported when the command runs. */
export type RegisterCommand = (program: Command, terminal: Terminal, done: (exitCode: number) => void) => void;
