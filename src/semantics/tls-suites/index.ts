/*
 * Lists of TLS cipher suites as Go's crypto/tls and the Kubernetes components read them, judged by what each suite does
 * and not by a list of names. Sources: crypto/tls (cipher_suites.go), golang.org/x/net/http2 (ConfigureServer),
 * k8s.io/component-base/cli/flag (ciphersuites_flag.go), etcd's tlsutil.
 */

import { suiteWeakness } from './strength.ts';

export { weakDefaultSuites } from './go-defaults.ts';
export { type SuiteWeakness, suiteWeakness } from './strength.ts';

export interface SuiteJudgement {
  /**
   * `list`: the list is in force. `default`: there is none, and Go chooses (`weakDefaultSuites`). `tls13`: the minimum is
   * TLS 1.3, whose suites Go does not let anyone choose, so that neither a list nor its absence says anything.
   */
  readonly decides: 'list' | 'default' | 'tls13';
  /** Suites that should not be offered, each with what is wrong with it; only of a list that is in force. */
  readonly weak: readonly { readonly name: string; readonly why: string }[];
  /** Names that Go does not know: a component does not start with one. */
  readonly unknown: readonly string[];
  /**
   * The list has neither ECDHE suite with AES-128-GCM, without which Go's HTTP/2 server refuses to start: the API
   * server, controller manager, scheduler, kubelet and etcd then do not come up.
   */
  readonly lacksHttp2: boolean;
}

/**
 * Judges the suites of a listener.
 *
 * @param names as configured, in any order; empty where the setting is not set
 * @param minVersion `VersionTLS12` (Kubernetes), `TLS1.2` (etcd); undefined or empty is the default, TLS 1.2
 */
export function judgeSuites(names: readonly string[], minVersion: string | undefined): SuiteJudgement {
  const unknown = names.filter((name) => !isSuite(name));
  const quiet = { weak: [], unknown, lacksHttp2: false };
  if (tlsVersion(minVersion) === 1.3) return { decides: 'tls13', ...quiet };
  if (names.length === 0) return { decides: 'default', ...quiet };
  const weak: { name: string; why: string }[] = [];
  for (const name of new Set(names)) {
    const why = isSuite(name) ? suiteWeakness(name)?.why : undefined;
    if (why !== undefined) weak.push({ name, why });
  }
  return { decides: 'list', weak, unknown, lacksHttp2: !names.some((name) => http2Suites.has(name)) };
}

/**
 * A minimum version as a number: 1.2 of `VersionTLS12`, `TLS1.2` and of nothing at all; undefined for what no component
 * takes.
 */
export function tlsVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 1.2;
  const match = /^(?:VersionTLS1([0-3])|TLS1\.([0-3]))$/.exec(text);
  return match === null ? undefined : 1 + Number(match[1] ?? match[2]) / 10;
}

/** Suites to choose where someone wants a list: ECDHE with AES-GCM or ChaCha20, for both kinds of key. */
export const strongSuites: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
];

const tls13Suites: ReadonlySet<string> = new Set([
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]);

const http2Suites: ReadonlySet<string> = new Set([
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
]);

/** All that crypto/tls knows, and the names without hash that ChaCha20 had before Go 1.14. */
const suites: ReadonlySet<string> = new Set([
  ...tls13Suites,
  ...strongSuites,
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_RC4_128_SHA',
]);

function isSuite(name: string): boolean {
  return suites.has(name);
}
