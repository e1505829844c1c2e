import type { RegisterCommand } from './command.ts';
import { addConfigurationOptions, type ConfigurationFlags } from './configuration-options.ts';
import { addEvidenceOptions, type EvidenceFlags, namesEvidence } from './evidence.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

interface GuideFlags extends EvidenceFlags, ConfigurationFlags {
  readonly color: ColorChoice;
}

export const guideCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('guide')
    .summary('what the hardening guides ask for, and how it stands here')
    .description(
      'Prints what the guides to securing Kubernetes ask for, component by component, with what in Bulwark serves it.\n' +
        'Given something to scan, each row says how it stands there, by the rules and exceptions that a scan follows.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input');
  addConfigurationOptions(addEvidenceOptions(command))
    .addOption(colorOption())
    .action(async (paths: string[], flags: GuideFlags) => {
      const { runGuide } = await import('./guide.run.ts');
      const asked = paths.length > 0 || namesEvidence(flags);
      done(await runGuide(asked ? { paths, flags } : undefined, useColor(terminal, flags.color), terminal));
    });
};
