import { compareSeverity, type Severity } from '../../model/severity.ts';
import { suiteWeakness } from '../tls-suites/index.ts';
import type { CertificateFacts } from './certificate.ts';
import type { Listener, ListenerId } from './listeners.ts';
import type { Observation, TlsFacts } from './observation.ts';
import type { Exposure } from './result.ts';

/** What is wrong with how a listener speaks TLS, or with its certificate, as of `now`. */
export function tlsExposures(
  { tls, transport, answers }: Observation,
  { listener, now }: { readonly listener: Listener | undefined; readonly now: Date },
): readonly Exposure[] {
  if (tls === undefined) {
    const speaksHttp = transport === 'plain' && answers.some(({ outcome }) => outcome.kind === 'http');
    // etcd without TLS is told by what it lets through.
    const isMeant = listener?.transport !== 'tls' || listener.guard === 'client-certificate';
    return speaksHttp && !isMeant ? [withoutTls(listener?.id)] : [];
  }
  return [
    ...weakProtocol(tls, listener?.id),
    ...certificateExposures(tls.chain[0], now),
    ...unverified(tls, listener?.id),
  ];
}

function withoutTls(id: ListenerId | undefined): Exposure {
  return {
    id: 'no-tls',
    severity: 'high',
    message: 'speaks plain HTTP where TLS is expected',
    why: 'Everyone on the way reads the credentials and Secrets that pass, and can change them.',
    remedy: 'Give it a certificate and key, or end the proxy that takes off its TLS.',
    references: tlsReferences(id),
  };
}

/** Old versions and bad suites: one cause, the same settings. */
function weakProtocol({ versions, suites }: TlsFacts, id: ListenerId | undefined): Exposure[] {
  const old = (['1.0', '1.1'] as const).filter((version) => versions[version] === 'accepted');
  const faults = suites.map(suiteWeakness).filter((fault) => fault !== undefined);
  const broken = faults.filter(({ grade }) => grade === 'broken');
  const weak = faults.filter(({ grade }) => grade === 'weak');
  const families = [...new Set(broken.map(({ property }) => property))].sort();
  const parts = [
    ...(old.length === 0 ? [] : [`TLS ${old.join(' and ')}`]),
    ...(broken.length === 0 ? [] : [`${counted(broken.length, 'suite')} with ${families.join(' and ')}`]),
    ...(weak.length === 0 ? [] : [`${counted(weak.length, 'suite')} without forward secrecy or with CBC`]),
  ];
  if (parts.length === 0) return [];
  const open = suites.some((suite) => /NULL|anon|EXPORT/.test(suite));
  const severity: Severity = open ? 'high' : old.length > 0 || broken.length > 0 ? 'medium' : 'low';
  return [
    {
      id: 'weak-tls',
      severity,
      message: `accepts ${parts.join(' and ')}`,
      why: 'What is accepted can be negotiated: a client with old software, or someone on the way, gets the weakest of it.',
      remedy: weakTlsRemedy(id),
      references: tlsReferences(id),
    },
  ];
}

function weakTlsRemedy(id: ListenerId | undefined): string {
  const only = 'only ECDHE suites with GCM or CHACHA20';
  switch (id) {
    case 'kubelet':
      return `Set tlsMinVersion: VersionTLS12 and in tlsCipherSuites ${only}, in the configuration of the kubelet.`;
    case 'etcd':
    case 'etcd-peer':
      return `Set in --cipher-suites of etcd ${only}, and --tls-min-version=TLS1.2 where it knows the flag.`;
    case 'kube-apiserver':
    case 'kube-controller-manager':
    case 'kube-scheduler':
      return `Set --tls-min-version=VersionTLS12 and in --tls-cipher-suites ${only}.`;
    default:
      return `Allow only TLS 1.2 and 1.3, and ${only}.`;
  }
}

function tlsReferences(id: ListenerId | undefined): readonly string[] {
  switch (id) {
    case 'kube-apiserver':
    case 'kube-apiserver-insecure':
      return ['cis-1.12:1.2.29', 'guides:api-server/tls'];
    case 'kubelet':
      return ['cis-1.12:4.2.12'];
    case 'etcd':
    case 'etcd-peer':
      return ['guides:etcd/tls'];
    case 'kube-controller-manager':
    case 'kube-scheduler':
      return ['guides:control-plane/tls'];
    default:
      return [];
  }
}

const day = 24 * 60 * 60 * 1000;

/** Certificates that are renewed by themselves may live for days only: a tenth of their life counts where it is less. */
function certificateExposures(certificate: CertificateFacts | undefined, now: Date): Exposure[] {
  if (certificate === undefined) return [];
  const { notBefore, notAfter, rsaBits, weakSignature } = certificate;
  const [start, end] = [Date.parse(notBefore), Date.parse(notAfter)];
  const found: { readonly severity: Severity; readonly message: string }[] = [];
  if (now.getTime() > end)
    found.push({ severity: 'high', message: `shows a certificate that expired on ${date(notAfter)}` });
  else if (now.getTime() < start)
    found.push({ severity: 'high', message: `shows a certificate that is not valid before ${date(notBefore)}` });
  else if (end - now.getTime() < Math.min(30 * day, (end - start) / 10))
    found.push({ severity: 'medium', message: `shows a certificate that expires on ${date(notAfter)}` });
  if (rsaBits !== undefined && rsaBits < 2048)
    found.push({ severity: 'medium', message: `shows a certificate with an RSA key of ${rsaBits} bits` });
  if (weakSignature !== undefined)
    found.push({ severity: 'medium', message: `shows a certificate that is signed with ${weakSignature}` });
  return found.map(({ severity, message }) => ({
    id: 'certificate',
    severity,
    message,
    why: 'Clients refuse such a certificate, or learn to ignore that it cannot be trusted.',
    remedy:
      'Renew it (kubeadm certs renew all, or rotation by the kubelet) with RSA of 2048 bits or ECDSA, signed with SHA-256, and restart what serves it.',
    references: [],
  }));
}

/** Only where the given authority is the cluster's, and so should have signed it: etcd has one of its own. */
function unverified({ verified }: TlsFacts, id: ListenerId | undefined): Exposure[] {
  if (verified === undefined || verified.ok || (id !== 'kubelet' && id !== 'kube-apiserver')) return [];
  const message = `shows a certificate that does not verify against the given authority: ${verified.reason}`;
  if (id === 'kube-apiserver') {
    return [
      {
        id: 'unverified',
        severity: 'high',
        message,
        why: 'Either the authority is not the one of this cluster, or someone else answers here.',
        remedy:
          'Compare the fingerprint with the certificate on the node, and add missing names with certSANs of kubeadm.',
        references: ['guides:api-server/tls'],
      },
    ];
  }
  return [
    {
      id: 'unverified',
      severity: 'low',
      message,
      why: 'The API server cannot tell this kubelet from someone on the way, to whom it would hand its credentials.',
      remedy:
        'Set serverTLSBootstrap: true for the kubelet, approve its request, then set --kubelet-certificate-authority for the API server.',
      references: ['cis-1.12:1.2.5'],
    },
  ];
}

function date(time: string): string {
  return time.slice(0, 10);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The gravest first, in order of their finding otherwise. */
export function byGravity(exposures: readonly Exposure[]): readonly Exposure[] {
  return [...exposures].sort((a, b) => compareSeverity(b.severity, a.severity));
}
