import tls from 'node:tls';
import { type CertificateFacts, readCertificate } from '../../semantics/probe/certificate.ts';
import type { TlsFacts } from '../../semantics/probe/observation.ts';
import { alertName, refusesWithoutCertificate } from '../../semantics/probe/tls-alert.ts';
import { type TlsVersion, tlsVersions } from '../../semantics/probe/tls-hello.ts';
import { suiteName, suites12, suites13 } from '../../semantics/probe/tls-suites.ts';
import type { Endpoint } from './endpoint.ts';
import { type HelloAnswer, sayHello } from './hello.ts';

/** The first offer of all: it brings the most in clear. */
export const firstOffer = { version: '1.2', suites: suites12 } as const;

/**
 * What a TLS listener accepts, and the certificate that it shows. `first` is its answer to `firstOffer`. At most one
 * connection for every suite that it accepts, and six more.
 */
export async function readTls(endpoint: Endpoint, first: HelloAnswer): Promise<Omit<TlsFacts, 'verified'>> {
  const answers = new Map<TlsVersion, HelloAnswer>([['1.2', first]]);
  for (const version of ['1.3', '1.1', '1.0'] as const)
    answers.set(version, await sayHello(endpoint, { version, suites: version === '1.3' ? suites13 : suites12 }));
  const versions: Partial<Record<TlsVersion, 'accepted' | 'refused'>> = {};
  for (const [version, answer] of answers) {
    const state = stateOf(answer, version);
    if (state !== undefined) versions[version] = state;
  }
  const classic = (['1.2', '1.1', '1.0'] as const).find((version) => versions[version] === 'accepted');
  const flight = classic && answers.get(classic)?.flight;
  const suites = classic && flight?.suite !== undefined ? await readSuites(endpoint, classic, flight.suite) : [];
  const shown = (flight?.certificates ?? []).flatMap((der) => readCertificate(der) ?? []);
  const asks = flight?.asksForCertificate;
  const handshake = await finishHandshake(endpoint);
  const asked = asks ?? handshake.asked;
  const refused = handshake.shut || (handshake.alert !== undefined && refusesWithoutCertificate(handshake.alert));
  const required = asked === true && refused;
  return {
    versions,
    suites: suites.map(suiteName),
    clientCertificate: required ? 'required' : asked === undefined ? 'unknown' : asked ? 'asked' : 'not-asked',
    chain: shown.length > 0 ? shown : handshake.chain,
    ...(handshake.alert !== undefined && { alert: handshake.alert }),
  };
}

function stateOf({ flight, timedOut }: HelloAnswer, version: TlsVersion): 'accepted' | 'refused' | undefined {
  if (flight.version === tlsVersions[version]) return 'accepted';
  return timedOut ? undefined : 'refused';
}

/** What a server takes when what it took before is no longer offered. */
async function readSuites(endpoint: Endpoint, version: TlsVersion, first: number): Promise<readonly number[]> {
  const accepted = [first];
  let left = suites12.filter((suite) => suite !== first);
  while (left.length > 0) {
    const { flight } = await sayHello(endpoint, { version, suites: left });
    const { suite } = flight;
    // One that was not offered would be taken for ever.
    if (suite === undefined || flight.version !== tlsVersions[version] || !left.includes(suite)) break;
    accepted.push(suite);
    left = left.filter((each) => each !== suite);
  }
  return accepted;
}

interface Handshake {
  readonly chain: readonly CertificateFacts[];
  /** Whether the server asked for a client certificate; undefined where the handshake ended too early to tell. */
  readonly asked: boolean | undefined;
  readonly alert: string | undefined;
  /** Whether the server closed the connection as soon as no certificate came. */
  readonly shut: boolean;
}

/** A whole handshake without a certificate: TLS 1.3 encrypts what it asks for, and refuses only after its end. */
async function finishHandshake(endpoint: Endpoint): Promise<Handshake> {
  const { timeoutMs, signal } = endpoint;
  await endpoint.pace.turn(signal);
  return new Promise((resolve, reject) => {
    let chain: readonly CertificateFacts[] = [];
    let asked: boolean | undefined;
    const socket = tls.connect(anonymousTls(endpoint));
    let shut = false;
    const settle = (alert?: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve({ chain, asked, alert, shut });
    };
    const abort = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(signal.reason);
    };
    let timer = setTimeout(() => settle(), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('secureConnect', () => {
      chain = presented(socket);
      // OpenSSL fills these on a client when the server's CertificateRequest arrives, and only then.
      asked = socket.getSharedSigalgs().length > 0;
      if (!asked) return settle();
      // The refusal follows the handshake; a server that merely asks stays silent.
      clearTimeout(timer);
      timer = setTimeout(() => settle(), Math.min(timeoutMs, refusalMs));
    });
    socket.on('data', () => settle());
    const close = (): void => {
      shut = asked === true;
      settle();
    };
    socket.on('close', close);
    socket.on('error', (error) => {
      const alert = alertIn(error);
      if (alert === undefined) close();
      else settle(alert);
    });
  });
}

const refusalMs = 700;

/** Options of a connection as nobody: anything is accepted from the server, and nothing of worth is sent. */
export function anonymousTls({ address, port, serverName }: Endpoint): tls.ConnectionOptions {
  return {
    host: address,
    port,
    servername: serverName ?? '',
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'ALL:@SECLEVEL=0',
  };
}

function presented(socket: tls.TLSSocket): CertificateFacts[] {
  const found: CertificateFacts[] = [];
  let certificate: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (certificate?.raw !== undefined && found.length < 20 && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    const facts = readCertificate(certificate.raw);
    if (facts !== undefined) found.push(facts);
    certificate = certificate.issuerCertificate;
  }
  return found;
}

/** The alert that OpenSSL's error tells of: `… SSL alert number 116`. */
export function alertIn(error: Error): string | undefined {
  const [, number] = /SSL alert number (\d+)/.exec(error.message) ?? [];
  return number === undefined ? undefined : alertName(Number(number));
}
