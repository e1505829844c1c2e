import { notApplicable } from '../../model/verdict.ts';
import { mastersGroup } from '../../semantics/kubeconfig/identity.ts';
import { certificateControls, isAuthority } from './certificate-control.ts';
import { exampleCertificates as pem } from './example-certificates.ts';
import { kubeconfigWith } from './example-node.ts';

const kubeletClient = 'kube-apiserver --kubelet-client-certificate';

export default certificateControls([
  {
    name: 'system-masters',
    title: 'No client certificate is in the group system:masters',
    severity: 'high',
    why: 'The API server asks nobody before it lets this group do anything, and it cannot revoke a certificate: who gets the key has the cluster until it expires.',
    remedy:
      'give people and components certificates or tokens of their own with roles; keep one such certificate offline for emergencies',
    wrong: ({ certificate, found }) => {
      if (isAuthority(found)) return notApplicable('it is an authority');
      if (found.uses.length > 0 && !found.uses.some(({ purpose }) => purpose === 'client')) {
        return notApplicable('no client uses it');
      }
      const { extendedUsages } = certificate;
      if (extendedUsages !== undefined && !extendedUsages.includes('clientAuth') && !extendedUsages.includes('any')) {
        return notApplicable('it is no client’s');
      }
      if (!certificate.subject.organizations.includes(mastersGroup)) return undefined;
      if (found.ofCluster === false) {
        return notApplicable(
          'another authority signed it than that of the cluster’s clients: to the API server it is nobody',
        );
      }
      if (found.uses.length > 0 && found.uses.every(({ by }) => by === kubeletClient)) {
        const remedy = 'renew it with kubeadm v1.29 or later, which makes it with O=kubeadm:cluster-admins';
        return {
          says: 'is in system:masters, as kubeadm made it before v1.29; kubelets need less',
          severity: 'low',
          remedy,
        };
      }
      if (found.uses.length > 0 && found.uses.every(({ by }) => by.endsWith('/super-admin.conf'))) {
        const remedy = 'keep super-admin.conf offline, for emergencies: nothing on the node needs it';
        return { says: 'is kubeadm’s administrator for emergencies, and lies on the node', severity: 'medium', remedy };
      }
      return { says: 'is a cluster administrator that no role limits and nothing can revoke' };
    },
    examples: {
      fail: [kubeconfigWith(pem.masters, pem.authority)],
      pass: [kubeconfigWith(pem.admin, pem.authority)],
    },
  },
]);
