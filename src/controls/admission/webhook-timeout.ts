import { edit } from '../../model/edit.ts';
import { fail } from '../../model/verdict.ts';
import { podRules, served, webhook } from './examples.ts';
import { webhookControl } from './webhook-control.ts';

/** Source: Kubernetes documentation, good practices for admission webhooks: a small timeout. */
export default webhookControl({
  id: 'admission/webhook-timeout',
  title: 'Requests wait for no webhook longer than ten seconds',
  severity: 'low',
  profile: 'reliability',
  why: 'Every request that the webhook is asked about waits so long when it hangs; several of them add up to more than the client waits, and the API server holds them all.',
  remedy: 'Set timeoutSeconds to 10 or less.',
  judge: ({ name, timeout, path }) =>
    timeout <= 10
      ? undefined
      : fail(`requests wait up to ${timeout} seconds for webhook ${name}`, [...path, 'timeoutSeconds']),
  fix: { safety: 'may-break', edits: (_, { at }) => [edit.set(at, 10)] },
  examples: {
    fail: [webhook(`${served}, ${podRules}, timeoutSeconds: 30`)],
    pass: [webhook(`${served}, ${podRules}`), webhook(`${served}, ${podRules}, timeoutSeconds: 5`)],
  },
});
