import { type Command, Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { addEvidenceOptions, type EvidenceFlags, repeatable } from './evidence.ts';
import { type ColorChoice, colorOption, type Terminal, useColor } from './terminal.ts';

/** What the sub-commands share. */
export interface NetworkFlags extends EvidenceFlags {
  readonly output: string;
  readonly color: ColorChoice;
}

export interface NetworkListFlags extends NetworkFlags {
  readonly focus?: string;
}

export interface NetworkGenerateFlags extends NetworkFlags {
  readonly for?: readonly string[];
  readonly flows?: readonly string[];
  readonly baseline?: true;
  readonly ingressOnly?: true;
  readonly apiServer?: readonly string[];
}

export interface NetworkSession {
  readonly terminal: Terminal;
  readonly color: 'always' | 'never';
}

const names =
  'Endpoints are named NAMESPACE/NAME (a pod or workload), KIND/NAMESPACE/NAME (Services too), NAMESPACE/*, an address, node or internet.';

/** `bulwark network …`: one sub-command for each question about who can talk to whom. */
export const networkCommand: RegisterCommand = (program, terminal, done) => {
  const network = program
    .command('network')
    .summary('who can talk to whom, why, and what is open to the outside')
    .description(
      'Answers from manifests, a saved snapshot or a live cluster what NetworkPolicies let through, exactly: of Kubernetes, its admin tiers, and Calico and Cilium as far as it is certain. What the objects do not decide is said to be unknown.',
    );
  const session = (flags: NetworkFlags): NetworkSession => ({ terminal, color: useColor(terminal, flags.color) });

  shared(network.command('list'), ['text', 'json', 'dot', 'svg'])
    .summary('who can talk to whom')
    .description(
      'Lists for each group of endpoints who can connect to it and at which ports; endpoints that are treated alike stand together.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .option('--focus <name>', 'only what goes from or to this endpoint')
    .action(async (paths: string[], flags: NetworkListFlags) => {
      const { runNetworkList } = await import('./network-list.run.ts');
      done(await runNetworkList(paths, flags, session(flags)));
    });

  shared(network.command('can'), ['text', 'json'])
    .summary('whether one endpoint may connect to another')
    .description(
      `Says whether FROM may connect to TO, at a port or at which. ${names} Exit code 0 for yes, 1 for no or partly, 3 where it is not known.`,
    )
    .argument('<from>', 'who connects')
    .argument('<to[:port]>', 'to whom: shop/db:5432, shop/dns:53/udp, shop/web:http')
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .action(async (from: string, to: string, paths: string[], flags: NetworkFlags) => {
      const { runNetworkAnswer } = await import('./network-answer.run.ts');
      done(await runNetworkAnswer({ from, to, paths, detail: 'answer' }, flags, session(flags)));
    });

  shared(network.command('why'), ['text', 'json'])
    .summary('which policies decide about a connection')
    .description(`As can, and names the policies and rules that decide at both ends, with file and line. ${names}`)
    .argument('<from>', 'who connects')
    .argument('<to[:port]>', 'to whom; without a port, the first that it declares')
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .action(async (from: string, to: string, paths: string[], flags: NetworkFlags) => {
      const { runNetworkAnswer } = await import('./network-answer.run.ts');
      done(await runNetworkAnswer({ from, to, paths, detail: 'reasons' }, flags, session(flags)));
    });

  shared(network.command('exposed'), ['text', 'json'])
    .summary('what the internet, a node or any pod can reach')
    .description(
      'Lists the ways in that Services, Ingresses, routes of the Gateway API and ports of hosts make, and what policies say of each; then what every pod and every node reaches.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .action(async (paths: string[], flags: NetworkFlags) => {
      const { runNetworkExposed } = await import('./network-exposed.run.ts');
      done(await runNetworkExposed(paths, flags, session(flags)));
    });

  shared(network.command('matrix'), ['text', 'json', 'dot', 'svg'])
    .summary('everybody against everybody, as a table or picture')
    .description(
      'Draws who can connect to whom: rows connect to columns. Endpoints that are treated alike share a row.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .option('--focus <name>', 'only what goes from or to this endpoint')
    .action(async (paths: string[], flags: NetworkListFlags) => {
      const { runNetworkMatrix } = await import('./network-matrix.run.ts');
      done(await runNetworkMatrix(paths, flags, session(flags)));
    });

  shared(network.command('generate'), ['text', 'json'])
    .summary('write policies: a default deny, or the least that lets everything work')
    .description(
      'Writes NetworkPolicies: a default deny with DNS, and for each workload what manifests and Services speak of, or what a log of flows shows. Evaluates them with everything else that is there, and says what they forbid. Changes nothing. Exit code 1 where something that must work would not.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .option(
      '--for <namespace>',
      'write policies for this namespace (repeatable); all of your own where none is named',
      repeatable,
    )
    .option(
      '--flows <file>',
      'take connections from a log: Hubble or Inspektor Gadget JSON, or CSV (repeatable)',
      repeatable,
    )
    .option('--baseline', 'only the default deny and the way to DNS')
    .option('--ingress-only', 'leave egress open')
    .option(
      '--api-server <address:port>',
      'where pods reach the API server, if the evidence does not tell (repeatable)',
      repeatable,
    )
    .action(async (paths: string[], flags: NetworkGenerateFlags) => {
      const { runNetworkGenerate } = await import('./network-generate.run.ts');
      done(await runNetworkGenerate(paths, flags, session(flags)));
    });

  shared(network.command('assert'), ['text', 'json'])
    .summary('whether the connections that must and must not be are')
    .description(
      `Reads requirements from a file, one a line: "allow shop/web -> shop/db:5432", "deny team=blue -> team=red" (a label of namespaces), "deny internet -> shop/*". ${names} Exit code 1 where one does not hold, 3 where one is not known.`,
    )
    .argument('<file>', 'the requirements, or - for standard input')
    .argument('[path...]', 'files, folders or globs')
    .action(async (file: string, paths: string[], flags: NetworkFlags) => {
      const { runNetworkAssert } = await import('./network-assert.run.ts');
      done(await runNetworkAssert([file, ...paths], flags, session(flags)));
    });

  shared(network.command('convert'), ['text', 'json'])
    .summary('write AdminNetworkPolicies as ClusterNetworkPolicies')
    .description(
      'Writes every AdminNetworkPolicy and BaselineAdminNetworkPolicy as the ClusterNetworkPolicy that decides the same; what both mean is compared. Changes nothing. Exit code 1 where one has no such form.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input')
    .action(async (paths: string[], flags: NetworkFlags) => {
      const { runNetworkConvert } = await import('./network-convert.run.ts');
      done(await runNetworkConvert(paths, flags, session(flags)));
    });

  network
    .command('diff')
    .summary('which connections a change opens or closes')
    .description(
      'Compares two sets of manifests or saved snapshots and tells which connections become possible and which end; -o markdown writes the comment of a pull request. Exit code 1 where there is a difference.',
    )
    .argument('<before>', 'a file, a folder or a saved snapshot')
    .argument('<after>', 'another')
    .addOption(colorOption())
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json', 'markdown']).default('text'),
    )
    .action(async (before: string, after: string, flags: NetworkFlags) => {
      const { runNetworkDiff } = await import('./network-diff.run.ts');
      done(await runNetworkDiff([before, after], flags, session(flags)));
    });
};

/** Evidence that tells nothing of who can talk to whom: its options work, but are no help on these pages. */
const apart: ReadonlySet<string> = new Set([
  ...['--kubelet-config', '--node', '--root', '--node-bundle', '--nodes', '--kubeconfigs', '--now'],
  ...['--node-selector', '--collector-image', '--collector-namespace', '--node-timeout', '--nodes-at-once'],
  ...['--etcd', '--etcd-cacert', '--etcd-cert', '--etcd-key', '--etcd-servername', '--no-etcd'],
]);

function shared(command: Command, formats: readonly string[]): Command {
  const evidence = addEvidenceOptions(command);
  for (const option of command.options) {
    if (apart.has(option.long ?? '')) option.hideHelp();
  }
  return evidence
    .optionsGroup('Report:')
    .addOption(colorOption())
    .addOption(new Option('-o, --output <format>', 'how to print it').choices([...formats]).default('text'));
}
