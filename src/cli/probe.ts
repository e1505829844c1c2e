import { InvalidArgumentError, Option } from 'commander';
import { type Severity, severities } from '../model/severity.ts';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface ProbeFlags {
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly weakContext?: string;
  readonly weakTokenFile?: string;
  readonly weakClientCertificate?: string;
  readonly weakClientKey?: string;
  readonly node?: true;
  readonly root?: string;
  readonly port: readonly string[];
  readonly timeout: number;
  readonly maxTime: number;
  readonly rate: number;
  readonly output: 'terminal' | 'json';
  readonly failOn: Severity | 'none';
  readonly verbose?: true;
  readonly color: ColorChoice;
}

export const probeCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('probe')
    .summary('what a stranger sees of the hosts you name')
    .description(
      'Connects to the hosts that are named, and only to these, and says what each listener lets anyone see: who is let in without credentials, which TLS is spoken, and with which certificate.\n' +
        'Nothing but reading requests is sent, and no credentials unless asked for.',
    )
    .argument('[host...]', 'HOST, HOST:PORT, [IPV6]:PORT or HOST:PORT=LISTENER')
    .optionsGroup('Targets:')
    .option('--cluster', 'the nodes of the current context, or of --context')
    .option('--port <port[=listener]>', 'look at this port instead of the usual ones (repeatable)', repeatable, [])
    .option('--node', "add the ports of this machine's components; without a host, look at 127.0.0.1")
    .option('--root <dir>', 'add the ports that a mounted or unpacked node is configured for')
    .option('--timeout <seconds>', 'longest wait for one connection', numberUpTo(60), 3)
    .option('--rate <number>', 'connections a second to one host, at most', numberUpTo(1000), 10)
    .option('--max-time <seconds>', 'longest time for everything', numberUpTo(86_400), 600)
    .optionsGroup('Credentials, sent only where the server verifies:')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'ask also as the user of this context, verified by its authority')
    .option('--certificate-authority <file>', 'verify certificates against this authority, also without credentials')
    .option('--client-certificate <file>', 'ask also with this client certificate')
    .option('--client-key <file>', 'its key')
    .option('--weak-context <name>', 'an identity without rights, to compare with: the user of this context')
    .option('--weak-token-file <file>', 'the same, by a token')
    .option('--weak-client-certificate <file>', 'the same, by a client certificate')
    .option('--weak-client-key <file>', 'its key')
    .optionsGroup('Report:')
    .addOption(new Option('-o, --output <format>', 'report format').choices(['terminal', 'json']).default('terminal'))
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 for exposures of this severity or above')
        .choices([...severities, 'none'])
        .default('high'),
    )
    .option('-v, --verbose', 'show reason and remedy of everything, and the TLS of every listener')
    .addOption(colorOption())
    .addHelpText('after', help)
    .action(async (hosts: string[], flags: ProbeFlags) => {
      const { runProbe } = await import('./probe.run.ts');
      done(await runProbe(hosts, { ...flags, color: useColor(terminal, flags.color) }, terminal));
    });
};

function numberUpTo(limit: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== '' && Number.isFinite(number) && number > 0 && number <= limit) return number;
    throw new InvalidArgumentError(`It must be a number above 0, up to ${limit}.`);
  };
}

const help = `
Examples:
  bulwark probe 10.0.0.5                        the usual ports of a node or control plane
  bulwark probe 10.0.0.5:10250 [fd00::5]:6443   just these
  bulwark probe 10.0.0.5:31000=dashboard        a listener on a port of its own
  bulwark probe --cluster -o json               every node of the current context
  bulwark probe 10.0.0.5 --context prod --weak-context prod-nobody

Exit codes: 0 clean, 1 exposures at or above --fail-on, 2 usage, 3 incomplete, 4 internal error.`;
