import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Severity, severities } from '../model/severity.ts';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';
import { seconds, smallCount } from './option-values.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface WatchFlags {
  readonly once?: true;
  readonly rules: readonly string[];
  readonly settings?: string;
  readonly builtin: boolean;
  readonly severity: Severity;
  readonly failOn: Severity | 'none';
  readonly state?: string;
  readonly fromStart?: true;
  readonly snapshot?: string;
  readonly sink: readonly string[];
  readonly sinkCa?: string;
  readonly sinkSecretFile?: string;
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly clientCa?: string;
  readonly clientName: readonly string[];
  readonly tokenFile?: string;
  readonly reorder: number;
  readonly url?: string;
  readonly printWebhookConfig?: true;
  readonly metrics?: string;
  readonly quietAfter: number;
  readonly updateEvery: number;
  readonly canary?: true;
  readonly canaryEvery: number;
  readonly canaryWithin: number;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly nats?: string;
  readonly publish?: true;
  readonly worker?: true;
  readonly deliver?: true;
  readonly natsPartitions: number;
  readonly natsReplicas: number;
  readonly natsCreds?: string;
  readonly natsNkey?: string;
  readonly natsCa?: string;
  readonly natsCert?: string;
  readonly natsKey?: string;
  readonly lease: number;
  readonly color: ColorChoice;
}

/** With the choice of colours made. */
export type RunFlags = Omit<WatchFlags, 'color'> & { readonly color: 'always' | 'never' };

export const watchCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('watch')
    .summary('follow audit logs and tell what attackers do')
    .description(
      'Reads the audit log of API servers as it is written, or as they send it, and alerts on what an\n' +
        'attacker would do: one alert an incident. A restart goes on where the last run ended, and tells\n' +
        'nothing twice.',
    )
    .argument('[source...]', 'log files, - for standard input, webhook: for what API servers send')
    .option('--once', 'read the sources to their ends, and exit with the exit codes of scan')
    .option('--from-start', 'begin at the start of files that were not watched before, and not at their ends')
    .option(
      '--state <dir>',
      'where to keep how far it has come; kept under ~/.local/state without it, and not at all with --once',
    );
  addDetectionOptions(command);
  addReceiverOptions(command);
  addSinkOptions(command);
  addSensorOptions(command);
  addNatsOptions(command);
  command.addHelpText('after', help).action(async (sources: string[], flags: WatchFlags) => {
    const { runWatch } = await import('./watch.run.ts');
    done(await runWatch(sources, { ...flags, color: useColor(terminal, flags.color) }, terminal));
  });
};

function addDetectionOptions(command: Command): void {
  command
    .optionsGroup('Detections:')
    .option('--rules <dir>', 'add the Sigma rules in this folder (repeatable)', repeatable, [])
    .option('--settings <file>', 'whom this cluster trusts, how long to learn, lists of addresses')
    .option('--no-builtin', 'leave out the built-in detections')
    .addOption(
      new Option('--severity <severity>', 'tell alerts of this severity or above').choices(severities).default('low'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'with --once: exit with 1 for alerts of this severity or above')
        .choices([...severities, 'none'])
        .default('high'),
    )
    .option('--snapshot <file>', 'name the findings of this saved snapshot that made an incident possible');
}

function addReceiverOptions(command: Command): void {
  command
    .optionsGroup('Receiver (webhook:):')
    .option('--listen <address:port>', 'where API servers post events', '127.0.0.1:9443')
    .option('--tls-cert <file>', 'certificate of the receiver, with its chain; needed except on loopback')
    .option('--tls-key <file>', 'its key')
    .option('--client-ca <file>', 'take events from clients with a certificate of this authority')
    .option('--client-name <name>', 'only from certificates with this common name (repeatable)', repeatable, [])
    .option('--token-file <file>', 'take events from clients with the bearer token in this file')
    .option(
      '--reorder <ms>',
      'how long events wait for earlier ones of another batch; 0 for not at all',
      millisecondsOrNever,
      50,
    )
    .option('--print-webhook-config', 'print the kubeconfig for --audit-webhook-config-file, and stop')
    .option('--url <url>', 'with --print-webhook-config: how API servers reach the receiver, https://HOST:PORT')
    .option('--tls-ca <file>', 'with --print-webhook-config: the authority that signed --tls-cert');
}

function addSinkOptions(command: Command): void {
  command
    .optionsGroup('Sinks:')
    .option(
      '--sink <kind[=where]>',
      'terminal, ndjson[=FILE], webhook=URL, slack=URL, alertmanager=URL, elasticsearch=URL, syslog=URL; @FILE for a URL ' +
        'that is a secret (repeatable)',
      repeatable,
      [],
    )
    .option('--sink-ca <file>', 'authority to trust when sending, besides those of the system')
    .option('--sink-secret-file <file>', 'sign what --sink webhook sends with this secret (HMAC-SHA-256)')
    .option('--update-every <seconds>', 'least time between two updates of one incident', seconds, 60)
    .addOption(colorOption());
}

function addSensorOptions(command: Command): void {
  command
    .optionsGroup('Health:')
    .option('--metrics <address:port>', 'serve /metrics for Prometheus, and /healthz')
    .option('--quiet-after <seconds>', 'alert when no event came for so long; 0 for never', secondsOrNever, 300)
    .option('--canary', 'send a harmless request to the API server now and then, and alert if it is not logged')
    .option('--canary-every <seconds>', 'how often', seconds, 60)
    .option('--canary-within <seconds>', 'how long it may take to arrive', seconds, 120)
    .option('--kubeconfig <file>', 'with --canary: kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'with --canary: context to use instead of the current one');
}

function addNatsOptions(command: Command): void {
  command
    .optionsGroup('Several processes (NATS JetStream):')
    .option('--nats <url>', 'share the work through this server: nats://HOST:PORT or tls://HOST:PORT')
    .option('--publish', 'read the sources, and publish their events to the partitions')
    .option('--worker', 'take a share of the partitions, and publish alerts')
    .option('--deliver', 'bring the alerts to the sinks')
    .option('--nats-partitions <n>', "how many partitions of users; the server's mapping has to agree", smallCount, 8)
    .option('--nats-replicas <n>', 'copies of streams and states that are made: 1, 3 or 5', smallCount, 1)
    .option('--nats-creds <file>', 'credentials file; NATS_USER and NATS_PASSWORD are read from the environment')
    .option('--nats-nkey <file>', 'file with the seed of an nkey')
    .option('--nats-ca <file>', 'authority that signed the certificate of the server')
    .option('--nats-cert <file>', 'certificate to show to the server')
    .option('--nats-key <file>', 'its key')
    .option('--lease <seconds>', 'others take over the partitions of a worker that is silent for so long', seconds, 10);
}

/** An option that is a number of seconds up to a week, or 0. */
function secondsOrNever(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && number >= 0 && number <= 604_800) return number;
  throw new InvalidArgumentError('It must be a number of seconds, up to 604800, or 0.');
}

/** An option that is a whole number of milliseconds up to a minute, or 0. */
function millisecondsOrNever(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 60_000) return Number(value);
  throw new InvalidArgumentError('It must be a number of milliseconds, up to 60000, or 0.');
}

const help = `
Examples:
  bulwark watch /var/log/kubernetes/audit.log
  bulwark watch --once audit.log audit-2026-11-20.log.gz
  bulwark watch webhook: --listen 0.0.0.0:9443 --tls-cert tls.crt --tls-key tls.key --client-ca ca.crt
  bulwark watch audit.log --sink terminal --sink slack=@/etc/bulwark/slack --metrics 127.0.0.1:9100
  bulwark watch --nats tls://nats:4222 --worker

Exit codes with --once: 0 clean, 1 alerts at or above --fail-on, 2 usage, 3 incomplete evidence, 4 internal error.`;
