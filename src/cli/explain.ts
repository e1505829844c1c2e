import type { RegisterCommand } from './command.ts';
import { addRuleOptions, type RuleSourceFlags } from './configuration-options.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

interface ExplainFlags extends RuleSourceFlags {
  readonly color: ColorChoice;
}

export const explainCommand: RegisterCommand = (program, terminal) => {
  const command = program
    .command('explain')
    .summary('what a control asks, why, and how to mend it')
    .description('Explains a control: what it asks, why it matters, what fails and what passes, and how to mend it.')
    .argument('<control>', 'such as pods/privileged; see "bulwark controls"')
    .addOption(colorOption());
  addRuleOptions(command).action(async (id: string, flags: ExplainFlags) => {
    const { runExplain } = await import('./explain.run.ts');
    await runExplain(id, { ...flags, color: useColor(terminal, flags.color) }, terminal);
  });
};
