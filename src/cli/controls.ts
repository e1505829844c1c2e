import { Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { addRuleOptions, type RuleSourceFlags } from './configuration-options.ts';

export const controlsCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('controls')
    .summary('list the controls')
    .description('Lists every control by component, with its severity and whether "bulwark fix" can mend it.')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'));
  addRuleOptions(command).action(async (flags: RuleSourceFlags & { readonly output: 'text' | 'json' }) => {
    const [{ catalogueOf }, { controlsJson, controlsList }] = await Promise.all([
      import('./rules.ts'),
      import('../report/controls-list.ts'),
    ]);
    const { controls, leftOut } = await catalogueOf(flags, terminal.cwd);
    if (flags.output === 'json') {
      for (const chunk of controlsJson(controls, { leftOut })) await terminal.out(chunk);
      return;
    }
    // Whoever searches a pipe wants a control a line.
    const width = terminal.outIsTty ? Math.max(80, terminal.width) : Number.POSITIVE_INFINITY;
    await terminal.out(controlsList(controls, { leftOut, width }));
  });
  command
    .command('test')
    .summary('try controls of your own')
    .description('Loads modules as scan --controls does, and tries every control in them on its own examples.')
    .argument('<file...>', 'TypeScript or JavaScript modules that export controls')
    .action(async (files: string[]) => {
      const { runControlsTest } = await import('./controls-test.run.ts');
      done(await runControlsTest(files, terminal));
    });
};
