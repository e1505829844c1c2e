import type { ConfigurationProblem } from '../../model/component.ts';
import type { SettingRow } from './table.ts';

/** One argument with the place where it was read. */
export interface Argument {
  readonly text: string;
  readonly where: string;
  readonly line?: number;
}

/** A flag that was given, with the text of its value. */
export interface FlagUse {
  readonly row: SettingRow;
  /** As it stands in the argument, with its dashes. */
  readonly spelling: string;
  readonly text: string;
  readonly at: Argument;
}

export interface FlagSet {
  /** `pflag` of the Kubernetes components, or `flag` of Go's library (etcd). */
  readonly grammar: 'pflag' | 'flag';
  /** The flag of a name as it is spelled; undefined where the program has none. */
  find(name: string): SettingRow | undefined;
  /** What to say of a flag that is not there. */
  unknown(spelling: string, at: Argument): ConfigurationProblem;
}

export interface ParsedArguments {
  readonly uses: readonly FlagUse[];
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * The flags of a command line in their order, as the program's own parser reads them: github.com/spf13/pflag (flags and
 * other arguments mixed, long flags with two dashes, `-v` as the only short one) or Go's flag package (one dash or two,
 * nothing after the first argument that is no flag). What the parser would refuse is a problem, and the rest is still
 * read: a static pod that does not start is told everything at once.
 */
export function parseArguments(args: readonly Argument[], flags: FlagSet): ParsedArguments {
  const uses: FlagUse[] = [];
  const problems: ConfigurationProblem[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const at = args[index];
    if (at === undefined || at.text === '--') break;
    if (!isFlag(at.text)) {
      if (flags.grammar === 'flag') break;
      continue;
    }
    const { spelling, name, text } = flagOf(at.text, flags.grammar);
    const next = args[index + 1];
    const row = name === undefined ? undefined : flags.find(name);
    if (row === undefined) {
      if (isHelp(spelling)) continue;
      problems.push(flags.unknown(spelling, at));
      // Whatever follows without a dash is more likely its value than an argument of its own.
      if (text === undefined && next !== undefined && !isFlag(next.text) && flags.grammar === 'flag') index += 1;
      continue;
    }
    const bare = row.type === 'bool' ? 'true' : row.bare;
    if (text !== undefined) uses.push({ row, spelling, text, at });
    else if (bare !== undefined) uses.push({ row, spelling, text: bare, at });
    else if (next === undefined) problems.push(problemAt(at, 'invalid', `${spelling} needs a value, and has none`));
    else {
      uses.push({ row, spelling, text: next.text, at });
      index += 1;
    }
  }
  return { uses, problems };
}

export function problemAt(
  at: Argument,
  kind: ConfigurationProblem['kind'],
  message: string,
  hint?: string,
): ConfigurationProblem {
  return {
    kind,
    message,
    where: at.where,
    ...(at.line === undefined ? {} : { line: at.line }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function isFlag(text: string): boolean {
  return text.length > 1 && text.startsWith('-');
}

function isHelp(spelling: string): boolean {
  return spelling === '--help' || spelling === '-h' || spelling === '-help';
}

interface SplitFlag {
  readonly spelling: string;
  /** Undefined: no name that this grammar knows. */
  readonly name: string | undefined;
  readonly text: string | undefined;
}

function flagOf(argument: string, grammar: FlagSet['grammar']): SplitFlag {
  const double = argument.startsWith('--');
  if (!double && grammar === 'pflag') return shortFlag(argument);
  const equals = argument.indexOf('=');
  const spelling = equals === -1 ? argument : argument.slice(0, equals);
  const text = equals === -1 ? undefined : argument.slice(equals + 1);
  return { spelling, name: spelling.slice(double ? 2 : 1), text };
}

/** `-v4`, `-v=4` and `-v 4`; `-config=x` is a row of short flags that no component has. */
function shortFlag(argument: string): SplitFlag {
  if (!/^-v(?:=|-?[0-9]|$)/.test(argument)) return { spelling: argument, name: undefined, text: undefined };
  const rest = argument.slice(2);
  return { spelling: '-v', name: 'v', text: rest === '' ? undefined : rest.replace(/^=/, '') };
}
