/** The flags of a command line by pflag's grammar, with which kubectl, dockerd and the like are called. */
export interface CommandLine {
  /** Words that are no flags, in order. */
  readonly words: readonly string[];
  /** Every value of a flag, in order; the value of one without is `true`. */
  readonly all: (name: string) => readonly string[];
  /** The value that counts: the last. */
  readonly last: (name: string) => string | undefined;
  /** Whether a switch is on. */
  readonly isSet: (name: string) => boolean;
}

interface Grammar {
  /** Names of the one-letter flags. */
  readonly short: ReadonlyMap<string, string>;
  /** Flags that take no value but behind `=`. */
  readonly switches?: ReadonlySet<string>;
}

const noSwitches: ReadonlySet<string> = new Set(['tls', 'tlsverify', 'debug']);

/** Reads the words behind the program's name. */
export function argumentsOf(argv: readonly string[], { short, switches = noSwitches }: Grammar): CommandLine {
  const words: string[] = [];
  const values = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  };
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') {
      words.push(...argv.slice(index + 1));
      break;
    }
    const [, long, joined] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const [, letter = '', rest = ''] = long === undefined ? (/^-([A-Za-z])=?([\s\S]*)$/.exec(word) ?? []) : [];
    const name = long?.replaceAll('_', '-') ?? short.get(letter) ?? letter;
    if (name === '') {
      words.push(word);
      continue;
    }
    const value = long === undefined ? (rest === '' ? undefined : rest) : joined;
    if (value !== undefined) add(name, value);
    else if (switches.has(name)) add(name, 'true');
    else {
      index += 1;
      add(name, argv[index] ?? '');
    }
  }
  return {
    words,
    all: (name) => values.get(name) ?? [],
    last: (name) => values.get(name)?.at(-1),
    isSet: (name) => /^(?:true|t|1)$/i.test(values.get(name)?.at(-1) ?? 'false'),
  };
}

/** The name of a program by the path of its executable. */
export function programOf(exe: string): string {
  return exe.replace(/ \(deleted\)$/, '').replace(/^.*\//, '');
}
