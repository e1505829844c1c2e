import { Argument } from 'commander';
import type { RegisterCommand } from './command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const completionCommand: RegisterCommand = (program, terminal) => {
  const group = program
    .command('completion')
    .summary('completion of commands and options in bash, zsh and fish')
    .description('Prints what a shell needs to complete the commands, options and values of this program.')
    .addHelpText('after', help);
  for (const shell of shells) {
    group
      .command(shell)
      .description(`Prints the completion of ${shell}.`)
      .action(async () => {
        const { completionScript } = await import('./completion-scripts.ts');
        await terminal.out(completionScript(shell, program.name()));
      });
  }
  group
    .command('suggest', { hidden: true })
    .description('Prints what may come next, a word and its meaning a line: what the scripts of the shells ask.')
    .addArgument(new Argument('[word...]', 'the words so far, the last of which is being typed'))
    .action(async (words: readonly string[]) => {
      const { suggest } = await import('./completion.run.ts');
      const { suggestions, files } = await suggest(program, words);
      const lines = suggestions.map(({ word, meaning }) => `${word}\t${meaning.replaceAll(/\s+/g, ' ')}\n`);
      await terminal.out(`${lines.join('')}${files ? ':files\n' : ''}`);
    });
};

const help = `
Examples:
  source <(bulwark completion bash)                        for this shell
  bulwark completion bash > /etc/bash_completion.d/bulwark for every shell
  bulwark completion zsh > "\${fpath[1]}/_bulwark"
  bulwark completion fish > ~/.config/fish/completions/bulwark.fish`;
