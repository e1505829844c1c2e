import { InvalidArgumentError, Option } from 'commander';
import { addFilterOptions, type FilterFlags } from './audit-filter.ts';
import type { RegisterCommand } from './command.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

/** What events can be counted by. */
const statsKeys = ['user', 'verb', 'resource', 'namespace', 'source', 'code', 'outcome', 'agent'] as const;
export type StatsKey = (typeof statsKeys)[number];

export interface StatsFlags extends FilterFlags {
  readonly by?: readonly StatsKey[];
  readonly top: number;
  readonly output: 'text' | 'json';
  readonly color: ColorChoice;
}

/** `bulwark audit stats`: who does what, and how often. */
export const auditStatsCommand: RegisterCommand = (audit, terminal, done) => {
  const command = audit
    .command('stats')
    .summary('who does what, and how often')
    .description(
      'Counts the requests in audit logs, each once: by user, verb, resource, source address and status code, or by what --by names, together where it names several.',
    )
    .argument('<source...>', 'files, or - for standard input')
    .addOption(new Option('--by <keys>', `count by one or more of ${statsKeys.join(', ')}: user,verb`).argParser(keys))
    .addOption(new Option('--top <n>', 'how many of each to print').argParser(positive).default(10))
    .addOption(new Option('-o, --output <format>', 'how to print them').choices(['text', 'json']).default('text'))
    .addOption(colorOption());
  addFilterOptions(command)
    .addHelpText('after', help)
    .action(async (sources: string[], flags: StatsFlags) => {
      const { runAuditStats } = await import('./audit-stats.run.ts');
      done(await runAuditStats(sources, { ...flags, color: useColor(terminal, flags.color) }, terminal));
    });
};

const help = `
Examples:
  bulwark audit stats audit.log                              an overview
  bulwark audit stats audit.log --by user,verb,resource --top 30
  bulwark audit stats audit*.log.gz --denied --by user,source
  bulwark audit stats audit.log --resource secrets --by user -o json

DENIED counts what was turned away (not authenticated, denied, refused), FAILED any other error.
Memory stays bounded: with very many different values the rare ones are forgotten, and the output says so.`;

function keys(value: string): readonly StatsKey[] {
  return value.split(',').map((text) => {
    const key = statsKeys.find((name) => name === text);
    if (key === undefined) throw new InvalidArgumentError(`It must be of ${statsKeys.join(', ')}.`);
    return key;
  });
}

function positive(value: string): number {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(value);
}
