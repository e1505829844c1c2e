import { own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail } from '../../model/verdict.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { podRules, served, webhook } from './examples.ts';
import { isAsked, type Webhook, webhookControl } from './webhook-control.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export default webhookControl({
  id: 'admission/left-out-namespaces',
  title: 'Webhooks that guard pods leave out the namespaces of the cluster alone',
  severity: 'low',
  why: 'What is refused everywhere else can be run in a namespace that the webhook is not asked about, by everybody who may create pods there.',
  remedy: 'Leave out kube-system and the namespace of the webhook itself, and make exceptions in its policies.',
  judge: (webhook) => {
    if (webhook.kind !== 'validating') return undefined;
    if (!isAsked(webhook, { group: '', resource: 'pods', operation: 'CREATE' })) return undefined;
    const others = leftOut(webhook);
    if (others.length === 0) return undefined;
    const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
    const message = `webhook ${webhook.name} is not asked about pods of ${others.slice(0, 3).join(', ')}${more}`;
    return fail(message, [...webhook.path, 'namespaceSelector'], { items: others });
  },
  examples: {
    fail: [webhook(`${served}, ${podRules}, ${without('kube-system, guard, shop')}`)],
    pass: [
      webhook(`${served}, ${podRules}, ${without('kube-system, kube-public, guard')}`),
      webhook(`${served}, ${podRules}`),
    ],
  },
});

function leftOut({ raw, client }: Webhook): readonly string[] {
  const ownNamespace = valueAt(client, ['service', 'namespace']);
  const found: string[] = [];
  for (const term of objectsIn(valueAt(raw, ['namespaceSelector', 'matchExpressions']))) {
    if (own(term, 'key') !== nameLabel || own(term, 'operator') !== 'NotIn') continue;
    found.push(...stringsIn(own(term, 'values')));
  }
  return found.filter((name) => !isSystemNamespace(name) && name !== ownNamespace);
}

function without(names: string): string {
  return `namespaceSelector: {matchExpressions: [{key: ${nameLabel}, operator: NotIn, values: [${names}]}]}`;
}
