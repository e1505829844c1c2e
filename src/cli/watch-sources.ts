import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BulwarkError } from '../model/errors.ts';
import { callerCheck } from '../watch/receiver/caller.ts';
import { serverCertificate, type TlsFiles } from '../watch/receiver/tls-files.ts';
import { webhookConfig } from '../watch/receiver/webhook-config.ts';
import { type WebhookSourceOptions, webhookSource } from '../watch/receiver/webhook-source.ts';
import { type EventSource, fileSource, stdinSource } from '../watch/sources/index.ts';
import { isLoopback, parseAddress } from './address.ts';
import type { Terminal } from './terminal.ts';
import type { WatchFlags } from './watch.ts';

const webhook = 'webhook:';

export interface SourceContext
  extends Pick<WebhookSourceOptions, 'onListening' | 'onAnswered' | 'onRepeated' | 'onBacklog'> {
  readonly flags: WatchFlags;
  readonly terminal: Terminal;
  /** For the spool of the receiver. */
  readonly stateFolder: string | undefined;
}

/** The sources that the arguments name. Throws `usage`. */
export async function openSources(names: readonly string[], context: SourceContext): Promise<readonly EventSource[]> {
  const { flags, terminal } = context;
  if (names.length === 0) {
    throw new BulwarkError('usage', 'there is nothing to watch', 'name a log file, - for standard input, or webhook:');
  }
  if (new Set(names).size < names.length) throw new BulwarkError('usage', 'a source is named twice', 'name each once');
  if (flags.once === true && names.includes(webhook)) {
    throw new BulwarkError('usage', 'webhook: has no end to read to', 'leave out --once');
  }
  const sources: EventSource[] = [];
  for (const name of names) {
    if (name === '-') sources.push(stdinSource(process.stdin));
    else if (name === webhook) sources.push(await openReceiver(context));
    else if (/^(nats|https?):/.test(name))
      throw new BulwarkError('usage', `there is no source ${name.split(':', 1)[0]}:`, 'sources: files, - and webhook:');
    else sources.push(fileSource(resolve(terminal.cwd, name)));
  }
  return sources;
}

async function openReceiver({ flags, terminal, stateFolder, ...events }: SourceContext): Promise<EventSource> {
  const { host, port } = parseAddress('--listen', flags.listen);
  const clients = clientsOf(flags);
  const files = tlsFilesOf(flags, terminal);
  if (files === undefined && !isLoopback(host)) {
    throw new BulwarkError(
      'usage',
      `--listen ${flags.listen} needs TLS`,
      'add --tls-cert and --tls-key, or listen on 127.0.0.1',
    );
  }
  if (files === undefined && clients !== 'token') {
    throw new BulwarkError('usage', '--client-ca needs TLS', 'add --tls-cert and --tls-key');
  }
  if (stateFolder === undefined)
    throw new BulwarkError('usage', 'webhook: needs a folder for its state', 'add --state');
  const check = await callerCheck({
    certificates: flags.clientCa !== undefined,
    names: new Set(flags.clientName),
    tokenFile: flags.tokenFile === undefined ? undefined : resolve(terminal.cwd, flags.tokenFile),
  });
  const certificate = files === undefined ? undefined : await serverCertificate(files);
  return webhookSource({
    host,
    port,
    certificate,
    check,
    folder: join(stateFolder, 'spool'),
    limits: { reorder: flags.reorder },
    ...events,
  });
}

/** The kubeconfig for API servers. Throws `usage`. */
export async function printWebhookConfig(flags: WatchFlags, terminal: Terminal): Promise<string> {
  const files = tlsFilesOf(flags, terminal);
  if (files === undefined) {
    throw new BulwarkError(
      'usage',
      '--print-webhook-config needs the certificate of the receiver',
      'add --tls-cert and --tls-key',
    );
  }
  const { port } = parseAddress('--listen', flags.listen);
  return webhookConfig({
    url: flags.url,
    port,
    certificate: await readFile(files.cert, 'utf8'),
    authority: flags.tlsCa === undefined ? undefined : await readFile(resolve(terminal.cwd, flags.tlsCa), 'utf8'),
    clients: clientsOf(flags),
  });
}

function tlsFilesOf(flags: WatchFlags, { cwd }: Terminal): TlsFiles | undefined {
  const { tlsCert, tlsKey, clientCa } = flags;
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new BulwarkError('usage', '--tls-cert and --tls-key go together', 'give both');
  }
  return {
    cert: resolve(cwd, tlsCert),
    key: resolve(cwd, tlsKey),
    clientCa: clientCa === undefined ? undefined : resolve(cwd, clientCa),
    clients: clientsOf(flags),
  };
}

function clientsOf({ clientCa, tokenFile }: WatchFlags): TlsFiles['clients'] {
  if (clientCa !== undefined) return tokenFile === undefined ? 'certificate' : 'certificate-or-token';
  if (tokenFile !== undefined) return 'token';
  throw new BulwarkError(
    'usage',
    'webhook: would take events from anybody',
    'add --client-ca, --token-file, or both: then either will do',
  );
}
