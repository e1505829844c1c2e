import type { Alert } from '../../model/alert.ts';
import { visible } from '../../report/visible.ts';
import { deliveryKey } from './sink.ts';

/** Facility 13: log audit. */
const facility = 13;
const severities = { critical: 2, high: 3, medium: 4, low: 5, info: 6 } as const;

export interface SyslogOrigin {
  readonly host: string;
  readonly process: number;
}

/**
 * An alert as one syslog message (RFC 5424): `MSGID` is the rule, the structured data holds who, what and how often
 * (32473 is the number that IANA keeps for examples: Bulwark has none of its own), the message is one sentence.
 */
export function syslogMessage(alert: Alert, { host, process }: SyslogOrigin): Buffer {
  const { severity, rule, title, message, actor, targets, attack, count } = alert;
  const head = [
    `<${facility * 8 + severities[severity]}>1`,
    alert.last,
    nameOf(host, 255),
    'bulwark',
    String(process),
    nameOf(rule, 32),
  ];
  const fields: readonly (readonly [string, string])[] = [
    ['id', deliveryKey(alert)],
    ['severity', severity],
    ['user', actor.user],
    ['impersonated', actor.impersonated],
    ['source', actor.source],
    ['target', targets[0] ?? ''],
    ['count', String(count)],
    ['first', alert.first],
    ['attack', attack.join(' ')],
  ];
  const data = fields
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${quoted(visible(value).slice(0, 512))}"`);
  const text = `${head.join(' ')} [alert@32473 ${data.join(' ')}] `;
  const sentence = `${title}: ${visible(message)}`.slice(0, 4_000);
  // RFC 5424 asks for a byte order mark before text that is UTF-8.
  return Buffer.concat([Buffer.from(text), Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(sentence)]);
}

function quoted(value: string): string {
  return value.replaceAll(/["\\\]]/g, (mark) => `\\${mark}`);
}

/** Printable ASCII without spaces; `-` where there is none. */
function nameOf(text: string, longest: number): string {
  const name = text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, longest);
  return name === '' ? '-' : name;
}
