import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import { judgeText } from '../../../test/judge-example.ts';
import validity from '../../controls/certificates/validity.ts';

const late = { to: '20261101000000Z', from: '20251101000000Z' };
const leaf = makeCertificate({ subject: 'CN=shop.example', dns: ['shop.example'], ...late });
const ca = makeCertificate({ subject: 'CN=webhook-ca', authority: true, ...late });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function found(text: string): string[] {
  return judgeText(validity, text).findings.map(({ owner, message }) => `${owner.kind} ${owner.name}: ${message}`);
}

describe('certificates in objects', () => {
  it('of Secrets of type TLS are judged, though their values are dropped', () => {
    const secret = (type: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: shop, namespace: web}\ntype: ${type}\ndata:\n  tls.crt: ${base64(leaf.pem + ca.pem)}\n  tls.key: ${base64('x')}\n`;
    expect(found(secret('kubernetes.io/tls'))).toEqual([
      'Secret shop: CN=shop.example expired on 2026-11-01, 20 days ago (Secret web/shop)',
      'Secret shop: CN=webhook-ca expired on 2026-11-01, 20 days ago (Secret web/shop)',
    ]);
    expect(found(secret('Opaque'))).toEqual([]);
  });

  it.each([
    [
      'ValidatingWebhookConfiguration',
      `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: x}\nwebhooks: [{name: a.example, clientConfig: {caBundle: ${base64(ca.pem)}}}, 3]\n`,
      'webhook a.example',
    ],
    [
      'APIService',
      `apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: x}\nspec: {caBundle: ${base64(ca.pem)}}\n`,
      'extension API server',
    ],
    [
      'CustomResourceDefinition',
      `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {conversion: {webhook: {clientConfig: {caBundle: ${base64(ca.pem)}}}}}\n`,
      'conversion webhook',
    ],
  ])('that a %s trusts are judged', (kind, text, by) => {
    expect(found(text)).toEqual([`${kind} x: CN=webhook-ca expired on 2026-11-01, 20 days ago (${by})`]);
  });
});
