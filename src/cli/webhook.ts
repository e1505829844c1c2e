import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';
import { dnsLabel, imageName, seconds, smallCount } from './option-values.ts';

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ServeFlags extends ClusterFlags {
  readonly policies: readonly string[];
  readonly listen: string;
  readonly probes: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly clientCa?: string;
  readonly clientName: readonly string[];
  readonly url?: string;
  readonly standalone?: true;
  readonly reports?: true;
  readonly logAllowed?: true;
  readonly lookEvery: number;
  readonly stopDelay: number;
}

export interface KeepFlags extends ClusterFlags {
  readonly policies: readonly string[];
  readonly url?: string;
  readonly exempt: readonly string[];
  readonly enforceInKubeSystem?: true;
  readonly webhookTimeout: number;
  readonly certificateLife: number;
  readonly authorityLife: number;
  readonly overlap: number;
  readonly every: number;
  readonly probes: string;
}

export interface InstallFlags extends ClusterFlags {
  readonly policies: readonly string[];
  readonly url?: string;
  readonly image: string;
  readonly replicas: number;
  readonly priorityClass: string;
  readonly clientCaSecret?: string;
  readonly clientName: readonly string[];
  readonly reports?: true;
  readonly exempt: readonly string[];
  readonly enforceInKubeSystem?: true;
  readonly webhookTimeout?: number;
  readonly apiServerPort: readonly number[];
  readonly apiServerRange: readonly string[];
  readonly serverVersion?: number;
  readonly dryRun?: true;
  readonly apply?: true;
}

export interface UninstallFlags extends ClusterFlags {
  readonly apply?: true;
}

export interface StatusFlags extends ClusterFlags {
  readonly output: 'text' | 'json';
}

export interface UnlockFlags extends ClusterFlags {
  readonly for?: number;
  readonly reason?: string;
  readonly end?: true;
}

/** `bulwark webhook …`: the admission webhook, its keeper, and what operators do with it. */
export const webhookCommand: RegisterCommand = (program, terminal, done) => {
  const webhook = program
    .command('webhook')
    .summary('judge what is sent to the API server, before it is stored')
    .description('An admission webhook that decides by the same controls as scan, and what installs it and keeps it.')
    .addHelpText('after', help);

  serveOptions(cluster(policies(webhook.command('serve'))))
    .summary('answer the reviews of API servers')
    .description(
      'Answers admission reviews over HTTPS until it is stopped. Policy files and certificates are followed: what ' +
        'cannot be read leaves the last good ones in force, and /readyz and the log say so.',
    )
    .action(async (flags: ServeFlags) => {
      const { runServe } = await import('./webhook-serve.run.ts');
      done(await runServe(flags, terminal));
    });

  keepOptions(cluster(policies(webhook.command('keep'))))
    .summary('keep the webhook registered: certificates, rules, failure policy')
    .description(
      'Renews the certificates with overlap and keeps the webhook configurations as the policies need them. It alone ' +
        'may write those; the servers may not.',
    )
    .action(async (flags: KeepFlags) => {
      const { runKeep } = await import('./webhook-keep.run.ts');
      done(await runKeep(flags, terminal));
    });

  cluster(policies(webhook.command('install')))
    .summary('print, try or apply what the webhook needs in a cluster')
    .description('Prints the manifests of servers and keeper for these policies. Nothing is changed without --apply.')
    .option('--url <url>', 'servers run elsewhere, and API servers reach them here: https://HOST:PORT')
    .option('--image <image>', 'image of Bulwark', imageName, defaultImage)
    .option('--replicas <n>', 'how many servers', smallCount, 2)
    .option('--priority-class <name>', 'of the pods', 'system-cluster-critical')
    .option(
      '--client-ca-secret <name>',
      'Secret whose ca.crt signed the certificates that API servers must show',
      dnsLabel,
    )
    .option('--client-name <name>', 'common name that those must have (repeatable)', repeatable, [])
    .option('--reports', 'let the servers write policy reports')
    .option('--exempt <namespace>', 'leave this namespace out altogether (repeatable)', namespaceNames, [])
    .option('--enforce-in-kube-system', 'judge kube-system and kube-node-lease as well')
    .option('--webhook-timeout <seconds>', 'how long API servers wait for an answer', timeoutSeconds)
    .option(
      '--api-server-port <port>',
      'port that pods reach API servers at, for network policies (repeatable; asked for with --apply)',
      ports,
      [],
    )
    .option('--api-server-range <cidr>', 'addresses of API servers; any without it (repeatable)', ranges, [])
    .option('--server-version <version>', 'print for this version instead of asking the cluster', serverMinor)
    .addOption(new Option('--dry-run', 'let the API server judge every object, and keep none').conflicts('apply'))
    .option('--apply', 'apply the objects')
    .action(async (flags: InstallFlags) => {
      const { runInstall } = await import('./webhook-install.run.ts');
      done(await runInstall(flags, terminal));
    });

  cluster(webhook.command('uninstall'))
    .summary('remove everything that install brought')
    .description('Lists what would be removed, the webhook configurations first; --apply removes it.')
    .option('--apply', 'remove it')
    .action(async (flags: UninstallFlags) => {
      const { runUninstall } = await import('./webhook-uninstall.run.ts');
      done(await runUninstall(flags, terminal));
    });

  cluster(webhook.command('status'))
    .summary('how the webhook is registered, and until when its certificates hold')
    .description(
      'Tells what API servers know of the webhook. Exit code 1 where requests are not refused as they should be.',
    )
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (flags: StatusFlags) => {
      const { runStatus } = await import('./webhook-status.run.ts');
      done(await runStatus(flags, terminal));
    });

  cluster(webhook.command('unlock'))
    .summary('suspend refusals for a time')
    .description(
      'Until the time is over nothing is refused, servers warn instead, and a webhook that is down stops no request. ' +
        'The time, the reason and who asked stand in the configuration, an event and the audit log.',
    )
    .option('--for <duration>', 'how long, at most 24h: 30m, 2h', duration)
    .option('--reason <text>', 'why')
    .option('--end', 'end it now')
    .action(async (flags: UnlockFlags) => {
      const { runUnlock } = await import('./webhook-unlock.run.ts');
      done(await runUnlock(flags, terminal));
    });
};

const defaultImage = 'ghcr.io/bulwark/bulwark:0.1.0';

function policies(command: Command): Command {
  return command.requiredOption('--policies <path>', 'policy file, or a folder of them (repeatable)', repeatable);
}

function cluster(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace of the webhook', dnsLabel, 'bulwark')
    .option('--name <name>', 'of the configurations, and the prefix of everything else', dnsLabel, 'bulwark-webhook')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to use instead of the current one');
}

function serveOptions(command: Command): Command {
  return command
    .option('--listen <address:port>', 'where reviews come in', ':8443')
    .option('--probes <address:port>', 'where /livez, /readyz and /metrics are, over HTTP', ':8080')
    .requiredOption('--tls-cert <file>', 'certificate to serve; followed')
    .requiredOption('--tls-key <file>', 'its key; followed')
    .option('--client-ca <file>', 'authority of the certificates that API servers must show')
    .option('--client-name <name>', 'common name that they must have (repeatable; any without it)', repeatable, [])
    .option('--url <url>', 'how API servers reach it, where that is not its Service')
    .option('--standalone', 'ask no API server: policies that need to know the cluster cannot decide')
    .option('--reports', 'write refusals and warnings into policy reports, where the cluster has them')
    .option('--log-allowed', 'log what is allowed as well')
    .option('--look-every <seconds>', 'how often files and the registration are looked at', seconds, 5)
    .option('--stop-delay <seconds>', 'how long it goes on answering when it is stopped', seconds, 5);
}

function keepOptions(command: Command): Command {
  return command
    .option('--url <url>', 'how API servers reach the servers, where that is not their Service')
    .option('--exempt <namespace>', 'leave this namespace out altogether (repeatable)', namespaceNames, [])
    .option('--enforce-in-kube-system', 'judge kube-system and kube-node-lease as well')
    .option('--webhook-timeout <seconds>', 'how long API servers wait for an answer', timeoutSeconds, 5)
    .option('--certificate-life <seconds>', 'renewed at two thirds of it', life, 30 * day)
    .option('--authority-life <seconds>', 'renewed at two thirds of it', life, 365 * day)
    .option('--overlap <seconds>', 'how long both authorities are trusted before and after a change', life, 900)
    .option('--every <seconds>', 'how often it looks', seconds, 10)
    .option('--probes <address:port>', 'where /livez and /readyz are, over HTTP', ':8080');
}

const day = 86_400;

/** An option that is a number of seconds, up to ten years. */
function life(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && number >= 1 && number <= 3650 * day) return number;
  throw new InvalidArgumentError('It must be a number of seconds, from 1 on.');
}

function namespaceNames(value: string, before: readonly string[]): readonly string[] {
  return [...before, dnsLabel(value)];
}

function ports(value: string, before: readonly number[]): readonly number[] {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port >= 1 && port <= 65_535) return [...before, port];
  throw new InvalidArgumentError('It must be a port, from 1 to 65535.');
}

function ranges(value: string, before: readonly string[]): readonly string[] {
  const [address = '', length, ...rest] = value.split('/');
  const isLength = /^\d{1,3}$/.test(length ?? '') && Number(length) <= (isIP(address) === 4 ? 32 : 128);
  if (isIP(address) !== 0 && isLength && rest.length === 0) return [...before, value];
  throw new InvalidArgumentError('It must be a range of addresses, such as 10.0.0.0/24.');
}

/** As the API server takes it. */
function timeoutSeconds(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 30) return number;
  throw new InvalidArgumentError('It must be a whole number of seconds, from 1 to 30.');
}

/** `1.33` or `v1.33`, as its minor. */
function serverMinor(value: string): number {
  const minor = /^v?1\.(\d{1,3})(?:\.\d+)?$/.exec(value)?.[1];
  if (minor !== undefined) return Number(minor);
  throw new InvalidArgumentError('It must be a version of Kubernetes, such as 1.33.');
}

/** `30m` or `2h`, in milliseconds. */
function duration(value: string): number {
  const match = /^(\d{1,4})(s|m|h)$/.exec(value);
  const factor = match?.[2] === 'h' ? 3_600_000 : match?.[2] === 'm' ? 60_000 : 1000;
  const milliseconds = Number(match?.[1]) * factor;
  if (milliseconds > 0 && milliseconds <= 24 * 3_600_000) return milliseconds;
  throw new InvalidArgumentError('It must be a time up to 24h, such as 30m.');
}

const help = `
Examples:
  bulwark webhook install --policies policies.yaml > webhook.yaml
  bulwark webhook install --policies policies.yaml --dry-run
  bulwark webhook status
  bulwark webhook unlock --for 30m --reason "INC-1234: the registry moved"
  bulwark webhook uninstall --apply`;
