import { isAscii } from 'node:buffer';
import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { BulwarkError } from '../../model/errors.ts';
import { Connections } from './connections.ts';
import { timeoutOf, usableTime } from './deadline.ts';
import { type Entrant, Lane } from './lane.ts';
import {
  keepAliveTimeout,
  largeLane,
  mostConnections,
  smallBodyBytes,
  smallLane,
  usualBodyBytes,
  usualLane,
} from './limits.ts';
import { monotonic } from './monotonic.ts';
import { announcedBytes, CallError, readBody } from './read-body.ts';
import { Turns } from './turns.ts';

/** Which of the registered hooks calls: what must not fail open, what may, and what changes objects. */
export type Hook = 'enforce' | 'advise' | 'mutate';

/** Where each hook calls. */
export const hookPaths: Readonly<Record<Hook, string>> = {
  enforce: '/validate',
  advise: '/validate/advice',
  mutate: '/mutate',
};

const hooks: ReadonlyMap<string, Hook> = new Map(
  Object.entries(hookPaths).map(([hook, path]) => [path, hook as Hook] as const),
);

export interface ReviewCall {
  readonly hook: Hook;
  /** What was sent, decoded; UTF-8, as JSON is. */
  readonly text: string;
  /** When no time is left for more than an answer, as `monotonic` counts. */
  readonly until: number;
}

export interface ReviewAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What became of a call that no policy was asked about. */
export type Turned = 'bad-request' | 'shed' | 'late' | 'gone' | 'forbidden' | 'no-certificate' | 'failed';

/** A key pair in PEM, and the authority of the clients that may call; undefined lets everybody call. */
export interface ServerKeys {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca: string | Buffer | undefined;
}

export interface AdmissionServerOptions {
  readonly host: string;
  readonly port: number;
  readonly keys: ServerKeys;
  /** Common names of client certificates that may call; empty: every one of the authority's. */
  readonly clientNames: ReadonlySet<string>;
  /** At once, but where something has to be asked of the API server first. */
  readonly review: (call: ReviewCall) => ReviewAnswer | Promise<ReviewAnswer>;
  readonly onTurned: (turned: Turned, reason: string) => void;
  /** Of every call. */
  readonly onAnswered: (answered: Answered) => void;
}

/** A call's status, and seconds from its begin to the answer. */
export interface Answered {
  readonly status: number;
  readonly seconds: number;
}

/** Bytes of bodies in memory, and calls that wait. */
export interface ServerLoad {
  readonly bytes: number;
  readonly waiting: number;
}

export interface AdmissionServer {
  readonly address: AddressInfo;
  /** For connections from now on. Throws what OpenSSL says of keys that do not fit. */
  renew(keys: ServerKeys): void;
  load(): ServerLoad;
  /**
   * Answers for `delay` more milliseconds, asking callers to connect elsewhere; then takes no more, and ends when the
   * last call is answered, or after `longest`.
   */
  stop(times: { readonly delay: number; readonly longest: number }): Promise<void>;
}

/** Slower than this nobody sends who means well. */
const slowestBody = 10_000;
const textType = 'text/plain; charset=utf-8';

/**
 * Takes admission reviews from API servers, over HTTP/1.1 and TLS 1.2 or newer. Every call ends in an answer: of the
 * policies, or in words why there is none. Throws `usage` for an address that cannot be listened on.
 */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<AdmissionServer> {
  const { host, port } = options;
  const server = https.createServer({
    ...secureOptions(options.keys),
    requestCert: options.keys.ca !== undefined,
    rejectUnauthorized: options.keys.ca !== undefined,
    handshakeTimeout: 10_000,
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 40_000,
    keepAliveTimeout,
  });
  server.maxConnections = mostConnections;
  new Connections(options).follow(server);
  server.maxHeadersCount = 100;
  const calls = new Calls(options);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const reason = whyNoCertificate(error, socket);
    if (options.keys.ca !== undefined && reason !== undefined) options.onTurned('no-certificate', reason);
  });
  server.on('request', (request, response) => void calls.handle(request, response));
  server.on('checkContinue', (request, response) => void calls.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'somebody else listens there' : cause.message;
      reject(new BulwarkError('usage', `--listen ${host}:${port}: ${reason}`, 'choose another address', { cause }));
    });
    server.listen({ port, host, backlog: 1024 }, resolve);
  });
  server.on('error', () => undefined);
  return {
    address: server.address() as AddressInfo,
    renew: (keys) => server.setSecureContext(secureOptions(keys)),
    load: () => calls.load,
    async stop({ delay, longest }) {
      calls.drain();
      await new Promise((resolve) => setTimeout(resolve, delay));
      await new Promise<void>((resolve) => {
        const end = setTimeout(() => server.closeAllConnections(), longest);
        server.close(() => {
          clearTimeout(end);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

/** What was wrong with the client's certificate; undefined for a handshake that failed otherwise. */
function whyNoCertificate({ code }: NodeJS.ErrnoException, { authorizationError }: TLSSocket): string | undefined {
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'the client shows no certificate';
  const verdict: unknown = authorizationError;
  return typeof verdict === 'string' ? `the client certificate does not count here: ${verdict}` : undefined;
}

/** Keys as TLS contexts take them. */
export function secureOptions({ cert, key, ca }: ServerKeys): https.ServerOptions {
  return {
    cert,
    key,
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.2',
    // A resumed session would stand for a certificate that nobody showed.
    ...(ca !== undefined && { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}

interface Place {
  readonly hook: Hook;
  /** Milliseconds. */
  readonly usable: number;
}

class Calls {
  private readonly options: AdmissionServerOptions;
  private readonly usual = new Lane(usualLane);
  private readonly small = new Lane(smallLane);
  private readonly large = new Lane(largeLane);
  private readonly turns = new Turns();
  private readonly places = new Map<string, Place>();
  private draining = false;

  constructor(options: AdmissionServerOptions) {
    this.options = options;
  }

  get load(): ServerLoad {
    const { usual, small, large } = this;
    return {
      bytes: usual.bytes + small.bytes + large.bytes,
      waiting: usual.waiting + small.waiting + large.waiting,
    };
  }

  drain(): void {
    this.draining = true;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = monotonic();
    let answer: ReviewAnswer;
    try {
      answer = await this.answer(request, response, began);
    } catch (error) {
      answer = this.failure(error, request.socket.remoteAddress);
    }
    const length = Buffer.byteLength(answer.body);
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': length,
      ...(answer.status === 503 && { 'retry-after': '1' }),
      // The rest of a body that nobody reads would be taken for the next request.
      ...((this.draining || !request.complete) && { connection: 'close' }),
    });
    if (request.complete) response.end(answer.body);
    else endEarly(request, response, answer);
    this.options.onAnswered({ status: answer.status, seconds: (monotonic() - began) / 1000 });
  }

  private async answer(request: IncomingMessage, response: ServerResponse, began: number): Promise<ReviewAnswer> {
    const place = this.placeOf(request.url ?? '/');
    if (place === undefined) throw new CallError(404, `reviews go to ${[...hooks.keys()].join(', ')}`);
    if (request.method !== 'POST') throw new CallError(405, 'reviews are posted');
    const refused = this.whyRefused(request);
    if (refused !== undefined) throw new CallError(403, refused);
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/json') throw new CallError(415, 'the content type of a review is application/json');
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new CallError(415, 'a review is not compressed');
    }
    const { hook, usable } = place;
    const until = began + usable;
    const bytes = announcedBytes(request);
    const isSmall = bytes <= smallBodyBytes;
    if (isSmall) this.turns.pass();
    const lane = bytes <= usualBodyBytes ? this.usual : isSmall ? this.small : this.large;
    const entrant = { bytes, peer: request.socket.remoteAddress ?? '' };
    const leave = lane.enterNow(entrant) ?? (await this.enter(request, { lane, entrant, until }));
    try {
      if (request.headers.expect !== undefined) response.writeContinue();
      const body = await readBody(request, Math.max(1, Math.min(until - monotonic(), slowestBody)));
      const review = () => this.options.review({ hook, text: textOf(body), until });
      const answer = isSmall ? review() : this.turns.take(review);
      return answer instanceof Promise ? await answer : answer;
    } finally {
      leave();
    }
  }

  /** The hook that a path and query are of, and how long its decision may take. An API server has one URL for each. */
  private placeOf(url: string): Place | undefined {
    const known = this.places.get(url);
    if (known !== undefined) return known;
    const { pathname, searchParams } = new URL(`https://webhook${url.startsWith('/') ? url : '/'}`);
    const hook = hooks.get(pathname);
    if (hook === undefined) return undefined;
    const place = { hook, usable: usableTime(timeoutOf(searchParams)) };
    if (this.places.size < 100) this.places.set(url, place);
    return place;
  }

  private async enter(
    request: IncomingMessage,
    { lane, entrant, until }: { readonly lane: Lane; readonly entrant: Entrant; readonly until: number },
  ): Promise<() => void> {
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    request.once('close', abort);
    const settled = await lane.enter(entrant, until - monotonic(), gone.signal);
    request.off('close', abort);
    if ('leave' in settled) return settled.leave;
    if (settled.refused === 'gone') throw new CallError(499, 'the caller has gone');
    throw new CallError(
      503,
      settled.refused === 'full'
        ? 'too many reviews wait: nothing was decided'
        : 'there was no room for the review in time: nothing was decided',
    );
  }

  private whyRefused({ socket }: IncomingMessage): string | undefined {
    const { clientNames, keys } = this.options;
    if (keys.ca === undefined) return undefined;
    if (!(socket instanceof TLSSocket) || !socket.authorized) return 'the client shows no certificate that counts here';
    if (socket.isSessionReused()) return 'a resumed session shows no client certificate: connect anew';
    if (clientNames.size === 0) return undefined;
    const name = socket.getPeerCertificate().subject?.CN;
    if (typeof name === 'string' && clientNames.has(name)) return undefined;
    return 'the client certificate has a name that may not call';
  }

  private failure(error: unknown, peer: string | undefined): ReviewAnswer {
    const status = error instanceof CallError ? error.status : 500;
    const reason = error instanceof Error ? error.message : String(error);
    // Who asks for what is not here, or does not post, sends no review: it is in the count of answers alone.
    const whose = peer === undefined || (status !== 408 && status !== 503) ? '' : `, from ${peer}`;
    if (status !== 404 && status !== 405) this.options.onTurned(turnedOf(status), `${reason}${whose}`);
    const text = error instanceof CallError ? reason : 'an error inside Bulwark: nothing was decided';
    return { status, contentType: textType, body: `${text}\n` };
  }
}

/**
 * Answers a call whose body nobody reads. What is on its way is thrown away, so that the caller comes to read the
 * answer; who goes on sending is cut off. Where there is no room, there is no time for that either.
 */
function endEarly(request: IncomingMessage, response: ServerResponse, { status, body }: ReviewAnswer): void {
  if (status === 503) {
    response.end(body);
    setTimeout(() => request.destroy(), 1_000).unref();
    return;
  }
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(() => {
    response.end();
    request.destroy();
  }, 1_000).unref();
  request.once('end', end).once('close', end).resume();
}

/** Most reviews are ASCII, which is cheap to read. */
function textOf(body: Buffer): string {
  return body.toString(isAscii(body) ? 'latin1' : 'utf8');
}

function turnedOf(status: number): Turned {
  if (status === 503) return 'shed';
  if (status === 408) return 'late';
  if (status === 499) return 'gone';
  if (status === 403) return 'forbidden';
  return status === 500 ? 'failed' : 'bad-request';
}
