import type { Alert } from '../../model/alert.ts';
import type { Json } from '../../model/json.ts';
import { deliveryKey } from './sink.ts';

/** As in Elastic's own detection rules: 21, 47, 73 and 99 of 100. */
const scores = { info: 5, low: 21, medium: 47, high: 73, critical: 99 } as const;

/**
 * An alert as an Elastic Common Schema document (ECS 8.17). What has no place there is under `bulwark`: words and
 * numbers only, so that no mapping grows with what clients send.
 */
export function ecsDocument(alert: Alert): Json {
  const { actor, targets, severity, rule } = alert;
  const [resource = '', place = ''] = (targets[0] ?? '').split(' ', 2);
  const path = resource.startsWith('/') ? resource : '';
  const slash = place.indexOf('/');
  return {
    '@timestamp': alert.last,
    ecs: { version: '8.17.0' },
    message: alert.message,
    event: {
      kind: 'alert',
      category: ['intrusion_detection'],
      type: ['info'],
      provider: 'bulwark',
      dataset: 'bulwark.alert',
      module: 'kubernetes',
      id: deliveryKey(alert),
      action: rule,
      severity: scores[severity],
      risk_score: scores[severity],
      start: alert.first,
      end: alert.last,
    },
    rule: { id: rule, name: alert.title, ruleset: 'bulwark' },
    ...(alert.attack.length > 0 && { threat: { framework: 'MITRE ATT&CK', technique: { id: alert.attack } } }),
    user: {
      ...(actor.user !== '' && { name: actor.user }),
      ...(actor.groups.length > 0 && { roles: actor.groups }),
      ...(actor.impersonated !== '' && { effective: { name: actor.impersonated } }),
    },
    // `source.ip` takes addresses only, and a document with anything else would be refused whole.
    ...(actor.source !== '' && {
      source: { address: actor.source, ...(isAddress(actor.source) && { ip: actor.source }) },
    }),
    ...(actor.userAgent !== '' && { user_agent: { original: actor.userAgent } }),
    ...(path !== '' && { url: { path } }),
    orchestrator: {
      type: 'kubernetes',
      ...(path === '' &&
        resource !== '' && { resource: { type: resource, ...(place !== '' && { name: place.slice(slash + 1) }) } }),
      ...(slash > 0 && { namespace: place.slice(0, slash) }),
    },
    bulwark: {
      incident: alert.id,
      revision: alert.revision,
      severity,
      count: alert.count,
      targets: alert.targets,
      audit_ids: alert.events,
      next: alert.next,
      causes: alert.causes,
    },
  };
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
}
