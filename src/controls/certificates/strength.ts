import type { Certificate } from '../../model/certificate.ts';
import { notApplicable, unknown } from '../../model/verdict.ts';
import { isSelfSigned } from '../../semantics/certificates/verify.ts';
import { certificateControls, isAuthority } from './certificate-control.ts';
import { exampleCertificates as pem } from './example-certificates.ts';
import { servingWith } from './example-node.ts';

export default certificateControls([
  {
    name: 'key-strength',
    title: 'Keys of certificates are strong enough',
    severity: 'high',
    why: 'An RSA key of 1024 bits can be factored with means that exist: then its holder can be impersonated, and past traffic read.',
    remedy: 'make key and certificate anew, with RSA 2048 or more, or with P-256',
    wrong: ({ certificate: { key } }) => {
      if (key.type === 'other') return unknown('a certificate has a key of a type that is not known');
      const weak = weakness(key);
      return weak === undefined ? undefined : { says: weak };
    },
    examples: { fail: [servingWith(pem.weak)], pass: [servingWith(pem.serving)] },
  },
  {
    name: 'signature-hash',
    title: 'Certificates are signed over SHA-256 or better',
    severity: 'medium',
    why: 'Collisions of SHA-1 and MD5 can be made: a certificate of another name may carry the same signature. Go refuses both.',
    remedy: 'have it signed anew; today’s tools take SHA-256',
    wrong: ({ certificate, found }) => {
      if (isAuthority(found) && isSelfSigned(certificate)) {
        return notApplicable('nobody verifies the signature of a root that is trusted as it is');
      }
      const { hash, name } = certificate.signature;
      if (hash === 'sha1') return { says: `is signed with ${name}` };
      if (hash === undefined || !hash.startsWith('md')) return undefined;
      return { says: `is signed with ${name}`, severity: 'high' };
    },
    examples: { fail: [servingWith(pem.sha1)], pass: [servingWith(pem.serving)] },
  },
]);

/** RSA below 2048 bits is less than NIST SP 800-57 allows since 2014; TLS 1.3 knows no curve below P-256. */
function weakness({ type, bits, curve }: Certificate['key']): string | undefined {
  if (type === 'dsa') return 'has a DSA key, which TLS no longer knows';
  if (type === 'rsa' && bits < 2048) return `has an RSA key of ${bits} bits, fewer than 2048`;
  if (type === 'ec' && bits > 0 && bits < 256) return `has a key on ${curve}, fewer than 256 bits`;
  return undefined;
}
