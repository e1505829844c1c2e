// A control-plane node as kubeadm makes it, as a folder: what the node benchmarks collect their bundle from.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../scripts/setup.mjs';

/** The tests' own maker of certificates. */
export async function loadCertificateMaker() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/certificate.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const { makeCertificate } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  );
  return makeCertificate;
}

const pki = '/etc/kubernetes/pki';
const authorities = ['ca', 'front-proxy-ca', 'etcd/ca'];
const certificates = {
  apiserver: ['ca', 'serverAuth'],
  'apiserver-kubelet-client': ['ca', 'clientAuth'],
  'front-proxy-client': ['front-proxy-ca', 'clientAuth'],
  'apiserver-etcd-client': ['etcd/ca', 'clientAuth'],
  'etcd/server': ['etcd/ca', 'serverAuth', 'clientAuth'],
  'etcd/peer': ['etcd/ca', 'serverAuth', 'clientAuth'],
  'etcd/healthcheck-client': ['etcd/ca', 'clientAuth'],
};

/** Writes the node below `folder`. */
export async function writeNodeRoot(folder) {
  const makeCertificate = await loadCertificateMaker();
  const write = (path, text, mode = 0o600) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    chmodSync(join(folder, path), mode);
  };
  const keyOf = ({ key }) => key.export({ type: 'pkcs8', format: 'pem' });
  const made = new Map();
  for (const name of authorities) {
    made.set(name, makeCertificate({ subject: `CN=${name.replace('/', '-')}`, authority: true, usages: [0, 2, 5] }));
  }
  for (const [name, [issuer, ...extendedUsages]] of Object.entries(certificates)) {
    const subject = `CN=${name.replace('/', '-')}`;
    made.set(
      name,
      makeCertificate({ subject, issuer: made.get(issuer), usages: [0, 2], extendedUsages, dns: ['node'] }),
    );
  }
  for (const [name, certificate] of made) {
    write(`${pki}/${name}.crt`, certificate.pem, 0o644);
    write(`${pki}/${name}.key`, keyOf(certificate));
  }
  for (const [component, flags] of Object.entries(manifests)) {
    write(`/etc/kubernetes/manifests/${component}.yaml`, staticPod(component, flags));
  }
  const ca = made.get('ca');
  const base64 = (text) => Buffer.from(text).toString('base64');
  const users = {
    admin: 'O=system:masters/CN=kubernetes-admin',
    'controller-manager': 'CN=system:kube-controller-manager',
    scheduler: 'CN=system:kube-scheduler',
    kubelet: 'O=system:nodes/CN=system:node:node',
  };
  for (const [name, subject] of Object.entries(users)) {
    const user = makeCertificate({ subject, issuer: ca, usages: [0, 2], extendedUsages: ['clientAuth'] });
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'bench', cluster: { server: 'https://192.0.2.2:6443', 'certificate-authority-data': base64(ca.pem) } },
      ],
      users: [{ name, user: { 'client-certificate-data': base64(user.pem), 'client-key-data': base64(keyOf(user)) } }],
      contexts: [{ name: 'bench', context: { cluster: 'bench', user: name } }],
      'current-context': 'bench',
    };
    write(`/etc/kubernetes/${name}.conf`, `${JSON.stringify(config, null, 2)}\n`);
  }
  const serving = makeCertificate({ subject: 'CN=node@1', extendedUsages: ['serverAuth'], dns: ['node'] });
  write('/var/lib/kubelet/pki/kubelet.crt', serving.pem, 0o644);
  write('/var/lib/kubelet/pki/kubelet.key', keyOf(serving));
  write('/var/lib/kubelet/config.yaml', kubeletConfig, 0o644);
  write('/var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS="--pod-infra-container-image=pause:3.9"\n', 0o644);
  write('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\netcd:x:997:997::/var/lib/etcd:/sbin/nologin\n', 0o644);
  write('/etc/group', 'root:x:0:\netcd:x:997:\n', 0o644);
  write('/etc/os-release', 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n', 0o644);
  mkdirSync(join(folder, 'var/lib/etcd/member/snap'), { recursive: true });
  write('/var/lib/cni/networks/pods/last_reserved_ip.0', '10.244.0.9', 0o644);
}

const manifests = {
  'kube-apiserver': [
    'advertise-address=192.0.2.2',
    'allow-privileged=true',
    'authorization-mode=Node,RBAC',
    `client-ca-file=${pki}/ca.crt`,
    'enable-admission-plugins=NodeRestriction',
    'enable-bootstrap-token-auth=true',
    `etcd-cafile=${pki}/etcd/ca.crt`,
    `etcd-certfile=${pki}/apiserver-etcd-client.crt`,
    `etcd-keyfile=${pki}/apiserver-etcd-client.key`,
    'etcd-servers=https://127.0.0.1:2379',
    `kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
    `kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
    `proxy-client-cert-file=${pki}/front-proxy-client.crt`,
    `proxy-client-key-file=${pki}/front-proxy-client.key`,
    'requestheader-allowed-names=front-proxy-client',
    `requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
    'secure-port=6443',
    `tls-cert-file=${pki}/apiserver.crt`,
    `tls-private-key-file=${pki}/apiserver.key`,
  ],
  'kube-controller-manager': [
    'bind-address=127.0.0.1',
    `client-ca-file=${pki}/ca.crt`,
    `cluster-signing-cert-file=${pki}/ca.crt`,
    `cluster-signing-key-file=${pki}/ca.key`,
    'kubeconfig=/etc/kubernetes/controller-manager.conf',
    `root-ca-file=${pki}/ca.crt`,
    'use-service-account-credentials=true',
  ],
  'kube-scheduler': ['bind-address=127.0.0.1', 'kubeconfig=/etc/kubernetes/scheduler.conf', 'leader-elect=true'],
  etcd: [
    `cert-file=${pki}/etcd/server.crt`,
    'client-cert-auth=true',
    'data-dir=/var/lib/etcd',
    `key-file=${pki}/etcd/server.key`,
    'listen-client-urls=https://127.0.0.1:2379',
    `peer-cert-file=${pki}/etcd/peer.crt`,
    'peer-client-cert-auth=true',
    `peer-key-file=${pki}/etcd/peer.key`,
    `peer-trusted-ca-file=${pki}/etcd/ca.crt`,
    `trusted-ca-file=${pki}/etcd/ca.crt`,
  ],
};

function staticPod(component, flags) {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${component}
  namespace: kube-system
spec:
  hostNetwork: true
  containers:
  - name: ${component}
    image: registry.k8s.io/${component}:v1.34.0
    command:
    - ${component}
${flags.map((flag) => `    - --${flag}\n`).join('')}    volumeMounts:
    - {name: k8s, mountPath: /etc/kubernetes, readOnly: true}
    - {name: data, mountPath: /var/lib/etcd}
  volumes:
  - {name: k8s, hostPath: {path: /etc/kubernetes}}
  - {name: data, hostPath: {path: /var/lib/etcd}}
`;
}

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: ${pki}/ca.crt
authorization:
  mode: Webhook
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
`;
