import { file, staticPod } from '../node-examples.ts';
import type { exampleCertificates } from './example-certificates.ts';

type Pem = (typeof exampleCertificates)[keyof typeof exampleCertificates];

/** An API server that serves with this certificate. */
export function servingWith(pem: Pem): string {
  const path = '/etc/kubernetes/pki/apiserver.crt';
  return `${staticPod('kube-apiserver', [`--tls-cert-file=${path}`])}${file(path, pem)}`;
}

/** A kubeconfig that a client certificate is in, for an API server of its own node. */
export function kubeconfigWith(pem: Pem, authority?: Pem): string {
  const data = Buffer.from(pem).toString('base64');
  const ca =
    authority === undefined ? '' : `certificate-authority-data: ${Buffer.from(authority).toString('base64')}, `;
  return `# file: /etc/kubernetes/admin.conf
apiVersion: v1
kind: Config
clusters:
- {name: kubernetes, cluster: {${ca}server: 'https://127.0.0.1:6443'}}
contexts:
- {name: admin, context: {cluster: kubernetes, user: kubernetes-admin}}
current-context: admin
users:
- {name: kubernetes-admin, user: {client-certificate-data: ${data}, client-key-data: REDACTED}}
`;
}

/** The API server's front proxy set up with these authorities. */
export function frontProxyWith(frontProxy: Pem, cluster: Pem): string {
  const args = [
    '--requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt',
    '--client-ca-file=/etc/kubernetes/pki/ca.crt',
  ];
  const files = `${file('/etc/kubernetes/pki/front-proxy-ca.crt', frontProxy)}${file('/etc/kubernetes/pki/ca.crt', cluster)}`;
  return staticPod('kube-apiserver', args) + files;
}

/** The certificate that the API server shows extension servers, and the authority by which they judge it. */
export function proxyClientWith(client: Pem, frontProxy: Pem): string {
  const args = [
    '--requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt',
    '--proxy-client-cert-file=/etc/kubernetes/pki/front-proxy-client.crt',
  ];
  const files = `${file('/etc/kubernetes/pki/front-proxy-ca.crt', frontProxy)}${file('/etc/kubernetes/pki/front-proxy-client.crt', client)}`;
  return staticPod('kube-apiserver', args) + files;
}
