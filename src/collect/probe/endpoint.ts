import type { Pace } from './pace.ts';

/** One port of one address, and how it may be treated. */
export interface Endpoint {
  /** An IP address, which the name was resolved to once. */
  readonly address: string;
  readonly port: number;
  /** As the user named it; goes into the Host header. */
  readonly host: string;
  /** Sent as server name in TLS; undefined for an address. */
  readonly serverName: string | undefined;
  /** A certificate must be valid for one of these. */
  readonly names: readonly string[];
  /** For one connection, from its start to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}
