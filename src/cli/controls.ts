import type { RegisterCommand } from './command.ts';

export const controlsCommand: RegisterCommand = (program, terminal) => {
  program
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
};
