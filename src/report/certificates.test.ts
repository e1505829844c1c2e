import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../test/certificate.ts';
import type { CertificateUse, FoundCertificate } from '../model/certificate.ts';
import { parseCertificate } from '../semantics/certificates/parse.ts';
import { certificatesJson, certificatesTable } from './certificates.ts';

const now = Date.parse('2026-11-21T00:00:00Z');
const object = {
  apiVersion: 'v1',
  kind: 'X',
  name: 'x',
  namespace: undefined,
  value: {},
  source: { file: 'x', document: 0, base: [] },
};

function found(pem: string, places: readonly string[], uses: readonly CertificateUse[] = []): FoundCertificate {
  const empty = { judgedBy: [], missingNames: [], sameKeyAs: [] };
  return { ...parseCertificate(pem), pem, places: places.map((text) => ({ object, path: [], text })), uses, ...empty };
}

const ca = makeCertificate({ subject: 'CN=kubernetes', authority: true, to: '20361101000000Z' });
const leaf = makeCertificate({ subject: 'O=a/CN=evil\u001b[2J', issuer: ca, to: '20261119000000Z' });
const rows = [
  {
    where: 'n1',
    found: found(
      ca.pem,
      ['/pki/ca.crt', 'cluster k of /a.conf'],
      [{ purpose: 'authority', by: 'kube-apiserver --client-ca-file' }],
    ),
  },
  { where: 'n1', found: found(leaf.pem, ['user ann of /a.conf'], [{ purpose: 'client', by: 'user ann of /a.conf' }]) },
  { where: 'n1', found: found('%', ['/pki/bad.crt']) },
];

describe('the inventory', () => {
  it('is a table, soonest expiry first, and safe for a terminal', () => {
    expect(certificatesTable(rows, { now, width: 200 }).split('\n')).toEqual([
      'EXPIRES                KEY    SUBJECT                ISSUER         FOR                              WHERE',
      'unreadable             -      it is not base64       -              -                                /pki/bad.crt',
      'expired 2 days ago     P-256  O=a, CN=evil\\u001b[2J  kubernetes     user ann                         /a.conf',
      '3633 days, 2036-11-01  P-256  CN=kubernetes          (self-signed)  kube-apiserver --client-ca-file  /pki/ca.crt and 1 more',
      '',
    ]);
  });

  it('is stacked where it is wider than the terminal', () => {
    const lines = certificatesTable(rows, { now, width: 80 }).split('\n');
    expect(lines.slice(2, 6)).toEqual([
      'expired 2 days ago     O=a, CN=evil\\u001b[2J',
      '                       P-256, by kubernetes',
      '                       for user ann',
      '                       /a.conf',
    ]);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('is JSON with every field', () => {
    const { certificates } = JSON.parse(certificatesJson(rows));
    expect(certificates[1]).toMatchObject({
      places: ['user ann of /a.conf'],
      subject: { organizations: ['a'] },
      notAfter: '2026-11-19T00:00:00.000Z',
    });
    expect(certificates[0]).toMatchObject({ where: 'n1', problem: 'it is not base64' });
  });
});
