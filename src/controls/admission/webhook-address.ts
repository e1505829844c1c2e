import { own } from '../../model/json.ts';
import { fail } from '../../model/verdict.ts';
import { podRules, served, webhook } from './examples.ts';
import { isAsked, webhookControl } from './webhook-control.ts';

const loopback = /^https:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?(?:\/|$)/;
const inCluster = /^https:\/\/[^/]+\.svc(?:\.[^/:]+)?(?::\d+)?(?:\/|$)/;

/** Parts of admission requests that hold credentials. */
const secrets = { group: '', resource: 'secrets', operation: 'CREATE' };

export default webhookControl({
  id: 'admission/webhook-address',
  title: 'Objects are sent to webhooks inside the cluster alone',
  severity: 'high',
  why: 'A webhook gets every object that it is asked about, whole; one that changes objects decides what runs. Whoever has its address has that.',
  remedy: 'Run the webhook in the cluster, and name it by clientConfig.service.',
  judge: (webhook) => {
    const url = own(webhook.client, 'url');
    if (typeof url !== 'string' || loopback.test(url) || inCluster.test(url)) return undefined;
    const host = /^[a-z]+:\/\/(?:[^/@\s]{0,253}@)?([^/@\s]{1,253})/i.exec(url)?.[1] ?? 'a server outside the cluster';
    const what = isAsked(webhook, secrets) ? ', Secrets among them' : '';
    const message = `webhook ${webhook.name} sends what it is asked about to ${host}${what}`;
    return fail(message, [...webhook.path, 'clientConfig', 'url']);
  },
  examples: {
    fail: [webhook(`clientConfig: {url: "https://guard.example.com/validate"}, ${podRules}`)],
    pass: [
      webhook(`${served}, ${podRules}`),
      webhook(`clientConfig: {url: "https://127.0.0.1:8443/validate"}, ${podRules}`),
      webhook(`clientConfig: {url: "https://guard.guard.svc:443/validate"}, ${podRules}`),
    ],
  },
});
