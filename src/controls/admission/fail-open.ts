import { fail } from '../../model/verdict.ts';
import { podRules, served, webhook } from './examples.ts';
import { guardedBy, webhookControl } from './webhook-control.ts';

export default webhookControl({
  id: 'admission/fail-open',
  title: 'Webhooks that guard something do not fail open',
  severity: 'medium',
  why: 'With failurePolicy: Ignore, whatever the webhook would refuse is let in while it does not answer: somebody has only to wait for that, or to see to it.',
  remedy:
    'Set failurePolicy: Fail, run several replicas of the webhook, and leave its own namespace and kube-system out of what it is asked about, so that the cluster can start.',
  judge: (webhook) => {
    if (webhook.kind !== 'validating' || webhook.failurePolicy === 'Fail') return undefined;
    const what = guardedBy(webhook);
    if (what === undefined) return undefined;
    const message = `webhook ${webhook.name} is asked about ${what}, and is passed over when it does not answer`;
    return fail(message, [...webhook.path, 'failurePolicy']);
  },
  examples: {
    fail: [
      webhook(`${served}, ${podRules}, failurePolicy: Ignore`),
      webhook(`${served}, ${podRules}`).replace(
        'admissionregistration.k8s.io/v1',
        'admissionregistration.k8s.io/v1beta1',
      ),
    ],
    pass: [
      webhook(`${served}, ${podRules}`),
      webhook(`${served}, ${podRules}, failurePolicy: Ignore`, 'Mutating'),
      webhook(
        `${served}, failurePolicy: Ignore, rules: [{apiGroups: [cert-manager.io], apiVersions: [v1], operations: [CREATE], resources: [certificates]}]`,
      ),
    ],
  },
});
