import type { RegisterCommand } from './command.ts';

export const nodeCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('node')
    .summary('how to bring the evidence of a node that has no Bulwark')
    .description('Helps with nodes on which Bulwark does not run itself.')
    .command('script')
    .summary('print a shell script that collects a node’s evidence')
    .description(
      'Prints a POSIX shell script. Run as root on a node, it writes one tar.gz for "bulwark scan --node-bundle FILE".\n' +
        'It only reads, needs nothing but a shell and the usual tools (busybox will do), and takes out private keys,\n' +
        'tokens and passwords before anything leaves the node.',
    )
    .action(async () => {
      const { runNodeScript } = await import('./node.run.ts');
      done(await runNodeScript(terminal));
    });
};
