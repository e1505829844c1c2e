import { resolve } from 'node:path';
import { clusterNodes } from '../collect/probe/cluster-nodes.ts';
import { readCredentials } from '../collect/probe/credentials.ts';
import { probeTargets } from '../collect/probe/probe.ts';
import { type NamedHost, type NamedPort, parseHost, parsePortOption, targetsOf } from '../collect/probe/targets.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { compareSeverity } from '../model/severity.ts';
import { probeTerminal } from '../report/probe.ts';
import { probeJson } from '../report/probe-json.ts';
import { isProbeComplete, type ProbeReport } from '../report/probe-summary.ts';
import { visible } from '../report/visible.ts';
import { judgeObservation } from '../semantics/probe/judge.ts';
import type { ProbeFlags } from './probe.ts';
import type { Terminal } from './terminal.ts';

type RunFlags = Omit<ProbeFlags, 'color'> & { readonly color: 'always' | 'never' };

/** One probe. Ctrl-C ends it with what was found. Returns the exit code. */
export async function runProbe(hosts: readonly string[], flags: RunFlags, terminal: Terminal): Promise<number> {
  const named = hosts.map(parseHost);
  const ports = flags.port.map(parsePortOption);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  try {
    return await probe({ named, ports, flags, signal: interrupted.signal }, terminal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    terminal.err('bulwark: interrupted before anything was looked at\n');
    return exitCodes.incomplete;
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

interface Run {
  readonly named: readonly NamedHost[];
  readonly ports: readonly NamedPort[];
  readonly flags: RunFlags;
  readonly signal: AbortSignal;
}

async function probe({ named, ports, flags, signal }: Run, terminal: Terminal): Promise<number> {
  const { cwd, env } = terminal;
  const timeoutMs = flags.timeout * 1000;
  const identities = await readCredentials(flags, { cwd, env, timeoutMs: 30_000, signal });
  const { hosts, notes } = await allHosts(named, { flags, terminal, signal });
  const found = await configured(flags, terminal, notes);
  const targets = targetsOf(hosts, { named: ports, found });
  const progress = progressLine(terminal);
  const observations = await probeTargets(targets, {
    ...identities,
    timeoutMs,
    rate: flags.rate,
    totalMs: flags.maxTime * 1000,
    signal,
    onProgress: progress.show,
  });
  progress.end();
  const isCut = observations.some(({ reach, cut }) => reach === 'skipped' || cut === true);
  if (signal.aborted) notes.push('interrupted: the rest was not looked at');
  else if (isCut) notes.push(`--max-time ${flags.maxTime} is over: the rest was not looked at`);
  const now = terminal.now();
  const report = { results: observations.map((observation) => judgeObservation(observation, now)), notes };
  await print(report, flags, terminal);
  return exitCode(report, flags);
}

interface HostOptions {
  readonly flags: RunFlags;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function allHosts(
  named: readonly NamedHost[],
  { flags, terminal, signal }: HostOptions,
): Promise<{ readonly hosts: readonly NamedHost[]; readonly notes: string[] }> {
  if (flags.cluster === true) {
    const { kubeconfig, context } = flags;
    const { hosts, notes } = await clusterNodes({
      kubeconfig: kubeconfig === undefined ? undefined : resolve(terminal.cwd, kubeconfig),
      context,
      env: terminal.env,
      timeoutMs: 30_000,
      signal,
    });
    return {
      hosts: [...named, ...hosts],
      notes: [...notes],
    };
  }
  if (named.length > 0) return { hosts: named, notes: [] };
  if (flags.node === true) return { hosts: [{ host: '127.0.0.1' }], notes: [] };
  throw new BulwarkError(
    'usage',
    'no host is named',
    'name one, such as bulwark probe 10.0.0.5, or add --cluster for the nodes of the current context',
  );
}

/** The ports that a node's own configuration tells of. */
async function configured(
  { node, root }: RunFlags,
  terminal: Terminal,
  notes: string[],
): Promise<readonly NamedPort[]> {
  if (node !== true && root === undefined) return [];
  if (node === true && root !== undefined)
    throw new BulwarkError('usage', '--node reads this machine, and --root another', 'leave one of them out');
  const { readNodes } = await import('./read-nodes.ts');
  const { configuredPorts } = await import('../semantics/probe/configured-ports.ts');
  const { nodes, gaps = [] } = await readNodes(root === undefined ? { node: true } : { root: [root] }, terminal);
  for (const { what, reason } of gaps) notes.push(`${what}: ${reason}`);
  return nodes.flatMap((each) => configuredPorts(each));
}

async function print(report: ProbeReport, flags: RunFlags, terminal: Terminal): Promise<void> {
  const options = {
    color: flags.color,
    width: Math.max(60, Math.min(terminal.width, 160)),
    detail: flags.verbose === true ? 'full' : 'short',
  } as const;
  const chunks = flags.output === 'json' ? probeJson(report) : probeTerminal(report, options);
  for (const chunk of chunks) await terminal.out(chunk);
  if (flags.output === 'json') for (const note of report.notes) terminal.err(`bulwark: ${visible(note)}\n`);
}

function exitCode(report: ProbeReport, { failOn }: RunFlags): number {
  if (!isProbeComplete(report)) return exitCodes.incomplete;
  const counts = report.results.some(({ exposures }) =>
    exposures.some(({ severity }) => failOn !== 'none' && compareSeverity(severity, failOn) >= 0),
  );
  return counts ? exitCodes.findings : exitCodes.clean;
}

/** One line on a terminal that is rewritten as ports are done; nothing elsewhere. */
function progressLine(terminal: Terminal): {
  show(event: { readonly done: number; readonly total: number }): void;
  end(): void;
} {
  if (!terminal.errIsTty) return { show: () => undefined, end: () => undefined };
  return {
    show: ({ done, total }) => terminal.err(`\r\u001b[KProbing: ${done} of ${total} ports`),
    end: () => terminal.err('\r\u001b[K'),
  };
}
