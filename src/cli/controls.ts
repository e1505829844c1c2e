import type { RegisterCommand } from './command.ts';

export const controlsCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('controls')
    .summary('list the controls')
    .description('Lists every control by component, with its severity and whether "bulwark fix" can mend it.')
    .action(async () => {
      const [{ controls }, { controlsList }] = await Promise.all([
        import('../controls/registry.ts'),
        import('../report/controls-list.ts'),
      ]);
      await terminal.out(controlsList(controls));
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
