import type { CertificateUse } from '../../model/certificate.ts';
import type { Component } from '../../model/component.ts';
import { type ServerAddress, serverAddress } from '../kubeconfig/server.ts';
import { isLoopback } from '../node/listen-address.ts';
import { canonicalHost } from './address.ts';
import { type Entry, verifiable } from './inventory.ts';
import type { NodeClient, NodeReading } from './node-inventory.ts';
import { type ChainVerifier, namesHost } from './verify.ts';

/** One side shows a certificate, the other judges it by the authorities that a setting of its own names. */
interface Edge {
  readonly shows: { readonly component: Component; readonly setting: string };
  readonly judges: { readonly component: Component; readonly setting: string };
  readonly who: string;
}

const apiServer = 'kube-apiserver';

const edges: readonly Edge[] = [
  edge([apiServer, 'kubelet-client-certificate'], ['kubelet', 'authentication.x509.clientCAFile'], 'the kubelet'),
  edge([apiServer, 'proxy-client-cert-file'], [apiServer, 'requestheader-client-ca-file'], 'extension API servers'),
  edge(['kubelet', 'tlsCertFile'], [apiServer, 'kubelet-certificate-authority'], 'the API server'),
  edge(['etcd', 'peer-cert-file'], ['etcd', 'peer-trusted-ca-file'], 'the other members of etcd'),
];

/** Only where the API server uses the etcd of this node. */
const etcdEdges: readonly Edge[] = [
  edge([apiServer, 'etcd-certfile'], ['etcd', 'trusted-ca-file'], 'etcd'),
  edge(['etcd', 'cert-file'], [apiServer, 'etcd-cafile'], 'the API server'),
];

function edge(shows: readonly [Component, string], judges: readonly [Component, string], who: string): Edge {
  return {
    shows: { component: shows[0], setting: shows[1] },
    judges: { component: judges[0], setting: judges[1] },
    who,
  };
}

/** Notes with each certificate who judges it, and whether it chains to what they trust. Missing evidence says nothing. */
export function judgeTrust(reading: NodeReading, clients: readonly NodeClient[]): void {
  for (const { shows, judges, who } of usesLocalEtcd(reading) ? [...edges, ...etcdEdges] : edges) {
    const flag = /[A-Z]/.test(judges.setting) ? judges.setting : `--${judges.setting}`;
    judge(reading.verifier, {
      chain: reading.of(shows.component, shows.setting),
      roots: reading.of(judges.component, judges.setting),
      who: `${who}, by ${flag}`,
    });
  }
  const serving = reading.of(apiServer, 'tls-cert-file');
  for (const client of clients) {
    const address = localServer(reading, client);
    if (address === undefined) continue;
    judge(reading.verifier, { chain: serving, roots: client.authority, who: client.kubeconfig.path });
    judge(reading.verifier, {
      chain: client.certificate,
      roots: reading.of(apiServer, 'client-ca-file'),
      who: 'the API server, by --client-ca-file',
    });
  }
}

interface Judging {
  readonly chain: readonly Entry[] | undefined;
  readonly roots: readonly Entry[] | undefined;
  readonly who: string;
}

function judge(verifier: ChainVerifier, { chain = [], roots = [], who }: Judging): void {
  const [leaf, ...between] = chain;
  if (leaf?.certificate === undefined || roots.length === 0) return;
  if (roots.some(({ certificate }) => certificate === undefined)) return;
  const shown = { certificate: leaf.certificate, pem: leaf.pem };
  leaf.judged(who, () => verifier.chainsTo(shown, verifiable(roots), verifiable(between)));
}

/**
 * Notes with each certificate of `group` whether the API server takes it for a client of the cluster. Where the cluster's
 * own authority cannot be read, what one of the others signed is known not to be: only another file vouches for it.
 */
export function judgeMembers(reading: NodeReading, group: string): void {
  const known =
    reading.ofEvery(apiServer, 'client-ca-file') ??
    reading.ofEvery('kubelet', 'authentication.x509.clientCAFile') ??
    [];
  const roots = verifiable(known);
  const found = reading.inventory.found();
  const others = roots.length > 0 ? [] : verifiable(found.filter(({ uses }) => vouchesElsewhere(uses)));
  if (roots.length === 0 && others.length === 0) return;
  const between = verifiable(found).filter(({ certificate }) => certificate.authority === true);
  for (const entry of found) {
    const { certificate, pem } = entry;
    if (certificate?.subject.organizations.includes(group) !== true) continue;
    const shown = { certificate, pem };
    if (roots.length > 0) entry.ofCluster = reading.verifier.chainsTo(shown, roots, between);
    else if (reading.verifier.chainsTo(shown, others)) entry.ofCluster = false;
  }
}

function vouchesElsewhere(uses: readonly CertificateUse[]): boolean {
  const trusts = uses.map(({ trust }) => trust);
  return (trusts.includes('etcd') || trusts.includes('front-proxy')) && !trusts.includes('cluster');
}

/** Notes the names of the API server that clients on its node use, and its certificate does not have. */
export function judgeNames(reading: NodeReading, clients: readonly NodeClient[]): void {
  const serving = reading.of(apiServer, 'tls-cert-file')?.[0];
  if (serving?.certificate === undefined) return;
  for (const client of clients) {
    const address = localServer(reading, client);
    const { cluster } = client;
    if (address === undefined || cluster === undefined || cluster.insecureSkipTlsVerify) continue;
    const name = cluster.tlsServerName === '' ? canonicalHost(address.host) : cluster.tlsServerName;
    if (!namesHost(serving.certificate, name)) serving.lacks(name, client.kubeconfig.path);
  }
}

/** The address of a client's server, where that is the API server of this node for certain. */
function localServer(reading: NodeReading, { cluster, user }: NodeClient): ServerAddress | undefined {
  const running = reading.component(apiServer);
  const address = cluster && serverAddress(cluster, user);
  if (running === undefined || address?.scheme !== 'https') return undefined;
  if (address.port !== running.config.get('secure-port')?.value) return undefined;
  const own = ['advertise-address', 'bind-address'].map((name) => running.config.get(name)?.value);
  const host = canonicalHost(address.host);
  const isOwn = own.some((value) => typeof value === 'string' && canonicalHost(value) === host);
  return isLoopback(host) || isOwn ? address : undefined;
}

function usesLocalEtcd(reading: NodeReading): boolean {
  const servers = reading.component(apiServer)?.config.get('etcd-servers')?.value;
  if (reading.component('etcd') === undefined) return false;
  const list = Array.isArray(servers) ? servers : typeof servers === 'string' ? servers.split(',') : [];
  return list.some((url) => typeof url === 'string' && URL.canParse(url) && isLoopback(new URL(url).hostname));
}
