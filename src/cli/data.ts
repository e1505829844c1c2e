import { Option } from 'commander';
import type { RegisterCommand } from './command.ts';

export interface DataFlags {
  readonly from?: string;
  readonly now?: string;
  readonly output: 'table' | 'json';
}

export const dataCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('data')
    .summary('how old the data is that versions are judged by')
    .description(
      'Lists what Bulwark knows of the world by itself (vulnerabilities, ends of versions, removed APIs), of which day each is, and where from. Nothing is downloaded: newer data comes with a newer version. Exits with 3 where a set is too old for a pass to rest on it.',
    )
    .option('--from <file>', 'age on the day of a snapshot that was saved before, instead of today')
    .option('--now <time>', 'age on this day (RFC 3339)')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['table', 'json']).default('table'))
    .action(async (flags: DataFlags) => {
      const { runData } = await import('./data.run.ts');
      done(await runData(flags, terminal));
    });
};
