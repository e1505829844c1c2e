import { isObject, own } from '../../model/json.ts';
import { fail } from '../../model/verdict.ts';
import { podRules, webhook } from './examples.ts';
import { webhookControl } from './webhook-control.ts';

const longestPlaceholder = 64;

/** Those that expire, or are no certificates of authorities, are judged as certificates. */
export default webhookControl({
  id: 'admission/webhook-authority',
  title: 'The API server can verify the webhooks that it asks',
  severity: 'medium',
  why: 'Without a bundle that holds the authority of its certificate, the API server cannot reach a webhook of the cluster: it fails, open or shut, and nobody is checked.',
  remedy:
    'Put the authority into caBundle, in PEM and base64; cert-manager keeps it there by the annotation inject-ca-from.',
  judge: ({ name, client, path }, facts) => {
    if (!isObject(own(client, 'service'))) return undefined;
    const bundle = own(client, 'caBundle');
    const at = [...path, 'clientConfig', 'caBundle'];
    const isManifest = facts.snapshot.cluster === undefined;
    if (typeof bundle === 'string' && bundle !== '') {
      const text = Buffer.from(bundle, 'base64').toString('latin1');
      if (text.includes('-----BEGIN CERTIFICATE-----')) return undefined;
      // Manifests have a word there, or a line break, that an injector replaces.
      if (isManifest && text.length < longestPlaceholder) return undefined;
      return fail(`the caBundle of webhook ${name} holds no certificate`, at);
    }
    // In manifests the bundle is left to whoever injects it.
    if (isManifest) return undefined;
    return fail(`webhook ${name} has no caBundle, and public authorities vouch for no Service of the cluster`, at);
  },
  examples: {
    fail: [withBundle(Buffer.from('-----BEGIN CERTIFICATE-----\n'.repeat(3)).toString('base64'))],
    pass: [
      withBundle('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'),
      withBundle('\n'),
      webhook(`clientConfig: {service: {name: guard, namespace: guard}}, ${podRules}`),
    ],
  },
});

function withBundle(text: string): string {
  const bundle = Buffer.from(text).toString('base64');
  return webhook(`clientConfig: {service: {name: guard, namespace: guard}, caBundle: ${bundle}}, ${podRules}`);
}
