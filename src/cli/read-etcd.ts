import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Collected } from '../collect/snapshot.ts';
import { BulwarkError } from '../model/errors.ts';
import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import type { NodeEvidence } from '../model/node.ts';
import type { Gap } from '../model/snapshot.ts';
import type { Terminal } from './terminal.ts';

/** `--etcd` and what goes with it. */
export interface EtcdFlags {
  /** Files and URLs. */
  readonly etcdSources?: readonly string[];
  /** `--no-etcd`: the databases of nodes are left alone. */
  readonly etcd?: false;
  readonly etcdCacert?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly etcdServername?: string;
}

const credentialOptions = [
  ['--etcd-cacert', 'etcdCacert'],
  ['--etcd-cert', 'etcdCert'],
  ['--etcd-key', 'etcdKey'],
] as const;

/**
 * What lies in the etcds that `--etcd` names, and in those of the nodes that were read. Throws `usage` for a URL without
 * the files to reach it with; what cannot be read beyond that is a gap.
 */
export async function readEtcd(
  flags: EtcdFlags,
  terminal: Terminal,
  nodes: readonly NodeEvidence[] = [],
): Promise<Collected> {
  const etcd: EtcdDataEvidence[] = [];
  const gaps: Gap[] = [];
  const sources = [...new Set(flags.etcdSources ?? [])];
  const urls = sources.filter(isUrl);
  const credentials = await credentialsOf(flags, urls, terminal);
  for (const source of sources) {
    const reading = isUrl(source) ? await readUrl(source, credentials) : await readSource(source, terminal);
    if (reading.evidence !== undefined) etcd.push(reading.evidence);
    gaps.push(...reading.gaps);
  }
  for (const node of flags.etcd === false ? [] : nodes) {
    // A bundle holds text alone, and no database.
    if (node.from === 'bundle') continue;
    const { readNodeEtcd } = await import('../collect/etcd/of-node.ts');
    const reading = await readNodeEtcd(node, { root: node.from === 'host' ? '/' : resolve(terminal.cwd, node.at) });
    etcd.push(...reading.etcd);
    gaps.push(...reading.gaps);
  }
  return { objects: [], inputs: [], gaps, etcd };
}

function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly servername?: string;
}

async function credentialsOf(
  flags: EtcdFlags,
  urls: readonly string[],
  { cwd }: Terminal,
): Promise<Credentials | undefined> {
  const [url] = urls;
  const given = [...credentialOptions.map(([option, name]) => [option, flags[name]] as const)];
  if (url === undefined) {
    const useless = [...given, ['--etcd-servername', flags.etcdServername] as const].find(
      ([, path]) => path !== undefined,
    );
    if (useless === undefined) return undefined;
    throw new BulwarkError(
      'usage',
      `${useless[0]} is for a live etcd`,
      'add --etcd https://HOST:2379, or leave it out',
    );
  }
  const plain = urls.find((each) => !/^https:/i.test(each));
  if (plain !== undefined) {
    throw new BulwarkError(
      'usage',
      `--etcd ${plain} is no https:// URL: every value would cross the network in the clear`,
      'name the member as https://HOST:2379, or read a snapshot of it',
    );
  }
  const missing = given.filter(([, path]) => path === undefined).map(([option]) => option);
  if (missing.length > 0) {
    throw new BulwarkError(
      'usage',
      `--etcd ${url} needs ${missing.join(', ')}: etcd tells its data only to who has a certificate of its authority`,
      'with kubeadm they are etcd/ca.crt, apiserver-etcd-client.crt and apiserver-etcd-client.key below /etc/kubernetes/pki',
    );
  }
  // One by one: of several that cannot be read, the first is told.
  const texts: string[] = [];
  for (const [option, path] of given) texts.push(await readText(option, resolve(cwd, path ?? '')));
  const [ca = '', cert = '', key = ''] = texts;
  return { ca, cert, key, ...(flags.etcdServername !== undefined && { servername: flags.etcdServername }) };
}

async function readText(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BulwarkError('usage', `cannot read the file of ${option}: ${reason}`, 'name a PEM file', {
      cause: error,
    });
  }
}

interface Reading {
  readonly evidence?: EtcdDataEvidence;
  readonly gaps: readonly Gap[];
}

async function readUrl(url: string, credentials: Credentials | undefined): Promise<Reading> {
  if (credentials === undefined) return { gaps: [] };
  const { readEtcdLive } = await import('../collect/etcd/live.ts');
  return readEtcdLive({ ...credentials, endpoints: [url] });
}

async function readSource(source: string, { cwd }: Terminal): Promise<Reading> {
  const { readEtcdFile } = await import('../collect/etcd/file.ts');
  const path = resolve(cwd, source);
  const { evidence, gaps } = await readEtcdFile(path);
  // Reports name places as the user did.
  const renamed = gaps.map((gap) => ({ ...gap, what: source }));
  if (evidence?.file === undefined) return { gaps: renamed };
  const way = await wayTo(path);
  const file = { ...evidence.file, ...(way !== undefined && { way }) };
  return { evidence: { ...evidence, at: source, file }, gaps: renamed };
}

/** The permission bits that all folders on the way have; undefined where one cannot be looked at. */
async function wayTo(path: string): Promise<number | undefined> {
  try {
    let way = 0o777;
    for (let folder = dirname(await realpath(path)); ; folder = dirname(folder)) {
      way &= (await stat(folder)).mode;
      if (folder === dirname(folder)) return way;
    }
  } catch {
    return undefined;
  }
}
