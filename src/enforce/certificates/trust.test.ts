import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import { whyUntrusted } from './trust.ts';

const now = Date.parse('2026-12-01T00:00:00Z');
const name = 'hook.ns.svc';
const authority = makeCertificate({ subject: 'CN=one', authority: true, usages: [5] });
const other = makeCertificate({ subject: 'CN=one', authority: true, usages: [5] });
const between = makeCertificate({ subject: 'CN=between', authority: true, usages: [5], issuer: authority });
const expired = makeCertificate({
  subject: 'CN=one',
  authority: true,
  usages: [5],
  key: authority.key,
  to: '20261130000000Z',
});
const leaf = (
  issuer: typeof authority,
  options: { readonly dns?: string[]; readonly ip?: string[]; readonly to?: string } = {},
) => makeCertificate({ subject: 'CN=hook', issuer, dns: [name], ...options }).pem;

describe('a certificate that is served', () => {
  it.each<[string, string, string, string | undefined]>([
    ['of the authority in the bundle', authority.pem, leaf(authority), undefined],
    ['of one of several', other.pem + authority.pem, leaf(authority), undefined],
    ['of one that stands twice, once expired', expired.pem + authority.pem, leaf(authority), undefined],
    ['through another', authority.pem, leaf(between) + between.pem, undefined],
    ['that is in the bundle itself', leaf(authority), leaf(authority), 'the caBundle does not hold the authority'],
    ['without what stands between', authority.pem, leaf(between), 'the caBundle does not hold the authority'],
    ['of another authority of the same name', other.pem, leaf(authority), 'the caBundle does not hold the authority'],
    [
      'of an authority that expired',
      expired.pem,
      leaf(authority),
      'the authority in the caBundle expired at 2026-11-30',
    ],
    [
      'that expired',
      authority.pem,
      leaf(authority, { to: '20261130000000Z' }),
      'the certificate that is served expired',
    ],
    ['for another name', authority.pem, leaf(authority, { dns: ['x'] }), 'is not for hook.ns.svc'],
    [
      'for no name but the common name',
      authority.pem,
      makeCertificate({ subject: `CN=${name}`, issuer: authority }).pem,
      'is not for',
    ],
    ['with no bundle', '', leaf(authority), 'the caBundle is empty'],
    ['that is none', authority.pem, 'x', 'there is no certificate to serve'],
  ])('%s', (_, bundle, chain, expected) => {
    const reason = whyUntrusted(bundle, { chain, name, now });
    if (expected === undefined) expect(reason).toBeUndefined();
    else expect(reason).toContain(expected);
  });

  it('is judged by its addresses where the API server calls one', () => {
    const chain = leaf(authority, { dns: [], ip: ['10.0.0.1'] });
    expect(whyUntrusted(authority.pem, { chain, name: '10.0.0.1', now })).toBeUndefined();
    expect(whyUntrusted(authority.pem, { chain, name: '10.0.0.2', now })).toContain('is not for 10.0.0.2');
  });
});
