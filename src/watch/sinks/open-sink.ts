import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { BulwarkError } from '../../model/errors.ts';
import { isLoopback } from '../../semantics/node/listen-address.ts';
import type { AlertPage } from './alert-lines.ts';
import { alertmanagerSink } from './alertmanager.ts';
import { elasticsearchSink } from './elasticsearch.ts';
import { HttpTarget } from './http-target.ts';
import { ndjsonFileSink, ndjsonSink } from './ndjson.ts';
import type { Sink } from './sink.ts';
import { slackSink } from './slack.ts';
import { syslogSink } from './syslog.ts';
import { terminalSink } from './terminal.ts';
import { webhookSink } from './webhook.ts';

export interface SinkContext {
  readonly cwd: string;
  readonly write: (text: string) => Promise<void>;
  readonly page: AlertPage;
  /** Authorities to trust besides the system's, PEM. */
  readonly ca: string | undefined;
  /** Signs what webhooks are sent. */
  readonly secret: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const sinkKinds = ['terminal', 'ndjson', 'webhook', 'slack', 'alertmanager', 'elasticsearch', 'syslog'] as const;
type SinkKind = (typeof sinkKinds)[number];

/**
 * A sink from `KIND` or `KIND=WHERE`. A URL with a secret in it is better read from a file: `slack=@FILE`, whose first
 * line is the URL and whose other lines are headers to send. Throws `usage`, without repeating what may be a secret.
 */
export async function openSink(spec: string, context: SinkContext): Promise<Sink> {
  const equals = spec.indexOf('=');
  const kind = sinkKinds.find((name) => name === (equals === -1 ? spec : spec.slice(0, equals)));
  const where = equals === -1 ? '' : spec.slice(equals + 1);
  if (kind === undefined)
    throw usage(`there is no sink "${spec.slice(0, 40).split('=', 1)[0]}"`, `sinks: ${sinkKinds.join(', ')}`);
  if (kind === 'terminal') return terminalSink(context);
  if (kind === 'ndjson') return where === '' || where === '-' ? ndjsonSink(context.write) : openFile(where, context);
  if (where === '') throw usage(`the sink ${kind} needs to know where`, `write ${examples[kind]}`);
  if (kind === 'syslog') return openSyslog(where, context);
  const { url, target } = await openTarget(kind, where, context);
  const name = `${kind}:${url.host}${shortHash(url.href)}`;
  if (kind === 'webhook') return webhookSink({ name, target, secret: context.secret, now: () => context.now() / 1000 });
  if (kind === 'slack') return slackSink({ name, target });
  if (kind === 'alertmanager') return alertmanagerSink({ name, target, now: context.now });
  return elasticsearchSink({ name, target, index: url.searchParams.get('index') ?? 'bulwark-alerts' });
}

const examples = {
  webhook: '--sink webhook=https://HOST/PATH, or --sink webhook=@FILE with the URL and headers in it',
  slack: '--sink slack=@FILE, with the URL of an incoming webhook in it',
  alertmanager: '--sink alertmanager=http://HOST:9093',
  elasticsearch: '--sink elasticsearch=https://HOST:9200?index=NAME, or =@FILE with the URL and headers in it',
  syslog: '--sink syslog=udp://HOST:514, tcp:// or tls://',
} as const;

async function openFile(where: string, { cwd }: SinkContext): Promise<Sink> {
  const path = resolve(cwd, where);
  try {
    return await ndjsonFileSink(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('output-unwritable', `cannot write ${path}: ${reason}`, 'choose another file', { cause });
  }
}

function openSyslog(where: string, { ca }: SinkContext): Sink {
  const url = parseUrl('syslog', where);
  const protocol = (['udp', 'tcp', 'tls'] as const).find((name) => `${name}:` === url.protocol);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (protocol === undefined || host === '') throw usage('the sink syslog cannot be read', `write ${examples.syslog}`);
  const port = url.port === '' ? { udp: 514, tcp: 601, tls: 6514 }[protocol] : Number(url.port);
  const origin = { host: hostname(), process: process.pid };
  return syslogSink({ name: `syslog:${protocol}://${host}:${port}`, protocol, host, port, origin, ca });
}

async function openTarget(
  kind: SinkKind,
  where: string,
  { cwd, ca }: SinkContext,
): Promise<{ readonly url: URL; readonly target: HttpTarget }> {
  const { url, headers } = where.startsWith('@')
    ? await readTargetFile(kind, resolve(cwd, where.slice(1)))
    : { url: parseUrl(kind, where), headers: new Map<string, string>() };
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw usage(`the sink ${kind} needs an http or https URL`, '');
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  }
  if (url.protocol === 'http:' && (headers.size > 0 || kind === 'slack') && !isLoopback(url.hostname)) {
    throw usage(`the sink ${kind} would send credentials without encryption`, 'use https');
  }
  const sent = new URL(url);
  sent.username = '';
  sent.password = '';
  if (kind === 'elasticsearch') sent.search = '';
  return { url, target: new HttpTarget({ url: sent, headers, ca }) };
}

async function readTargetFile(kind: SinkKind, path: string): Promise<{ url: URL; headers: Map<string, string> }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw usage(`the sink ${kind}: ${cause instanceof Error ? cause.message : String(cause)}`, 'name a readable file');
  }
  const [first = '', ...rest] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const headers = new Map<string, string>();
  for (const line of rest) {
    const colon = line.indexOf(':');
    if (colon < 1) throw usage(`${path} has a line that is no header`, 'write NAME: VALUE, one a line, after the URL');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { url: parseUrl(kind, first.trim()), headers };
}

function parseUrl(kind: SinkKind, text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw usage(
    `the sink ${kind} is not a URL`,
    kind in examples ? `write ${examples[kind as keyof typeof examples]}` : '',
  );
}

/** Tells URLs of one host apart without showing them. */
function shortHash(text: string): string {
  return `#${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function usage(message: string, hint: string): BulwarkError {
  return new BulwarkError('usage', message, hint);
}
