import { serverVersion } from '../../facts/cluster-version.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { served, webhook } from './examples.ts';
import { isAsked, type Webhook, webhookControl } from './webhook-control.ts';

const pods = (resource: string, operation: string) => ({ group: '', resource, operation });

/** Source: the API of pods: ephemeral containers are put into one by its subresource, which has no pods in its name. */
export default webhookControl({
  id: 'admission/webhook-subresources',
  title: 'Webhooks that check pods also check what is put into running ones',
  severity: 'medium',
  why: 'An ephemeral container is a container with everything that a container may ask for. Whoever may debug pods puts in a privileged one where the rules name pods alone.',
  remedy: 'Add pods/ephemeralcontainers to the resources of the rule, and UPDATE to its operations.',
  judge: (webhook, facts) => {
    if (webhook.kind !== 'validating' || !isAsked(webhook, pods('pods', 'CREATE'))) return undefined;
    const minor = facts.get(serverVersion)?.minor;
    if (isAsked(webhook, pods('pods/ephemeralcontainers', 'UPDATE'))) return resizes(webhook, minor);
    if (minor !== undefined && minor < 23) return undefined;
    const message = `webhook ${webhook.name} is asked about new pods, and not about ephemeral containers`;
    return fail(message, [...webhook.path, 'rules']);
  },
  examples: {
    fail: [
      rules('[pods]', '[CREATE, UPDATE]'),
      rules('["*"]', '["*"]'),
      rules('[pods, pods/ephemeralcontainers]', '[CREATE]'),
    ],
    pass: [
      rules('[pods, pods/ephemeralcontainers]', '[CREATE, UPDATE]'),
      rules('["*/*"]', '["*"]'),
      rules('["pods/*", pods]', '["*"]'),
      rules('[services]', '[CREATE]'),
    ],
  },
});

function rules(resources: string, operations: string): string {
  return webhook(
    `${served}, rules: [{apiGroups: [""], apiVersions: [v1], operations: ${operations}, resources: ${resources}}]`,
  );
}

/** From v1.33 on, what a pod may take is changed by a subresource of its own. Only webhooks that judge that need to know. */
function resizes(webhook: Webhook, minor: number | undefined): Failure | undefined {
  if (minor === undefined || minor < 33 || isAsked(webhook, pods('pods/resize', 'UPDATE'))) return undefined;
  const message = `webhook ${webhook.name} is asked about new pods, and not about those that are given more memory or time`;
  return fail(message, [...webhook.path, 'rules'], { severity: 'info' });
}
