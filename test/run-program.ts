import { createProgram } from '../src/cli/program.ts';
import type { Terminal } from '../src/cli/terminal.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal that keeps what is written to it: nobody sits at it, and it is 1 January 1970. */
export function quietTerminal(more: Partial<Terminal> = {}): { readonly terminal: Terminal; readonly text: Text } {
  const text = { out: '', err: '' };
  const terminal: Terminal = {
    cwd: '/',
    env: {},
    out: async (out) => {
      text.out += out;
    },
    err: (err) => {
      text.err += err;
    },
    outIsTty: false,
    errIsTty: false,
    width: 100,
    stdin: async () => Buffer.alloc(0),
    now: () => new Date(0),
    ...more,
  };
  return { terminal, text };
}

interface Text {
  readonly out: string;
  readonly err: string;
}

/** Runs the program in this process. */
export async function runProgram(args: readonly string[], more: Partial<Terminal> = {}): Promise<Ran> {
  const { terminal, text } = quietTerminal(more);
  const code = await createProgram(terminal, 'bulwark').run(args);
  return { code, ...text };
}
