import type { FoundCertificate } from '../../model/certificate.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { type Path, valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { Inventory } from './inventory.ts';
import { pemBlocks } from './pem-blocks.ts';

/**
 * The certificates of an object of the API: those of a Secret of type TLS, whose values were dropped and whose
 * certificates were kept, and the CA bundles by which the API server trusts webhooks and extension servers.
 */
export function objectCertificates(object: KubeObject): readonly FoundCertificate[] {
  if (object.kind === 'Secret') return secretCertificates(object);
  const bundles = bundlesOf(object);
  if (bundles.length === 0) return [];
  const inventory = new Inventory();
  for (const { path, by } of bundles) {
    const bundle = valueAt(object.value, path);
    if (typeof bundle !== 'string') continue;
    const blocks = pemBlocks(Buffer.from(bundle, 'base64').toString('latin1'));
    const entries = inventory.add(blocks, (_, index) => ({ object, path, text: `${by} (${index + 1})` }));
    for (const entry of entries) entry.use({ purpose: 'authority', by });
  }
  return inventory.found();
}

function secretCertificates(object: KubeObject): readonly FoundCertificate[] {
  if (object.apiVersion !== 'v1' || own(object.value, 'type') !== 'kubernetes.io/tls') return [];
  const inventory = new Inventory();
  for (const [field, key] of [
    ['data', 'tls.crt'],
    ['data', 'ca.crt'],
    ['stringData', 'tls.crt'],
    ['stringData', 'ca.crt'],
  ] as const) {
    const kept = valueAt(object.value, [field, key]);
    const pems = isObject(kept) ? own(kept, 'certificates') : undefined;
    if (!isList(pems)) continue;
    const blocks = pems.filter((pem): pem is string => typeof pem === 'string').map((pem) => ({ pem, line: 1 }));
    const entries = inventory.add(blocks, (_, index) => {
      const text = `${key}${blocks.length > 1 ? ` (${index + 1} of ${blocks.length})` : ''}`;
      return { object, path: [field, key], text };
    });
    for (const [index, entry] of entries.entries()) {
      const purpose = key === 'tls.crt' && index === 0 ? 'serving' : 'authority';
      entry.use({ purpose, by: `Secret ${object.namespace ?? ''}/${object.name}` });
    }
  }
  return inventory.found();
}

interface Bundle {
  readonly path: Path;
  /** Who trusts it. */
  readonly by: string;
}

function bundlesOf({ kind, apiVersion, value }: KubeObject): readonly Bundle[] {
  if (
    apiVersion.startsWith('admissionregistration.k8s.io/') &&
    /^(?:Mutating|Validating)WebhookConfiguration$/.test(kind)
  ) {
    const webhooks = own(value, 'webhooks');
    return (isList(webhooks) ? webhooks : []).map((webhook, index) => ({
      path: ['webhooks', index, 'clientConfig', 'caBundle'],
      by: `webhook ${nameOf(webhook)}`,
    }));
  }
  if (kind === 'APIService' && apiVersion.startsWith('apiregistration.k8s.io/')) {
    return [{ path: ['spec', 'caBundle'], by: 'extension API server' }];
  }
  if (kind === 'CustomResourceDefinition' && apiVersion.startsWith('apiextensions.k8s.io/')) {
    return conversionBundles(value);
  }
  return [];
}

function conversionBundles(value: JsonObject): readonly Bundle[] {
  const by = 'conversion webhook';
  const paths: Path[] = [
    ['spec', 'conversion', 'webhook', 'clientConfig', 'caBundle'],
    ['spec', 'conversion', 'webhookClientConfig', 'caBundle'],
  ];
  return paths.filter((path) => valueAt(value, path) !== undefined).map((path) => ({ path, by }));
}

function nameOf(webhook: Json): string {
  const name = isObject(webhook) ? own(webhook, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}
