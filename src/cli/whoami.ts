import { Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { seconds } from './option-values.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface WhoamiFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly all?: true;
  readonly ask?: true;
  readonly exec?: true;
  readonly offline?: true;
  readonly timeout: number;
  readonly output: 'text' | 'json';
  readonly color: ColorChoice;
}

export const whoamiCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('whoami')
    .summary('who the users of a kubeconfig are to the API server, and until when')
    .description(
      'Tells for the current context who the API server takes you for: kind of credential, name, groups, expiry, and whether any role limits you. Makes one request without credentials, to say why a bare curl is refused.',
    )
    .option('--kubeconfig <file>', 'kubeconfig to read instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to look at instead of the current one')
    .option('--all', 'look at every context')
    .option('--ask', 'also ask the server, with the credential (creates a SelfSubjectReview, which is stored nowhere)')
    .option('--exec', 'run the credential plugin of the user, which is a program that the kubeconfig names')
    .option('--offline', 'make no request at all')
    .option('--timeout <seconds>', 'longest wait for an answer', seconds, 5)
    .addOption(colorOption())
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .action(async (flags: WhoamiFlags) => {
      const { runWhoami } = await import('./whoami.run.ts');
      done(await runWhoami(flags, { terminal, color: useColor(terminal, flags.color) }));
    });
};
