import { X509Certificate } from 'node:crypto';
import type { Facts } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { certificatesIn } from '../../model/pem.ts';
import { notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { file, staticPod } from '../node-examples.ts';
import { settingFailure } from '../setting-control.ts';
import { clusterCa, etcdCa, renewedClusterCa } from './example-certificates.ts';

const setting = 'client-transport-security.trusted-ca-file';
const clusterPath = '/etc/kubernetes/pki/ca.crt';
const etcdPath = '/etc/kubernetes/pki/etcd/ca.crt';

/** Settings that name the CA of the cluster's own clients. */
const clusterCaSettings: readonly { readonly component: string; readonly name: string }[] = [
  { component: 'kube-apiserver', name: 'client-ca-file' },
  { component: 'kube-controller-manager', name: 'cluster-signing-cert-file' },
  { component: 'kubelet', name: 'authentication.x509.clientCAFile' },
];

/** By the public key and not by the path (CIS 2.7): a copy or a renewed certificate is the same CA. */
export default control({
  id: 'etcd/own-ca',
  title: 'The CA of etcd is not that of the cluster',
  severity: 'high',
  subject: 'component',
  why: 'etcd lets in everyone with a certificate of its CA, with all rights: where that is the CA of the cluster, every kubelet and every user with a certificate reads all Secrets, whatever RBAC says.',
  remedy: 'Make a CA for etcd alone, and sign the certificates of its members and of the API servers with it.',
  check: ({ component: subject }, facts) => {
    if (subject.component !== 'etcd') return notApplicable('it is not etcd');
    const trusted = subject.config.get(setting);
    if (trusted === undefined || trusted.value === '')
      return notApplicable('etcd verifies no clients by a CA of its own');
    if (typeof trusted.value !== 'string')
      return unknown('which CA etcd trusts is not known: its configuration cannot be read');
    const cluster = clusterCas(subject, facts);
    const ownText = subject.readFile(trusted.value);
    const own = ownText === undefined ? [] : publicKeys(ownText);
    let compared = false;
    for (const { path, text } of cluster) {
      const keys = text === undefined ? [] : publicKeys(text);
      const comparable = own.length > 0 && keys.length > 0;
      compared ||= comparable;
      const same = comparable ? own.some((key) => keys.includes(key)) : path === trusted.value;
      if (!same) continue;
      const says =
        path === trusted.value ? 'it is the CA of the cluster' : `it has the key of the cluster's CA, ${path}`;
      return settingFailure(subject, trusted, { says: `${says}, and every certificate of that reads all data` });
    }
    if (compared) return pass;
    return own.length === 0
      ? unknown(`${trusted.value} could not be read`)
      : unknown("there is no CA of the cluster here to compare etcd's with");
  },
  examples: {
    fail: [
      staticPod('etcd', [`--trusted-ca-file=${clusterPath}`]),
      `${staticPod('etcd', [`--trusted-ca-file=${etcdPath}`])}${staticPod('kube-apiserver', [`--client-ca-file=${clusterPath}`])}${file(clusterPath, clusterCa)}${file(etcdPath, renewedClusterCa)}`,
    ],
    pass: [
      `${staticPod('etcd', [`--trusted-ca-file=${etcdPath}`])}${staticPod('kube-apiserver', [`--client-ca-file=${clusterPath}`])}${file(clusterPath, clusterCa)}${file(etcdPath, etcdCa)}`,
    ],
  },
});

/** The cluster's CAs as the components of the node name them, and where kubeadm puts it. */
function clusterCas(subject: NodeComponent, facts: Facts): { path: string; text: string | undefined }[] {
  const found = new Map<string, string | undefined>();
  const { evidence } = subject;
  for (const other of evidence === undefined ? [] : facts.get(readNode)(evidence).components) {
    for (const { component, name } of clusterCaSettings) {
      if (other.component !== component) continue;
      const path = other.config.get(name)?.value;
      if (typeof path === 'string' && path !== '') found.set(path, other.readFile(path));
    }
  }
  if (!found.has(clusterPath)) {
    found.set(clusterPath, evidence?.files.find(({ path, process }) => path === clusterPath && !process)?.text);
  }
  return [...found].map(([path, text]) => ({ path, text }));
}

function publicKeys(text: string): string[] {
  const keys: string[] = [];
  for (const pem of certificatesIn(text)) {
    try {
      keys.push(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));
    } catch {
      // Of the shape of a certificate, and yet none, or with a key of a kind that OpenSSL does not know.
    }
  }
  return keys;
}
