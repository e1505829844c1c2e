import { Option } from 'commander';

export type ColorChoice = 'auto' | 'always' | 'never';

export function colorOption(): Option {
  return new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']).default('auto');
}

/** What a command may touch of the process: handed in, so that commands can be run in tests. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reports and data. Resolves when the reader has taken what was written. */
  out(text: string): Promise<void>;
  /** For people: progress, errors, hints. */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** Columns of the terminal, or 100 where there is none. */
  readonly width: number;
  stdin(): Promise<Buffer>;
  /** Standard input as it comes, for what is large or does not end; the process's own where it is left out. */
  readonly input?: AsyncIterable<Buffer | string>;
  now(): Date;
}

export function processTerminal(): Terminal {
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      }),
    err: (text) => void process.stderr.write(text),
    outIsTty: process.stdout.isTTY === true,
    errIsTty: process.stderr.isTTY === true,
    width: process.stdout.columns ?? 100,
    stdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    now: () => new Date(),
  };
}

/** Colour by the usual conventions: `--color`, `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb`, then whether it is a terminal. */
export function useColor(terminal: Terminal, asked: ColorChoice): 'always' | 'never' {
  if (asked !== 'auto') return asked;
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = terminal.env;
  if (no !== undefined && no !== '') return 'never';
  if (force !== undefined && force !== '' && force !== '0') return 'always';
  return terminal.outIsTty && term !== 'dumb' ? 'always' : 'never';
}
