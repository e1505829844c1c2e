import type { GapCode } from '../../model/snapshot.ts';
import { plainText } from './plain-text.ts';

export type ApiFailure =
  /** The server answered with an error; `status` has its code. */
  | 'status'
  /** No connection could be made. */
  | 'unreachable'
  /** The deadline of the request passed. */
  | 'timeout'
  /** The answer ended early, or was no Kubernetes API answer. */
  | 'interrupted'
  | 'too-large';

/** Why one request gave no answer that can be used. `message` is fit for a report. */
export class ApiError extends Error {
  readonly failure: ApiFailure;
  readonly status: number | undefined;
  /** Seconds to wait before asking again, as the server said. */
  readonly retryAfter: number | undefined;

  constructor(
    failure: ApiFailure,
    message: string,
    details: { readonly status?: number; readonly retryAfter?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(plainText(message), { cause: details.cause });
    this.name = 'ApiError';
    this.failure = failure;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
  }

  /** True where the server, or the way to it, is the trouble, and not this one request. */
  get isTransport(): boolean {
    return this.failure === 'unreachable' || this.failure === 'timeout';
  }

  get gapCode(): GapCode {
    if (this.failure === 'too-large') return 'too-large';
    if (this.failure === 'unreachable') return 'unavailable';
    if (this.failure !== 'status') return 'interrupted';
    return this.status === 401 || this.status === 403 ? 'forbidden' : 'unavailable';
  }
}

/** What stopped a request, from the error of a socket or of TLS. */
export function transportError(error: NodeJS.ErrnoException, state: { readonly connected: boolean }): ApiError {
  const code = error.code ?? '';
  if (!state.connected) return new ApiError('unreachable', describeCause(error), { cause: error });
  return new ApiError('interrupted', `the connection broke: ${code || error.message}`, { cause: error });
}

const causes = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'no route to the network'],
  ['ECONNRESET', 'the server closed the connection'],
  ['ETIMEDOUT', 'the connection timed out'],
]);

function describeCause(error: NodeJS.ErrnoException): string {
  const known = causes.get(error.code ?? '');
  if (known !== undefined) return known;
  if (error.code === 'EPROTO') return 'the server does not speak TLS';
  return error.message || (error.code ?? 'unknown error');
}

const certificateCodes =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_TLSV1?\d*_ALERT)/;

/** The next step for a server that could not be reached. */
export function unreachableHint(error: ApiError): string {
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (certificateCodes.test(code)) {
    return 'the kubeconfig must name the authority that signed the certificate of the server: certificate-authority-data';
  }
  if (code === 'EPROTO') return 'the `server` of the cluster in the kubeconfig may need http:// or another port';
  return 'is the cluster running, and is its network or VPN connected? Run with --context to choose another cluster';
}
