import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import type { KubeconfigEvidence, TokenEvidence } from '../../model/kubeconfig.ts';
import type { FileEvidence, FileType } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { tokenClaims } from '../../semantics/kubeconfig/token.ts';
import { redactFile } from '../node/redact-file.ts';
import { isUnignored } from './git-ignore.ts';
import { type OwnReference, readOwn } from './read-own.ts';

export interface CollectKubeconfigsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  /** Of the user; absent where files have no owners. */
  readonly uid?: number;
  /** This file alone, as `--kubeconfig` names it. */
  readonly only?: string;
}

export interface CollectedKubeconfigs {
  readonly kubeconfigs: KubeconfigEvidence;
  readonly gaps: readonly Gap[];
}

const maxBytes = 20 * 1024 * 1024;
const maxTokenBytes = 1024 * 1024;
const maxFiles = 500;
const maxLinks = 40;

/**
 * Reads the kubeconfigs of a user: those of `KUBECONFIG`, or `~/.kube/config`; others beside it (`~/.kube/*.yaml`,
 * `*.yml`, `*.conf`); the kuberc file; and the files that all of these name. Nothing is run and nothing is kept that is
 * a credential. What is not there is no gap; what cannot be read is.
 */
export function collectKubeconfigs(options: CollectKubeconfigsOptions): CollectedKubeconfigs {
  const collection = new Collection(options);
  const listed = (options.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const folder = join(options.home, '.kube');
  const asked = options.only !== undefined ? [options.only] : listed.length > 0 ? listed : [join(folder, 'config')];
  const merged = [...new Set(asked.map((file) => resolve(options.cwd, file)))];
  for (const file of merged) collection.kubeconfig(file);
  if (options.only === undefined) {
    for (const name of collection.names(folder)) {
      if (name === 'config' || /^[^.].*\.(?:ya?ml|conf)$/.test(name)) collection.kubeconfig(join(folder, name));
    }
    const kuberc = options.env['KUBERC'] || join(folder, 'kuberc');
    if (kuberc !== 'off') collection.text(resolve(options.cwd, kuberc), 'yaml');
  }
  return collection.result(merged);
}

class Collection {
  private readonly options: CollectKubeconfigsOptions;
  private readonly files = new Map<string, FileEvidence>();
  private readonly tokens: TokenEvidence[] = [];
  private readonly variables: KubeconfigEvidence['variables'][number][] = [];
  private readonly unignored: string[] = [];
  private readonly gaps: Gap[] = [];
  private readonly read = new Set<string>();

  constructor(options: CollectKubeconfigsOptions) {
    this.options = options;
  }

  result(merged: readonly string[]): CollectedKubeconfigs {
    const { home, uid } = this.options;
    const { tokens, variables, unignored } = this;
    const files = [...this.files.values()];
    const kubeconfigs = { home, ...(uid !== undefined && { uid }), merged, files, tokens, variables, unignored };
    return { kubeconfigs, gaps: this.gaps };
  }

  names(folder: string): readonly string[] {
    try {
      return readdirSync(folder).sort();
    } catch (error) {
      if (!isAbsent(error)) this.gap(folder, error);
      return [];
    }
  }

  kubeconfig(path: string): void {
    if (this.read.has(path)) return;
    this.read.add(path);
    const real = this.look(path);
    const content = real === undefined ? undefined : this.content(real, maxBytes);
    if (real === undefined || content === undefined) return;
    const { text, secret, problem, isKubeconfig, tokens, variables, references } = readOwn(path, content);
    if (problem !== undefined) this.gaps.push({ code: 'malformed', what: path, reason: problem });
    if (!isKubeconfig) return;
    this.keep(real, { ...(text !== undefined && { text }), ...(secret !== undefined && { secret }) });
    this.tokens.push(...tokens);
    this.variables.push(...variables);
    if (secret !== undefined && isUnignored(real)) this.unignored.push(path);
    for (const reference of references) this.reference(path, reference);
  }

  /** Keeps what may be kept of a file's text. */
  text(path: string, holds: 'yaml' | 'pem'): void {
    const real = this.look(path);
    if (real === undefined || this.read.has(real)) return;
    this.read.add(real);
    const content = this.content(real, maxBytes);
    if (content === undefined) return;
    const { text, secret, problem } = redactFile(content, holds);
    if (problem !== undefined) this.gaps.push({ code: 'malformed', what: path, reason: problem.reason });
    this.keep(real, { ...(text !== undefined && { text }), ...(secret !== undefined && { secret }) });
  }

  private reference(kubeconfig: string, { path, holds, user }: OwnReference): void {
    const absolute = isAbsolute(path) ? path : join(dirname(kubeconfig), path);
    if (holds !== 'token') {
      this.text(absolute, 'pem');
      return;
    }
    const real = this.look(absolute);
    const content = real === undefined ? undefined : this.content(real, maxTokenBytes);
    if (real === undefined || content === undefined || user === undefined) return;
    this.keep(real, { secret: 'token' });
    const claims = tokenClaims(content.toString('utf8'));
    // What comes later counts: the file's token wins over the one in the kubeconfig.
    this.tokens.push({ file: kubeconfig, user, claims });
  }

  private keep(path: string, more: Pick<FileEvidence, 'text' | 'secret'>): void {
    const evidence = this.files.get(path);
    if (evidence !== undefined) this.files.set(path, { ...evidence, ...more });
  }

  /** Records a path with its links and folders; where it ends, or undefined where there is no file. */
  private look(path: string): string | undefined {
    let at = path;
    for (let links = 0; links <= maxLinks; links += 1) {
      const stats = this.stat(at);
      if (stats === undefined) return undefined;
      for (let folder = dirname(at); folder !== dirname(folder); folder = dirname(folder)) this.stat(folder);
      if (!stats.isSymbolicLink()) return stats.isFile() ? at : undefined;
      try {
        at = resolve(dirname(at), readlinkSync(at));
      } catch (error) {
        this.gap(at, error);
        return undefined;
      }
    }
    return undefined;
  }

  private stat(path: string): Stats | undefined {
    let stats: Stats;
    try {
      stats = lstatSync(path);
    } catch (error) {
      if (!isAbsent(error)) this.gap(path, error);
      return undefined;
    }
    if (this.files.has(path)) return stats;
    if (this.files.size >= maxFiles) {
      if (this.files.size === maxFiles && !this.gaps.some(({ code }) => code === 'too-large')) {
        this.gaps.push({
          code: 'too-large',
          what: path,
          reason: `more than ${maxFiles} files: the others were not looked at`,
        });
      }
      return undefined;
    }
    this.files.set(path, evidenceOf(path, stats));
    return stats;
  }

  private content(path: string, limit: number): Buffer | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const { size } = fstatSync(descriptor);
      if (size > limit) {
        this.gaps.push({ code: 'too-large', what: path, reason: `larger than ${limit / 1024 / 1024} MiB` });
        return undefined;
      }
      const bytes = Buffer.alloc(size);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, size, 0));
    } catch (error) {
      if (!isAbsent(error)) this.gap(path, error);
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  private gap(what: string, error: unknown): void {
    if (this.gaps.some((known) => known.what === what)) return;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    this.gaps.push({ code: 'unreadable', what, reason: code === 'EACCES' ? 'permission denied' : code });
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function evidenceOf(path: string, stats: Stats): FileEvidence {
  const type: FileType = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'directory'
      : stats.isSymbolicLink()
        ? 'symlink'
        : stats.isSocket()
          ? 'socket'
          : 'other';
  const target = type === 'symlink' ? linkTarget(path) : undefined;
  return {
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    modified:
      Number.isFinite(stats.mtimeMs) && Math.abs(stats.mtimeMs) < 8.64e15 ? new Date(stats.mtimeMs).toISOString() : '',
    ...(target !== undefined && { target }),
  };
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
