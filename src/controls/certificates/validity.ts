import { notApplicable } from '../../model/verdict.ts';
import {
  type CertificateQuestion,
  certificateControls,
  dateText,
  dayMs,
  durationText,
  isAuthority,
  type Wrong,
} from './certificate-control.ts';
import { exampleCertificates as pem } from './example-certificates.ts';
import { servingWith } from './example-node.ts';

const renew = 'renew it: `kubeadm certs renew all` where kubeadm made it, or with the tool that did';

/** A year and a month: what kubeadm and public authorities give at most. */
const longestLeafDays = 398;
const longestAuthorityDays = 3660;
/** Clients whose clock is a little behind are no finding. */
const clockSkewMs = 5 * 60_000;

export default certificateControls([
  {
    name: 'expired',
    title: 'Certificates in use have not expired',
    severity: 'high',
    why: 'Nobody who verifies accepts an expired certificate: what still works with it does not verify, or is about to stop.',
    remedy: renew,
    wrong: ({ certificate, found, now }) => {
      if (certificate.notAfter >= now) return undefined;
      const ago = durationText(now - certificate.notAfter);
      const says = `expired on ${dateText(certificate.notAfter)}, ${ago} ago`;
      return found.uses.length > 0 ? { says } : { says, severity: 'low', remedy: 'remove it if nothing uses it' };
    },
    examples: { fail: [servingWith(pem.expired)], pass: [servingWith(pem.serving)] },
  },
  {
    name: 'expires-soon',
    title: 'Certificates are renewed well before they expire',
    severity: 'medium',
    why: 'When the API server’s or a kubelet’s certificate expires the cluster stops, and it is mended by hand under pressure.',
    remedy: renew,
    coveredBy: ['certificates/expired'],
    wrong: expiresSoon,
    examples: { fail: [servingWith(pem.expiring)], pass: [servingWith(pem.serving)] },
  },
  {
    name: 'not-yet-valid',
    title: 'Certificates are valid already',
    severity: 'medium',
    why: 'A certificate of the future is refused; more often it is the clock of the machine that made it, or of this one, that is wrong.',
    remedy: 'compare the clocks, and make the certificate anew',
    wrong: ({ certificate, now }) =>
      certificate.notBefore > now + clockSkewMs
        ? {
            says: `is valid only from ${dateText(certificate.notBefore)} on, in ${durationText(certificate.notBefore - now)}`,
          }
        : undefined,
    examples: { fail: [servingWith(pem.future)], pass: [servingWith(pem.serving)] },
  },
  {
    name: 'validity-period',
    title: 'Certificates are valid for a year at most',
    severity: 'low',
    why: 'Kubernetes knows no revocation: whoever steals the key of a certificate has what it stands for until it expires.',
    remedy: 'make it anew for a year, and let it be renewed by a tool rather than by hand',
    wrong: ({ certificate, found }) => {
      const days = Math.round((certificate.notAfter - certificate.notBefore) / dayMs);
      const authority = isAuthority(found);
      if (days <= (authority ? longestAuthorityDays : longestLeafDays)) return undefined;
      const says = `is valid for ${days} days, until ${dateText(certificate.notAfter)}`;
      return authority ? { says, severity: 'info' } : { says };
    },
    examples: { fail: [servingWith(pem.decade)], pass: [servingWith(pem.serving)] },
  },
]);

/**
 * Within the days that the settings say. Certificates that are made for less time are renewed as late as their makers
 * mean them to be: they are told of in their last fifth.
 */
function expiresSoon({
  certificate,
  found,
  now,
  facts,
}: CertificateQuestion): Wrong | ReturnType<typeof notApplicable> | undefined {
  const left = certificate.notAfter - now;
  if (left < 0) return notApplicable('it has expired');
  const lifetime = certificate.notAfter - certificate.notBefore;
  const { certificateWarnDays, certificateFailDays } = facts.settings;
  const says = `expires on ${dateText(certificate.notAfter)}, in ${durationText(left)}`;
  const isUsed = found.uses.length > 0;
  if (left < Math.min(certificateFailDays * dayMs, lifetime / 15)) return { says, severity: isUsed ? 'high' : 'low' };
  if (left < Math.min(certificateWarnDays * dayMs, lifetime / 5)) return { says, severity: isUsed ? 'medium' : 'low' };
  if (!isAuthority(found) || left >= Math.min(365 * dayMs, lifetime / 5)) return undefined;
  const remedy = 'plan the change of the authority: everyone who trusts it must trust the new one first';
  return { says, severity: 'low', remedy };
}
