import { Option } from 'commander';
import type { Profile } from '../controls/control.ts';
import { type Severity, severities } from '../model/severity.ts';
import type { RegisterCommand } from './command.ts';
import { addConfigurationOptions, addControlOptions, type ConfigurationFlags } from './configuration-options.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface DiffFlags extends ConfigurationFlags {
  readonly render: boolean;
  readonly failOn?: Severity | 'none';
  readonly profile: readonly Profile[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly output: 'text' | 'json' | 'markdown';
  readonly color: ColorChoice;
}

export const diffCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('diff')
    .summary('what findings are new, and which are gone')
    .description(
      'Compares the findings of two runs. Each side is a JSON report, a saved snapshot, a file or folder of manifests, or a git revision, which is read without touching the working tree.',
    )
    .argument('<before>', 'a report, snapshot, file, folder or git revision (git:NAME where a file has that name, too)')
    .argument('<after>', 'the same; . for the working tree')
    .argument('[path...]', 'of revisions and folders: only these files and folders')
    .option('--no-render', 'count charts and kustomizations as unrendered instead of running helm and kustomize');
  addConfigurationOptions(command)
    .optionsGroup('Report:')
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json', 'markdown']).default('text'),
    )
    .addOption(
      new Option(
        '--fail-on <severity>',
        'exit with 1 for new findings of this severity or above (default: "high")',
      ).choices([...severities, 'none']),
    );
  addControlOptions(command)
    .addOption(colorOption())
    .addHelpText('after', help)
    .action(async (before: string, after: string, paths: string[], flags: DiffFlags) => {
      const { runDiff } = await import('./diff.run.ts');
      const color = useColor(terminal, flags.color);
      done(await runDiff({ before, after, paths, flags: { ...flags, color } }, terminal));
    });
};

const help = `
Examples:
  bulwark diff main HEAD -- deploy/            what a branch changes
  bulwark diff HEAD . -- deploy/               what is not committed yet
  bulwark diff last-week.json today.json       two reports of bulwark scan -o json
  bulwark diff prod.snapshot.gz staging/ -o markdown

Exit codes: 0 nothing new at or above --fail-on, 1 new findings, 2 usage, 3 incomplete evidence.`;
