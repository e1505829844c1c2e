import type { CertificateUse } from '../../model/certificate.ts';
import { notApplicable } from '../../model/verdict.ts';
import { certificateControls, isUsedAs } from './certificate-control.ts';
import { exampleCertificates as pem } from './example-certificates.ts';
import { kubeconfigWith, servingWith } from './example-node.ts';

export default certificateControls([
  {
    name: 'leaf-authority',
    title: 'Certificates of servers and clients sign no others',
    severity: 'medium',
    why: 'Whoever has the key of a certificate that says CA:TRUE makes further ones under any name, cluster administrators among them.',
    remedy: 'make it anew with `basicConstraints: CA:FALSE`',
    wrong: ({ certificate, found }) => {
      const leaf = found.uses.find(({ purpose }) => purpose !== 'authority');
      if (leaf === undefined) return notApplicable('no server or client uses it');
      if (certificate.authority !== true || isUsedAs(found, 'authority')) return undefined;
      return { says: `is ${leaf.purpose === 'serving' ? 'a server' : 'a client'}’s, and says CA:TRUE` };
    },
    examples: { fail: [servingWith(pem.signing)], pass: [servingWith(pem.serving)] },
  },
  {
    name: 'extended-usage',
    title: 'Certificates may be used for what they are used for, and for nothing else',
    severity: 'medium',
    why: 'A certificate without the usage is refused; one without any usage named stands for a server and for a client alike.',
    remedy: 'make it anew with extendedKeyUsage serverAuth for a server, clientAuth for a client',
    wrong: ({ certificate, found }) => {
      const needed = found.uses.flatMap((use) => usageOf(use));
      if (needed.length === 0) return notApplicable('no server or client uses it');
      const { extendedUsages } = certificate;
      if (extendedUsages === undefined)
        return { says: 'names no extended usage, so it stands for anything', severity: 'low' };
      if (extendedUsages.includes('any')) return { says: 'may be used for anything', severity: 'low' };
      const missing = needed.find(({ usage }) => !extendedUsages.includes(usage));
      if (missing === undefined) return undefined;
      const allowed = extendedUsages.length === 0 ? 'nothing' : extendedUsages.join(', ');
      return { says: `is for ${allowed}, and not for ${missing.usage}, as ${missing.by} needs` };
    },
    examples: { fail: [servingWith(pem.noUsage)], pass: [servingWith(pem.serving)] },
  },
  {
    name: 'authority-usage',
    title: 'Certificates that are trusted as authorities are authorities',
    severity: 'medium',
    why: 'What is trusted as an authority and is none vouches for itself alone: what the real authority signed is refused.',
    remedy: 'name the authority that signed the certificates in the file',
    wrong: ({ certificate, found }) => {
      const use = found.uses.find(({ purpose }) => purpose === 'authority');
      if (use === undefined || found.uses.some(({ purpose }) => purpose !== 'authority')) {
        return notApplicable('nobody trusts it as an authority');
      }
      if (certificate.version < 3) return undefined;
      if (certificate.authority !== true) return { says: 'is trusted as an authority, and does not say CA:TRUE' };
      if (certificate.usages === undefined || certificate.usages.includes('keyCertSign')) return undefined;
      return { says: 'is trusted as an authority, and its key usage leaves out keyCertSign' };
    },
    examples: {
      fail: [kubeconfigWith(pem.admin, pem.serving)],
      pass: [kubeconfigWith(pem.admin, pem.authority)],
    },
  },
  {
    name: 'serving-names',
    title: 'Certificates of servers have the names that clients use',
    severity: 'medium',
    why: 'Clients refuse a server under a name that its certificate lacks; people then turn verification off. The common name has not counted since v1.19.',
    remedy: 'make it anew with every name and address of the server as subjectAltName',
    wrong: ({ certificate, found }) => {
      if (!isUsedAs(found, 'serving')) return notApplicable('no server uses it');
      const { dns, ip } = certificate.names;
      if (dns.length + ip.length === 0)
        return { says: 'has no alternative names, so that no name of the server matches' };
      const [missing, ...others] = found.missingNames;
      if (missing === undefined) return undefined;
      const names = [missing, ...others].slice(0, 5).map(({ name }) => name);
      return { says: `lacks ${names.join(', ')}, by which ${missing.by} calls the server` };
    },
    examples: { fail: [servingWith(pem.nameless)], pass: [servingWith(pem.serving)] },
  },
]);

function usageOf({ purpose, by }: CertificateUse): readonly { readonly usage: string; readonly by: string }[] {
  if (purpose === 'authority') return [];
  return [{ usage: purpose === 'serving' ? 'serverAuth' : 'clientAuth', by }];
}
