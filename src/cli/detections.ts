import type { RegisterCommand } from './command.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface DetectionsFlags {
  readonly rules: readonly string[];
  readonly builtin: boolean;
  readonly color: ColorChoice;
}

export const detectionsCommand: RegisterCommand = (program, terminal, done) => {
  const group = program
    .command('detections')
    .summary('list, explain and test the detections of "bulwark watch"')
    .description(
      'What "bulwark watch" looks for in the audit log: the built-in detections, and Sigma rules of your own.',
    );
  const repeatable = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const command = (name: string) =>
    group
      .command(name)
      .option('--rules <dir>', 'add the Sigma rules in this folder (repeatable)', repeatable, [])
      .option('--no-builtin', 'leave out the built-in detections')
      .addOption(colorOption());
  const style = ({ color }: DetectionsFlags) => ({
    color: useColor(terminal, color),
    width: Math.min(terminal.width, 110),
  });

  command('list')
    .description('Lists the detections, gravest first, with the audit level that each needs.')
    .option('-o, --output <format>', 'text or json', 'text')
    .action(async (flags: DetectionsFlags & { readonly output: string }) => {
      const run = await import('./detections.run.ts');
      await terminal.out(await run.listed(terminal, flags, { ...style(flags), output: flags.output }));
    });
  command('explain')
    .description('Explains a detection: what it finds, why that matters, what it needs, and what to do next.')
    .argument('<detection>', 'such as secrets-watched')
    .action(async (name: string, flags: DetectionsFlags) => {
      const run = await import('./detections.run.ts');
      await terminal.out(await run.explained(terminal, flags, { ...style(flags), name }));
    });
  command('test')
    .description('Runs the examples of every rule: events on which it has to fire, and others on which it must not.')
    .argument('[detection...]', 'these only')
    .action(async (names: readonly string[], flags: DetectionsFlags) => {
      const run = await import('./detections.run.ts');
      const { text, exitCode } = await run.tested(terminal, flags, names);
      await terminal.out(text);
      done(exitCode);
    });
  command('export')
    .description('Writes the detections as Sigma rules.')
    .argument('[detection...]', 'these only')
    .option('--sigma', 'as Sigma rules: the only format there is')
    .action(async (names: readonly string[], flags: DetectionsFlags) => {
      const run = await import('./detections.run.ts');
      await terminal.out(await run.exported(terminal, flags, names));
    });
};
