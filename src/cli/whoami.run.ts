import { rootCertificates } from 'node:tls';
import { proxyFromEnvironment } from '../collect/cluster/proxy.ts';
import { type AnonymousAnswer, askAnonymously } from '../collect/kubeconfig/ask-anonymous.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { factsOf } from '../facts/facts.ts';
import { ownKubeconfigs } from '../facts/kubeconfigs.ts';
import type { Certificate } from '../model/certificate.ts';
import { BulwarkError } from '../model/errors.ts';
import type {
  Kubeconfig,
  KubeconfigCluster,
  KubeconfigContext,
  KubeconfigUser,
  Reference,
} from '../model/kubeconfig.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { type WhoamiEntry, whoamiJson, whoamiText } from '../report/whoami.ts';
import { parseCertificate } from '../semantics/certificates/parse.ts';
import { pemBlocks } from '../semantics/certificates/pem-blocks.ts';
import { type Identity, identityOf } from '../semantics/kubeconfig/identity.ts';
import { type ServerAddress, serverAddress } from '../semantics/kubeconfig/server.ts';
import { readKubeconfigs } from './evidence.ts';
import { nearest } from './nearest.ts';
import type { Terminal } from './terminal.ts';
import type { WhoamiFlags } from './whoami.ts';
import { answerOf } from './whoami-answer.ts';

interface Session {
  readonly terminal: Terminal;
  readonly color: 'always' | 'never';
}

/** Says who the users of contexts are. Returns the exit code: 3 where a kubeconfig could not be read. */
export async function runWhoami(flags: WhoamiFlags, { terminal, color }: Session): Promise<number> {
  if (flags.offline === true && (flags.ask === true || flags.exec === true)) {
    throw new BulwarkError(
      'usage',
      '--offline makes no request, and --ask and --exec need some',
      'leave one of them out',
    );
  }
  const collected = await readKubeconfigs(terminal, flags.kubeconfig);
  for (const { what, reason } of collected.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const now = terminal.now();
  const merged = mergedConfig(factsOf(assembleSnapshot([collected], now.toISOString())).get(ownKubeconfigs));
  const entries: WhoamiEntry[] = [];
  for (const selected of select(merged, flags)) entries.push(await entryOf(selected, merged, { flags, terminal }));
  if (flags.output === 'json') await terminal.out(whoamiJson(entries));
  else {
    const width = Math.max(60, Math.min(terminal.width, 120));
    await terminal.out(whoamiText(entries, { now: now.getTime(), style: styleOf(color), width }));
  }
  return collected.gaps.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

interface Located<T> {
  readonly entry: T;
  readonly kubeconfig: Kubeconfig;
}

/** The files as kubectl merges them: of entries with one name the first, and the first current context. */
interface MergedConfig {
  readonly files: readonly Kubeconfig[];
  readonly contexts: ReadonlyMap<string, Located<KubeconfigContext>>;
  readonly clusters: ReadonlyMap<string, Located<KubeconfigCluster>>;
  readonly users: ReadonlyMap<string, Located<KubeconfigUser>>;
  readonly current: string;
}

function mergedConfig(all: readonly Kubeconfig[]): MergedConfig {
  const files = all.filter(({ own }) => own?.order !== undefined);
  const first = <T extends { readonly name: string }>(list: (kubeconfig: Kubeconfig) => readonly T[]) => {
    const found = new Map<string, Located<T>>();
    for (const kubeconfig of files) {
      for (const entry of list(kubeconfig)) if (!found.has(entry.name)) found.set(entry.name, { entry, kubeconfig });
    }
    return found;
  };
  return {
    files,
    contexts: first(({ contexts }) => contexts),
    clusters: first(({ clusters }) => clusters),
    users: first(({ users }) => users),
    current: files.find(({ currentContext }) => currentContext !== '')?.currentContext ?? '',
  };
}

function select({ files, contexts, current }: MergedConfig, flags: WhoamiFlags): readonly Located<KubeconfigContext>[] {
  if (files.length === 0) {
    const hint = 'name one with --kubeconfig, or set KUBECONFIG';
    throw new BulwarkError('kubeconfig-missing', 'there is no kubeconfig', hint);
  }
  if (flags.all === true) return [...contexts.values()];
  const wanted = flags.context ?? current;
  const found = contexts.get(wanted);
  if (found !== undefined) return [found];
  const near = nearest(wanted, contexts.keys());
  const names = [...contexts.keys()].slice(0, 20).join(', ') || 'none';
  const message = wanted === '' ? 'there is no current context' : `there is no context "${visible(wanted)}"`;
  const hint =
    near === undefined ? `choose one with --context, or --all: ${visible(names)}` : `did you mean ${visible(near)}?`;
  throw new BulwarkError('context-missing', message, hint);
}

interface Asking {
  readonly flags: WhoamiFlags;
  readonly terminal: Terminal;
}

async function entryOf(
  { entry: context, kubeconfig }: Located<KubeconfigContext>,
  merged: MergedConfig,
  asking: Asking,
): Promise<WhoamiEntry> {
  const user = merged.users.get(context.user);
  const cluster = merged.clusters.get(context.cluster);
  const address = cluster && serverAddress(cluster.entry, user?.entry);
  let identity = identityOf(user?.entry, user && certificateOf(user));
  if (identity.type === 'exec-plugin' && asking.flags.exec === true) identity = await pluginIdentity(context, asking);
  const answer =
    cluster === undefined || address === undefined || asking.flags.offline === true
      ? {}
      : await askServer(cluster, address, asking);
  const said = asking.flags.ask === true ? await sayOf(context, identity, asking) : undefined;
  return {
    context: context.name,
    isCurrent: context.name === merged.current,
    file: kubeconfig.path,
    server: address?.url ?? cluster?.entry.server ?? '',
    user: context.user,
    identity,
    ...answer,
    ...(said !== undefined && { said }),
  };
}

function certificateOf({ entry, kubeconfig }: Located<KubeconfigUser>): Certificate | undefined {
  const [block] = pemBlocks(textOf(entry.certificate, kubeconfig) ?? '');
  const parsed = block && parseCertificate(block.pem);
  return parsed !== undefined && 'certificate' in parsed ? parsed.certificate : undefined;
}

function textOf(reference: Reference | undefined, kubeconfig: Kubeconfig): string | undefined {
  if (reference === undefined) return undefined;
  return reference.data ?? kubeconfig.resolve(reference.path ?? '').file?.text;
}

async function askServer(
  { entry: cluster, kubeconfig }: Located<KubeconfigCluster>,
  address: ServerAddress,
  { flags, terminal }: Asking,
): Promise<Pick<WhoamiEntry, 'trust' | 'isTrusted' | 'curl'>> {
  const url = new URL(address.url);
  if (cluster.proxyUrl !== '' || proxyFromEnvironment(url, terminal.env) !== undefined) {
    return { curl: 'not tried: the server is reached through a proxy' };
  }
  const ca = textOf(cluster.authority, kubeconfig);
  const answer: AnonymousAnswer = await askAnonymously({
    url,
    timeoutMs: flags.timeout * 1000,
    ...(ca !== undefined && { ca }),
    ...(cluster.tlsServerName !== '' && { serverName: cluster.tlsServerName }),
  });
  return answerOf(answer, {
    cluster,
    isTls: url.protocol === 'https:',
    isPublic: ca === undefined || isPublicRoot(ca),
  });
}

/** Whether the system, and so a bare curl, trusts an authority already. */
function isPublicRoot(ca: string): boolean {
  const known = new Set(rootCertificates.map((pem) => pem.replace(/\s/g, '')));
  return pemBlocks(ca).some(({ pem }) => known.has(pem.replace(/\s/g, '')));
}

async function pluginIdentity({ name }: KubeconfigContext, { flags, terminal }: Asking): Promise<Identity> {
  const { runPlugin } = await import('../collect/kubeconfig/run-plugin.ts');
  return runPlugin({ context: name, kubeconfig: flags.kubeconfig, env: terminal.env, timeoutMs: flags.timeout * 1000 });
}

async function sayOf(
  { name }: KubeconfigContext,
  identity: Identity,
  { flags, terminal }: Asking,
): Promise<NonNullable<WhoamiEntry['said']>> {
  if (identity.type === 'exec-plugin' && flags.exec !== true)
    return { reason: 'not asked: that runs the plugin (--exec)' };
  const [{ connect }, { askSelf }] = await Promise.all([
    import('../collect/cluster/connect.ts'),
    import('../collect/kubeconfig/ask-self.ts'),
  ]);
  const timeoutMs = flags.timeout * 1000;
  try {
    const options = { kubeconfig: flags.kubeconfig, context: name, env: terminal.env, timeoutMs, maxSockets: 1 };
    const connection = await connect(options);
    const answer = await askSelf(connection, timeoutMs);
    connection.agent.destroy();
    return answer.kind === 'known' ? answer : { reason: answer.reason };
  } catch (error) {
    if (error instanceof BulwarkError) return { reason: error.message };
    throw error;
  }
}
