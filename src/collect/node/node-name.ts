import { X509Certificate } from 'node:crypto';
import type { FileEvidence } from '../../model/node.ts';
import { certificatesIn } from '../../model/pem.ts';
import { hostName } from '../../semantics/node/host-name.ts';

/** Where the kubelet keeps the certificate that it is known by: its kubeconfig, or the file that this names. */
const kubeletCredentials: readonly RegExp[] = [
  /^\/var\/lib\/kubelet\/pki\/kubelet-client-[^/]+\.pem$/,
  /^\/var\/lib\/rancher\/(?:k3s|rke2)\/agent\/client-kubelet\.crt$/,
  /^\/etc\/kubernetes\/(?:kubelet\.conf|kubeconfig-kubelet)$/,
  /^\/var\/lib\/kubelet\/kubeconfig$/,
  /^\/var\/lib\/rancher\/(?:k3s|rke2)\/agent\/kubelet\.kubeconfig$/,
];

/**
 * What a node is called: as the API knows it, by the common name of the kubelet's client certificate (`system:node:NAME`,
 * the form that the node authorizer asks for), else as /etc/hostname says.
 */
export function nodeName(files: readonly FileEvidence[]): string | undefined {
  const own = files.filter(({ process }) => process === undefined);
  for (const place of kubeletCredentials) {
    for (const { path, text } of own) {
      const name = text !== undefined && place.test(path) ? nameInCertificate(text) : undefined;
      if (name !== undefined) return name;
    }
  }
  return hostName(files);
}

function nameInCertificate(text: string): string | undefined {
  const [, data] = /client-certificate-data["']?:\s*["']?([A-Za-z0-9+/=]+)/.exec(text) ?? [];
  const [pem] = certificatesIn(data === undefined ? text : Buffer.from(data, 'base64').toString('latin1'));
  if (pem === undefined) return undefined;
  try {
    const { subject } = new X509Certificate(pem);
    return /^CN=system:node:([a-z0-9][a-z0-9.-]*)$/m.exec(subject)?.[1];
  } catch {
    // A broken certificate is told of where certificates are judged.
    return undefined;
  }
}
