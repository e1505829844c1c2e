import type { NodeComponent } from '../../model/node-component.ts';
import { rotationGateRow, weakGatesRow } from '../feature-gates.ts';
import { kubeletConfig, unit } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';

/** How the kubelet's certificates are renewed. Sources: CIS Kubernetes Benchmark 1.12, 4.2.10 and 4.2.11. */
export default settingControls('kubelet', [
  {
    name: 'rotate-certificates',
    title: 'The kubelet renews its client certificate',
    severity: 'low',
    why: 'A certificate that is not renewed expires and takes the node with it, unless it was made for years, in which nobody can revoke it.',
    setting: 'rotateCertificates',
    moot: otherCredential,
    wrong: (value) => (value === true ? undefined : 'the client certificate is not renewed before it expires'),
    mend: {
      value: true,
      safety: 'safe',
      first: 'the kubeconfig names the file of the certificate, and does not hold it',
    },
    examples: {
      fail: [kubeletConfig(), kubeletConfig('rotateCertificates: false')],
      pass: [kubeletConfig('rotateCertificates: true'), unit('kubelet', ['--rotate-certificates'])],
    },
  },
  rotationGateRow('featureGates', {
    fail: [
      kubeletConfig('featureGates: {RotateKubeletServerCertificate: false}'),
      unit('kubelet', ['--feature-gates=AllBeta=false']),
    ],
    pass: [kubeletConfig(), kubeletConfig('featureGates: {AllBeta: false, RotateKubeletServerCertificate: true}')],
  }),
  weakGatesRow('kubelet', 'featureGates', {
    fail: [
      kubeletConfig('featureGates: {AllAlpha: true}'),
      kubeletConfig('featureGates: {KubeletEnsureSecretPulledImages: false}'),
    ],
    pass: [kubeletConfig(), kubeletConfig('featureGates: {KubeletEnsureSecretPulledImages: true}')],
  }),
]);

/** A kubeconfig whose user runs a program or has a token: then there is no certificate to renew (EKS, GKE). */
function otherCredential(subject: NodeComponent): string | undefined {
  const path = subject.config.get('kubeconfig')?.value;
  const text = typeof path === 'string' && path !== '' ? subject.readFile(path) : undefined;
  if (text === undefined || /^\s*(?:-\s+)?"?client-certificate(?:-data)?"?\s*:/m.test(text)) return undefined;
  const by = /^\s*"?(exec|token|tokenFile)"?\s*:/m.exec(text)?.[1];
  if (by === undefined) return undefined;
  return `${path} authenticates ${by === 'exec' ? 'by a program' : 'by a token'}, not by a certificate`;
}
