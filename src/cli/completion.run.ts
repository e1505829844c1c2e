import type { Argument, Command, Option } from 'commander';

interface Suggestion {
  readonly word: string;
  readonly meaning: string;
}

interface Suggestions {
  readonly suggestions: readonly Suggestion[];
  /** Whether a file may stand there, too. */
  readonly files: boolean;
}

/** What the word being typed, the last one, may become. */
export async function suggest(program: Command, words: readonly string[]): Promise<Suggestions> {
  const typed = words.at(-1) ?? '';
  const { command, pending, given } = walk(program, words.slice(0, -1));
  const begins = ({ word }: Suggestion) => word.startsWith(typed);
  if (pending !== undefined) return only(await valuesOf(pending), begins);
  const inline = /^(--[a-z-]+)=/.exec(typed);
  if (inline !== null) {
    const option = optionOf(command, inline[1] ?? '');
    const { suggestions, files } = option === undefined ? nothing : await valuesOf(option);
    return only(
      { suggestions: suggestions.map(({ word, meaning }) => ({ word: `${inline[1]}=${word}`, meaning })), files },
      begins,
    );
  }
  if (typed.startsWith('-')) return only({ suggestions: optionsOf(command), files: false }, begins);
  const subcommands = visibleCommands(command);
  if (subcommands.length > 0 && given === 0) return only({ suggestions: subcommands, files: false }, begins);
  const argument = argumentAt(command, given);
  return argument === undefined ? nothing : only(await valuesOf(argument), begins);
}

const nothing: Suggestions = { suggestions: [], files: false };

function only({ suggestions, files }: Suggestions, fits: (each: Suggestion) => boolean): Suggestions {
  return { suggestions: suggestions.filter(fits), files };
}

/** Follows the words to a command: the option whose value comes next, and how many arguments there are already. */
function walk(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly pending: Option | undefined; readonly given: number } {
  let command = program;
  let pending: Option | undefined;
  let given = 0;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
      continue;
    }
    if (word.startsWith('-') && word !== '-') {
      const option = optionOf(command, word);
      pending = option?.required === true ? option : undefined;
      continue;
    }
    const next = given === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (next === undefined) given += 1;
    else command = next;
  }
  return { command, pending, given };
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

function optionsOf(command: Command): Suggestion[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, short, description }) => {
      const word = long ?? short;
      return word === undefined ? [] : [{ word, meaning: description }];
    });
}

function visibleCommands(command: Command): Suggestion[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ word: each.name(), meaning: each.summary() || each.description() }));
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return command.registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

/** What an option or argument may be: its choices, what there is of its kind, or a file. */
async function valuesOf(of: Option | Argument): Promise<Suggestions> {
  if (of.argChoices !== undefined) return words(of.argChoices);
  // The placeholder says of what kind a value is: that of --profile is no file for being called so.
  const name = 'flags' in of ? (/[<[].*$/.exec(of.flags)?.[0] ?? '') : `<${of.name()}>`;
  if (/<control>/.test(name)) {
    const { controls } = await import('../controls/registry.ts');
    return { suggestions: controls.map(({ id, title }) => ({ word: id, meaning: title })), files: false };
  }
  if (/<detection>/.test(name)) {
    const { builtInRules } = await import('../detect/built-in.ts');
    return { suggestions: builtInRules().map(({ name, title }) => ({ word: name, meaning: title })), files: false };
  }
  if (/<benchmark>/.test(name)) {
    const { benchmarkNames } = await import('../engine/choose-edition.ts');
    return words(benchmarkNames());
  }
  if (/<format\[=file\]>/.test(name)) {
    const { formats } = await import('../report/formats.ts');
    return words([...formats.keys()]);
  }
  return /file|dir|path|folder|root/.test(name) ? { suggestions: [], files: true } : nothing;
}

function words(choices: readonly string[]): Suggestions {
  return { suggestions: choices.map((word) => ({ word, meaning: '' })), files: false };
}
