import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import { nodeExample } from '../../../test/node-example.ts';
import { nodeName } from './node-name.ts';

const certificate = (subject: string): string => makeCertificate({ subject }).pem;
const kubeconfig = (pem: string): string =>
  `users:\n- user:\n    client-certificate-data: ${Buffer.from(pem).toString('base64')}\n`;

describe('nodeName', () => {
  it.each([
    [
      'the kubelet’s certificate, over the host’s name',
      'worker-7',
      `# file: /etc/hostname\nhost\n# file: /etc/kubernetes/kubelet.conf\n${kubeconfig(certificate('O=system:nodes/CN=system:node:worker-7'))}`,
    ],
    [
      'the certificate that was rotated, over the one that the node joined with',
      'new',
      `# file: /etc/kubernetes/kubelet.conf\n${kubeconfig(certificate('CN=system:node:old'))}# file: /var/lib/kubelet/pki/kubelet-client-2026-11-01-00-00-00.pem\n${certificate('CN=system:node:new')}`,
    ],
    [
      'the certificate of an agent of k3s',
      'edge',
      `# file: /var/lib/rancher/k3s/agent/client-kubelet.crt\n${certificate('CN=system:node:edge')}`,
    ],
    [
      'the host’s name, where the certificate is of someone else',
      'host',
      `# file: /etc/hostname\n# a comment\nhost\n# file: /etc/kubernetes/kubelet.conf\n${kubeconfig(certificate('CN=admin'))}`,
    ],
    [
      'the host’s name, where the certificate is broken',
      'host',
      '# file: /etc/hostname\nhost\n# file: /etc/kubernetes/kubelet.conf\nclient-certificate-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J\n',
    ],
    ['nothing', undefined, '# file: /etc/passwd\nroot:x:0:0::/root:\n'],
  ])('is %s', (_, name, files) => {
    expect(nodeName(nodeExample(files)?.files ?? [])).toBe(name);
  });
});
