import { own } from '../../model/json.ts';
import { fail } from '../../model/verdict.ts';
import { podRules, served, webhook } from './examples.ts';
import { labelChoice } from './label-choice.ts';
import { guardedBy, webhookControl } from './webhook-control.ts';

export default webhookControl({
  id: 'admission/user-labels',
  title: 'Nobody labels an object past the webhook that guards it',
  severity: 'medium',
  why: 'Whoever writes an object chooses its labels: a selector on them lets people decide for themselves whether they are checked.',
  remedy: 'Take objectSelector out, and leave out namespaces by kubernetes.io/metadata.name, which nobody can set.',
  judge: (webhook) => {
    if (webhook.kind !== 'validating' || guardedBy(webhook) === undefined) return undefined;
    const ofObject = labelChoice(own(webhook.raw, 'objectSelector'));
    if (ofObject !== undefined) {
      const message = `webhook ${webhook.name} is not asked about objects ${ofObject.says}, which whoever writes them decides`;
      return fail(message, [...webhook.path, 'objectSelector']);
    }
    const ofNamespace = labelChoice(own(webhook.raw, 'namespaceSelector'));
    if (ofNamespace === undefined || !ofNamespace.isOut) return undefined;
    const message = `webhook ${webhook.name} is not asked about namespaces ${ofNamespace.says}: whoever may label a namespace decides`;
    return fail(message, [...webhook.path, 'namespaceSelector'], { severity: 'low' });
  },
  examples: {
    fail: [
      webhook(`${served}, ${podRules}, objectSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}`),
      webhook(`${served}, ${podRules}, objectSelector: {matchLabels: {guarded: "yes"}}`),
      webhook(
        `${served}, ${podRules}, namespaceSelector: {matchExpressions: [{key: guard, operator: NotIn, values: [ignore]}]}`,
      ),
    ],
    pass: [
      webhook(`${served}, ${podRules}, objectSelector: {}`),
      webhook(
        `${served}, ${podRules}, objectSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}`,
        'Mutating',
      ),
      webhook(
        `${served}, ${podRules}, namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}`,
      ),
    ],
  },
});
