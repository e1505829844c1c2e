import tls from 'node:tls';
import type { Endpoint } from './endpoint.ts';

/** Who asks: a client certificate with its key, a token or other headers, or several of them. */
export interface Identity {
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/** Who vouches for servers. */
export interface Authority {
  /** Certificates in PEM. */
  readonly ca: string | Buffer | readonly (string | Buffer)[];
  /** A name that is accepted besides the one connected to, at one server: `tls-server-name` of a kubeconfig. */
  readonly serverName?: { readonly host: string; readonly port: number; readonly name: string } | undefined;
}

export interface Credentials {
  /** The user's own identity. */
  readonly given: Identity;
  /** One without rights. */
  readonly weak?: Identity | undefined;
}

/** Options by which a connection verifies: the chain by nothing but this authority, and one of the endpoint's names. */
export function identityCheck(endpoint: Endpoint, authority: Authority): tls.ConnectionOptions {
  const { serverName } = authority;
  const other =
    serverName !== undefined && serverName.host === endpoint.host && serverName.port === endpoint.port
      ? [serverName.name]
      : [];
  const names = [...endpoint.names, ...other];
  return {
    ca: typeof authority.ca === 'string' || Buffer.isBuffer(authority.ca) ? authority.ca : [...authority.ca],
    checkServerIdentity: (_, certificate) => {
      let refusal: Error | undefined;
      for (const name of names) {
        refusal = tls.checkServerIdentity(name, certificate);
        if (refusal === undefined) return undefined;
      }
      return refusal;
    },
  };
}
