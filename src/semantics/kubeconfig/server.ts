import type { KubeconfigCluster, KubeconfigUser } from '../../model/kubeconfig.ts';

/** The server of a cluster, understood. */
export interface ServerAddress {
  readonly scheme: 'http' | 'https';
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/**
 * Where requests for a cluster go. Without a scheme client-go takes https where anything about TLS is set, else http
 * (client-go rest/url_utils.go). Undefined for what is no http URL.
 */
export function serverAddress(cluster: KubeconfigCluster, user?: KubeconfigUser): ServerAddress | undefined {
  const written = cluster.server.trim().replace(/\/+$/, '');
  if (written === '') return undefined;
  const hasTls = cluster.authority !== undefined || cluster.insecureSkipTlsVerify || user?.certificate !== undefined;
  const text = written.includes('://') ? written : `${hasTls ? 'https' : 'http'}://${written}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : undefined;
  if (scheme === undefined || url.hostname === '') return undefined;
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return { scheme, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, url: text };
}
