import type { RegisterCommand } from './command.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export const explainCommand: RegisterCommand = (program, terminal) => {
  program
    .command('explain')
    .summary('what a control asks, why, and how to mend it')
    .description('Explains a control: what it asks, why it matters, what fails and what passes, and how to mend it.')
    .argument('<control>', 'such as pods/privileged; see "bulwark controls"')
    .addOption(colorOption())
    .action(async (id: string, flags: { color: ColorChoice }) => {
      const [{ findControl }, { explain }] = await Promise.all([
        import('./select-controls.ts'),
        import('../report/explain.ts'),
      ]);
      const options = { color: useColor(terminal, flags.color), width: Math.min(terminal.width, 100) };
      await terminal.out(explain(findControl(id), options));
    });
};
