import type { FoundCertificate } from '../../model/certificate.ts';
import { notApplicable } from '../../model/verdict.ts';
import { kubeletConfig } from '../node-examples.ts';
import { certificateControls } from './certificate-control.ts';
import { exampleCertificates as pem } from './example-certificates.ts';
import { frontProxyWith, proxyClientWith } from './example-node.ts';

export default certificateControls([
  {
    name: 'trusted-by-peers',
    title: 'Certificates chain to the authority that their peers trust',
    severity: 'medium',
    why: 'Where the authority that the configuration names did not sign the certificate, the connection fails, or nobody verifies it.',
    remedy: 'have it signed by that authority, or name the one that signed it',
    wrong: ({ certificate, found }) => {
      if (found.judgedBy.length === 0) return notApplicable('nothing on the node judges it');
      const refused = found.judgedBy.filter(({ trusts }) => !trusts);
      if (refused.length === 0) return undefined;
      const who = refused.slice(0, 3).map((each) => each.who);
      const issuer = certificate.issuer.text || 'an unnamed issuer';
      return { says: `was issued by ${issuer}, which is not trusted by ${who.join('; ')}` };
    },
    examples: {
      fail: [proxyClientWith(pem.client, pem.authority)],
      pass: [proxyClientWith(pem.client, pem.frontProxyAuthority)],
    },
  },
  {
    name: 'front-proxy-authority',
    title: 'The front proxy has an authority of its own',
    severity: 'high',
    why: 'Who has a certificate of the front proxy’s authority tells the API server whom to take him for. Where that is the authority of all clients, any of them may be able to.',
    remedy:
      'make an authority for the front proxy alone, sign --proxy-client-cert-file with it, and name it in --requestheader-client-ca-file',
    wrong: ({ found }) => {
      const own = new Set(found.uses.map(({ trust }) => trust));
      // With two certificates over one key the front proxy's is told of.
      if (!own.has('front-proxy')) return notApplicable('it is not the front proxy’s authority');
      if (!own.has('cluster') && !found.sameKeyAs.includes('cluster')) return undefined;
      const component = usedForBothBy(found);
      if (component !== undefined) return notApplicable(`${component}/requestheader-ca is about it`);
      return { says: 'vouches for the front proxy and for clients of the cluster alike' };
    },
    examples: {
      fail: [
        frontProxyWith(pem.authority, pem.frontProxyAuthority) +
          kubeletConfig('authentication: {x509: {clientCAFile: /etc/kubernetes/pki/front-proxy-ca.crt}}'),
      ],
      pass: [frontProxyWith(pem.frontProxyAuthority, pem.authority)],
    },
  },
]);

/** The component whose own settings make it both: they are judged, and their control says where to change them. */
function usedForBothBy({ uses }: FoundCertificate): string | undefined {
  const by = new Set(uses.map((use) => use.by));
  return ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].find((component) =>
    ['client-ca-file', 'requestheader-client-ca-file'].every((flag) => by.has(`${component} --${flag}`)),
  );
}
