import { pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { file, staticPod } from '../node-examples.ts';
import { certificateFailure } from './certificate-control.ts';
import { exampleCertificates } from './example-certificates.ts';
import { servingWith } from './example-node.ts';

const path = '/etc/kubernetes/pki/apiserver.crt';
const broken = '-----BEGIN CERTIFICATE-----\nMIIBAA==\n-----END CERTIFICATE-----\n';

export default control({
  id: 'certificates/readable',
  title: 'Certificates can be read',
  severity: 'low',
  subject: 'certificate',
  why: 'What is no certificate is of no use where one is needed: the server does not start, or nobody is trusted.',
  remedy: 'put the right certificate there, or take the block out',
  check: ({ certificate, path: at }) =>
    certificate.problem === undefined
      ? pass
      : certificateFailure({ certificate, path: at }, `this is no certificate: ${certificate.problem}`),
  examples: {
    fail: [`${staticPod('kube-apiserver', [`--tls-cert-file=${path}`])}${file(path, broken)}`],
    pass: [servingWith(exampleCertificates.serving)],
  },
});
