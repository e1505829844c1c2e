import { Command, CommanderError } from 'commander';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { admitCommand } from './admit.ts';
import { auditCommand } from './audit.ts';
import { certificatesCommand } from './certificates.ts';
import type { RegisterCommand } from './command.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { controlsCommand } from './controls.ts';
import { dataCommand } from './data.ts';
import { detectionsCommand } from './detections.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { fixCommand } from './fix.ts';
import { generateCommand } from './generate.ts';
import { guideCommand } from './guide.ts';
import { networkCommand } from './network.ts';
import { nodeCommand } from './node.ts';
import { planCommand } from './plan.ts';
import { probeCommand } from './probe.ts';
import { rbacCommand } from './rbac.ts';
import { scanCommand } from './scan.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';
import { watchCommand } from './watch.ts';
import { webhookCommand } from './webhook.ts';
import { whoamiCommand } from './whoami.ts';

const commands: readonly RegisterCommand[] = [
  scanCommand,
  fixCommand,
  diffCommand,
  configCommand,
  certificatesCommand,
  whoamiCommand,
  probeCommand,
  explainCommand,
  controlsCommand,
  dataCommand,
  guideCommand,
  rbacCommand,
  networkCommand,
  generateCommand,
  nodeCommand,
  auditCommand,
  detectionsCommand,
  watchCommand,
  admitCommand,
  planCommand,
  webhookCommand,
  completionCommand,
];

export function createProgram(
  terminal: Terminal,
  name: string,
): { readonly command: Command; run(args: readonly string[]): Promise<number> } {
  let exitCode: number = exitCodes.clean;
  const program = new Command(name)
    .description('Finds what is insecure in a Kubernetes cluster, shows how it knows, and mends it.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .option('--debug', 'print the stack of an unexpected error')
    .showHelpAfterError(`(run "${name} --help" for what there is)`)
    .configureOutput({
      writeOut: (text) => void terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHelpWidth: () => terminal.width,
      getErrHelpWidth: () => terminal.width,
    })
    .exitOverride();
  for (const register of commands) {
    register(program, terminal, (code) => {
      exitCode = code;
    });
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  return {
    command: program,
    async run(args) {
      if (args.length === 0) {
        await terminal.out(program.helpInformation());
        return exitCodes.clean;
      }
      try {
        await program.parseAsync(args, { from: 'user' });
        return exitCode;
      } catch (error) {
        return report(error, terminal, program.opts().debug === true);
      }
    },
  };
}

function report(error: unknown, terminal: Terminal, debug: boolean): number {
  // commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.usage;
  if (error instanceof BulwarkError) {
    terminal.err(`bulwark: ${error.message}\n${error.hint === '' ? '' : `  ${error.hint}\n`}`);
    if (debug && error.cause !== undefined) terminal.err(`${describe(error.cause)}\n`);
    return incompleteCodes.has(error.code) ? exitCodes.incomplete : exitCodes.usage;
  }
  const stack = debug ? describe(error) : '  run again with --debug for the stack, and report it';
  terminal.err(`bulwark: internal error: ${error instanceof Error ? error.message : String(error)}\n${stack}\n`);
  return exitCodes.internal;
}

/** Evidence that could not be had, as against a command line that cannot be served. */
const incompleteCodes: ReadonlySet<string> = new Set([
  'credentials-failed',
  'server-unreachable',
  'server-refused',
  'state-unwritable',
]);

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
