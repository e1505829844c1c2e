import type { Alert } from '../../model/alert.ts';
import type { Json } from '../../model/json.ts';
import { visibleShort } from '../../report/visible.ts';
import { whenText, whoText } from './alert-text.ts';
import { type HttpTarget, refusalOf } from './http-target.ts';
import { noRefusals, type Sink } from './sink.ts';

/** Posts each alert to a Slack incoming webhook, as Block Kit with a plain text for notifications. */
export function slackSink({ name, target }: { readonly name: string; readonly target: HttpTarget }): Sink {
  return {
    name,
    updates: 'latest',
    batch: 1,
    async deliver(alerts, signal) {
      const [alert] = alerts;
      if (alert === undefined) return noRefusals;
      const body = JSON.stringify(slackMessage(alert));
      const reason = refusalOf(await target.post({ body, contentType: 'application/json', signal }), target.host);
      return reason === undefined ? noRefusals : [{ alert, reason }];
    },
    close: async () => target.close(),
  };
}

const colors = { critical: '#8b0000', high: '#d32f2f', medium: '#f9a825', low: '#0288d1', info: '#757575' } as const;

/** Longest text of a section block is 3,000 characters. */
const longest = 2_500;

function slackMessage(alert: Alert): Json {
  const { severity, title, message, targets, next, rule, id, causes } = alert;
  const head = `${severity.toUpperCase()}: ${title}${alert.revision === 0 ? '' : ' (update)'}`;
  const lines = [
    `*Who*  ${mrkdwn(whoText(alert))}`,
    ...(targets.length === 0 ? [] : [`*What*  ${mrkdwn(targets.slice(0, 5).join(', '))}`]),
    `*When*  ${mrkdwn(whenText(alert))}`,
    ...(causes.length === 0 ? [] : [`*Made possible by*  ${mrkdwn(causes.slice(0, 3).join('; '))}`]),
    ...(next.length === 0 ? [] : [`*Next*  ${mrkdwn(next.slice(0, 3).join(' '))}`]),
  ];
  return {
    text: escapeSlack(visibleShort(`${head}. ${message}`, longest)),
    attachments: [
      {
        color: colors[severity],
        blocks: [
          { type: 'section', text: { type: 'mrkdwn', text: `*${mrkdwn(head)}*\n${mrkdwn(message)}` } },
          { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n').slice(0, 3_000) } },
          { type: 'context', elements: [{ type: 'mrkdwn', text: mrkdwn(`${rule} ${id}`) }] },
        ],
      },
    ],
  };
}

/** Names in events are chosen by clients: `<!channel>` and links must stay text, and so must formatting. */
function mrkdwn(text: string): string {
  return escapeSlack(visibleShort(text, 900)).replaceAll(/[*_~`]/g, (mark) => `\u200b${mark}`);
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
