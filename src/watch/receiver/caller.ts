import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { BulwarkError } from '../../model/errors.ts';

export interface CallerOptions {
  /** Whether the server asked for certificates of a given authority. */
  readonly certificates: boolean;
  /** Common names of certificates that are admitted; empty admits every one of the authority's. */
  readonly names: ReadonlySet<string>;
  /** A file with the bearer token. */
  readonly tokenFile: string | undefined;
}

/** Says who may post events. */
export interface CallerCheck {
  admits(request: IncomingMessage): Promise<boolean>;
}

/** A token that can be guessed is none. */
const leastToken = 16;
const rereadAfter = 10_000;

/** Throws `usage` for a token file that cannot be read, or holds too short a token. */
export async function callerCheck({ certificates, names, tokenFile }: CallerOptions): Promise<CallerCheck> {
  const token = tokenFile === undefined ? undefined : await TokenFile.open(tokenFile);
  return {
    async admits(request) {
      if (certificates && hasCertificate(request, names)) return true;
      const given = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1];
      return given !== undefined && token !== undefined && (await token.matches(given));
    },
  };
}

function hasCertificate({ socket }: IncomingMessage, names: ReadonlySet<string>): boolean {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  // A resumed session counts as verified even if its client never showed a certificate.
  if (socket.isSessionReused()) return false;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return false;
  return names.size === 0 || (typeof subject.CN === 'string' && names.has(subject.CN));
}

/** A token that is read again when its file changes: mounted Secrets are rotated. */
class TokenFile {
  private readonly path: string;
  private digest: Buffer;
  private changed: number;
  private checked: number;

  private constructor(path: string, digest: Buffer, changed: number) {
    this.path = path;
    this.digest = digest;
    this.changed = changed;
    this.checked = performance.now();
  }

  static async open(path: string): Promise<TokenFile> {
    try {
      const { mtimeMs } = await stat(path);
      return new TokenFile(path, digestOf(await readToken(path)), mtimeMs);
    } catch (cause) {
      if (cause instanceof BulwarkError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BulwarkError('usage', `--token-file: ${reason}`, 'name a readable file', { cause });
    }
  }

  async matches(given: string): Promise<boolean> {
    await this.refresh();
    return timingSafeEqual(digestOf(given), this.digest);
  }

  private async refresh(): Promise<void> {
    const now = performance.now();
    if (now - this.checked < rereadAfter) return;
    this.checked = now;
    try {
      const { mtimeMs } = await stat(this.path);
      if (mtimeMs === this.changed) return;
      this.digest = digestOf(await readToken(this.path));
      this.changed = mtimeMs;
    } catch {
      // The old token stays until there is a new one.
    }
  }
}

async function readToken(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim();
  if (token.length >= leastToken) return token;
  throw new BulwarkError(
    'usage',
    `--token-file: the token in ${path} has ${token.length} characters, and needs ${leastToken}`,
    'make one with: openssl rand -hex 32',
  );
}

/** Digests have one length, whatever was given. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
