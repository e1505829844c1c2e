import type { Component } from '../../model/component.ts';

/*
 * Suites that a listener accepts where no list is set. Kubernetes and etcd then leave the choice to crypto/tls of Go
 * (apiserver/pkg/server/secure_serving.go, client/pkg/transport/listener.go), whose choice hangs on the Go release that
 * the program's go.mod names, not on the one that built it (go.dev/doc/godebug: tlsrsakex of Go 1.22, tls3des of 1.23).
 * crypto/tls/defaults.go and cipher_suites.go hold the lists. The suites below are those of them that are weak; they
 * never held RC4 and CBC with SHA-256 (disabledCipherSuites).
 */

const ecdheCbc: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
];
const ecdhe3Des: readonly string[] = ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA'];
const rsa: readonly string[] = [
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
];

/**
 * Minor versions from which the default has no RSA key exchange, and no 3DES, by the `go` and `godebug` lines of their
 * go.mod: Kubernetes 1.30 and 1.31 say 1.22, 1.32 says 1.23 and 1.35 still leaves CBC in. etcd 3.5.0 to 3.5.15 said
 * 1.16 to 1.21, later patches 1.22 to 1.24: since a minor version alone is known, 3.5 is taken for the former.
 */
const firstWithout: Readonly<Record<'kubernetes' | 'etcd', { readonly rsa: number; readonly tripleDes: number }>> = {
  kubernetes: { rsa: 30, tripleDes: 32 },
  etcd: { rsa: 6, tripleDes: 6 },
};

/**
 * The weak suites that a component accepts by default over TLS 1.2; which of them are negotiated depends on the kind of
 * its key too. Where the minor version is not known, those of every version.
 */
export function weakDefaultSuites(component: Component, minor: number | undefined): readonly string[] {
  const first = firstWithout[component === 'etcd' ? 'etcd' : 'kubernetes'];
  return [
    ...(minor !== undefined && minor < first.tripleDes ? ecdhe3Des : []),
    ...(minor !== undefined && minor < first.rsa ? rsa : []),
    ...ecdheCbc,
  ];
}
