import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail } from '../../model/verdict.ts';
import { selectsLabels } from '../../semantics/rbac/label-selector.ts';
import { podRules, served, webhook } from './examples.ts';
import { isAsked, webhookControl } from './webhook-control.ts';

/** Source: Kubernetes documentation, good practices for admission webhooks: avoid dependency loops. */
export default webhookControl({
  id: 'admission/lock-out',
  title: 'Webhooks are not asked about what they run on',
  severity: 'medium',
  profile: 'reliability',
  why: 'When all pods of the webhook are gone, the API server asks it about the new ones, and refuses them because it does not answer: the cluster stays so until somebody deletes the configuration.',
  remedy:
    'Leave the namespace of the webhook and kube-system out, by kubernetes.io/metadata.name in namespaceSelector.',
  judge: (webhook) => {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    if (!isAsked(webhook, { group: '', resource: 'pods', operation: 'CREATE' })) return undefined;
    const given = valueAt(webhook.client, ['service', 'namespace']);
    const home = typeof given === 'string' ? given : undefined;
    const selected = [home, 'kube-system'].filter((name) => name !== undefined && isSelected(webhook.raw, name));
    if (selected.length === 0 || isLimited(own(webhook.raw, 'objectSelector'))) return undefined;
    if (own(webhook.raw, 'matchConditions') !== undefined) return undefined;
    const message = `webhook ${webhook.name} has to answer before pods of ${selected.join(' and ')} are made`;
    return fail(message, [...webhook.path, 'namespaceSelector']);
  },
  examples: {
    fail: [
      webhook(`${served}, ${podRules}`),
      webhook(`clientConfig: {url: "https://guard.example"}, ${podRules}`),
      webhook(`${served}, ${podRules}, namespaceSelector: {}, objectSelector: {}`),
    ],
    pass: [
      webhook(`${served}, ${podRules}, failurePolicy: Ignore`),
      webhook(
        `${served}, ${podRules}, namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, guard]}]}`,
      ),
      webhook(`${served}, ${podRules}, namespaceSelector: {matchLabels: {guarded: "yes"}}`),
    ],
  },
});

/** The API server writes a selector without terms, which selects everything, where none is given. */
function isLimited(selector: Json | undefined): boolean {
  return isObject(selector) && Object.keys(selector).length > 0;
}

/** Whether the webhook is asked about a namespace that has the label of its name alone. */
function isSelected(raw: JsonObject, name: string): boolean {
  const selector = own(raw, 'namespaceSelector');
  return !isObject(selector) || selectsLabels(selector, { 'kubernetes.io/metadata.name': name });
}
