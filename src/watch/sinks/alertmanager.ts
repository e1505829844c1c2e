import type { Alert } from '../../model/alert.ts';
import type { Json } from '../../model/json.ts';
import { whoText } from './alert-text.ts';
import { type HttpTarget, refusalOf } from './http-target.ts';
import { noRefusals, type Sink } from './sink.ts';

/** An incident without a new event resolves after this time, in milliseconds. */
const quietTime = 60 * 60_000;

/**
 * Posts to `/api/v2/alerts` of an Alertmanager. What identifies an alert there are its labels: the rule, the incident
 * and who did it; so an update renews the same alert.
 */
export function alertmanagerSink(options: {
  readonly name: string;
  readonly target: HttpTarget;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}): Sink {
  const { name, target, now } = options;
  return {
    name,
    updates: 'latest',
    batch: 50,
    async deliver(alerts, signal) {
      const body = JSON.stringify(alerts.map((alert) => alertmanagerAlert(alert, now())));
      const answer = await target.post({ body, contentType: 'application/json', path: '/api/v2/alerts', signal });
      const reason = refusalOf(answer, target.host);
      return reason === undefined ? noRefusals : alerts.map((alert) => ({ alert, reason }));
    },
    close: async () => target.close(),
  };
}

function alertmanagerAlert(alert: Alert, now: number): Json {
  const { rule, id, severity, actor, title, message, targets, next, attack, causes } = alert;
  const last = Date.parse(alert.last);
  return {
    labels: withoutEmpty({ alertname: rule, severity, incident: id, user: actor.user, source: actor.source }),
    annotations: withoutEmpty({
      summary: title,
      description: message,
      who: whoText(alert),
      targets: targets.join(', '),
      events: String(alert.count),
      attack: attack.join(' '),
      causes: causes.join('; '),
      next: next.join(' '),
    }),
    startsAt: alert.first,
    // An alert whose end has passed is resolved and tells nobody: an old log is still news.
    endsAt: new Date(Math.max(Number.isNaN(last) ? 0 : last, now) + quietTime).toISOString(),
  };
}

/** To an Alertmanager an empty label is none. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
