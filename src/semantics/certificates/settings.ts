import type { CertificatePurpose, CertificateUse } from '../../model/certificate.ts';
import type { Component } from '../../model/component.ts';

/** A setting that names a file of certificates. */
export interface CertificateSetting {
  readonly component: Component;
  /** As the resolver calls it. */
  readonly name: string;
  readonly purpose: CertificatePurpose;
  readonly trust?: NonNullable<CertificateUse['trust']>;
}

const server = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** What the components' references (k8s.io/docs, etcd.io/docs) say that each file is for. */
export const certificateSettings: readonly CertificateSetting[] = [
  ...server.flatMap((component): CertificateSetting[] => [
    { component, name: 'tls-cert-file', purpose: 'serving' },
    { component, name: 'client-ca-file', purpose: 'authority', trust: 'cluster' },
    { component, name: 'requestheader-client-ca-file', purpose: 'authority', trust: 'front-proxy' },
  ]),
  { component: 'kube-apiserver', name: 'etcd-cafile', purpose: 'authority', trust: 'etcd' },
  { component: 'kube-apiserver', name: 'etcd-certfile', purpose: 'client' },
  { component: 'kube-apiserver', name: 'kubelet-client-certificate', purpose: 'client' },
  { component: 'kube-apiserver', name: 'kubelet-certificate-authority', purpose: 'authority' },
  { component: 'kube-apiserver', name: 'proxy-client-cert-file', purpose: 'client' },
  { component: 'kube-apiserver', name: 'oidc-ca-file', purpose: 'authority' },
  { component: 'kube-controller-manager', name: 'root-ca-file', purpose: 'authority' },
  { component: 'kube-controller-manager', name: 'cluster-signing-cert-file', purpose: 'authority', trust: 'cluster' },
  { component: 'etcd', name: 'cert-file', purpose: 'serving' },
  { component: 'etcd', name: 'client-cert-file', purpose: 'client' },
  { component: 'etcd', name: 'trusted-ca-file', purpose: 'authority', trust: 'etcd' },
  { component: 'etcd', name: 'peer-cert-file', purpose: 'serving' },
  { component: 'etcd', name: 'peer-client-cert-file', purpose: 'client' },
  { component: 'etcd', name: 'peer-trusted-ca-file', purpose: 'authority', trust: 'etcd' },
  { component: 'kubelet', name: 'tlsCertFile', purpose: 'serving' },
  { component: 'kubelet', name: 'authentication.x509.clientCAFile', purpose: 'authority', trust: 'cluster' },
];

/** Other uses of a file that is named for one: etcd's members are each other's clients with the serving certificate. */
export const secondPurpose: ReadonlyMap<string, CertificatePurpose> = new Map([['etcd --peer-cert-file', 'client']]);
