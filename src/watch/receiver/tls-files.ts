import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { BulwarkError } from '../../model/errors.ts';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authority of client certificates. */
  readonly clientCa: string | undefined;
  /** Whether a client without a certificate may go on, to show a token. */
  readonly clients: 'certificate' | 'certificate-or-token' | 'token';
}

export interface ServerCertificate {
  readonly options: SecureContextOptions & { readonly requestCert: boolean; readonly rejectUnauthorized: boolean };
  /** Calls with the new files when they change, until `stop`. */
  renew(use: (context: SecureContextOptions) => void): void;
  stop(): void;
}

const lookEvery = 60_000;
/** SSL_OP_NO_TICKET of OpenSSL: a resumed session would stand for a certificate that nobody showed. */
const noTickets = 0x4000;

/** The certificate of the receiver, read again when it is renewed. Throws `usage` for files that do not serve. */
export async function serverCertificate(files: TlsFiles): Promise<ServerCertificate> {
  let timer: NodeJS.Timeout | undefined;
  const first = await readContext(files);
  return {
    options: {
      ...first,
      minVersion: 'TLSv1.2',
      secureOptions: noTickets,
      requestCert: files.clients !== 'token',
      rejectUnauthorized: files.clients === 'certificate',
    },
    renew(use) {
      let before = changeTimes(files);
      timer = setInterval(async () => {
        const [old, now] = await Promise.all([before, changeTimes(files)]);
        if (old === now) return;
        try {
          use({ ...(await readContext(files)), minVersion: 'TLSv1.2', secureOptions: noTickets });
          before = Promise.resolve(now);
        } catch {
          // Half of the pair is written: the next look finds both. Until then the old pair serves.
        }
      }, lookEvery);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

async function readContext({ cert, key, clientCa }: TlsFiles): Promise<{ cert: Buffer; key: Buffer; ca?: Buffer }> {
  const context = {
    cert: await readGiven('--tls-cert', cert),
    key: await readGiven('--tls-key', key),
    ...(clientCa !== undefined && { ca: await readGiven('--client-ca', clientCa) }),
  };
  try {
    createSecureContext(context);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError(
      'usage',
      `the certificate in ${cert} cannot be used: ${reason}`,
      'give a matching pair of PEM files with --tls-cert and --tls-key',
      { cause },
    );
  }
  return context;
}

async function readGiven(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `${option}: ${reason}`, 'name a readable file', { cause });
  }
}

async function changeTimes({ cert, key, clientCa }: TlsFiles): Promise<string> {
  const paths = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return times.join(' ');
}
