import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { recogniseProcess } from '../../semantics/node/components.ts';
import { gapOf, problemOf } from './file-problem.ts';
import { redactArgv, redactVariable } from './redact-words.ts';

export interface Processes {
  readonly processes: readonly ProcessEvidence[];
  readonly gaps: readonly Gap[];
}

/**
 * The processes of Kubernetes components and container runtimes in a mounted /proc, by pid. A process that ended
 * meanwhile is left out; one that may not be read is a gap where its arguments say that it is a component.
 */
export function readProcesses(proc: string, pids: readonly number[] = pidsIn(proc)): Processes {
  const processes: ProcessEvidence[] = [];
  const gaps: Gap[] = [];
  for (const pid of pids) {
    const found = readProcess(`${proc}/${pid}`, pid);
    if (found === undefined) continue;
    if ('process' in found) processes.push(found.process);
    if (found.gap !== undefined) gaps.push(found.gap);
  }
  return { processes, gaps };
}

function pidsIn(proc: string): number[] {
  return readdirSync(proc)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

type Found = { readonly process: ProcessEvidence; readonly gap?: Gap } | { readonly gap: Gap };

function readProcess(folder: string, pid: number): Found | undefined {
  let exe = '';
  try {
    const argv = argumentsOf(readFileSync(`${folder}/cmdline`));
    // Kernel threads and processes that have ended but are not waited for have none.
    if (argv.length === 0) return undefined;
    const hidden = readExecutable(folder);
    exe = hidden.exe;
    if (recogniseProcess(exe, argv) === undefined) return undefined;
    const process = assembleProcess({
      pid,
      exe,
      argv,
      stat: readFileSync(`${folder}/stat`, 'latin1'),
      cgroup: readFileSync(`${folder}/cgroup`, 'latin1'),
      status: readFileSync(`${folder}/status`, 'latin1'),
    });
    const environment = readEnvironment(folder);
    const gap = hidden.gap ?? environment.gap;
    return { process: { ...process, env: environment.env }, ...(gap !== undefined && { gap }) };
  } catch (error) {
    const problem = problemOf(error);
    // Anyone may read the command line of a foreign process, unless /proc is mounted with hidepid.
    return problem.kind === 'absent' ? undefined : { gap: gapOf(folder, problem) };
  }
}

function readExecutable(folder: string): { readonly exe: string; readonly gap?: Gap } {
  try {
    return { exe: readlinkSync(`${folder}/exe`) };
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'absent') throw error;
    return { exe: '', gap: gapOf(`${folder}/exe`, problem) };
  }
}

/** `ETCD_*` of any process: only etcd reads them, and only etcd is configured so. */
function readEnvironment(folder: string): { readonly env: Record<string, string>; readonly gap?: Gap } {
  try {
    return { env: componentVariables(readFileSync(`${folder}/environ`, 'utf8').split('\0')) };
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'absent') throw error;
    return { env: {}, gap: gapOf(`${folder}/environ`, problem) };
  }
}

/** Of `NAME=value` strings those that configure a component, redacted. */
export function componentVariables(variables: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (const variable of variables) {
    const equals = variable.indexOf('=');
    if (!variable.startsWith('ETCD_') || equals === -1) continue;
    const name = variable.slice(0, equals);
    entries.push([name, redactVariable(name, variable.slice(equals + 1))]);
  }
  return Object.fromEntries(entries);
}

interface ProcessFiles {
  readonly pid: number;
  readonly exe: string;
  readonly argv: readonly string[];
  /** Files of the process's folder in /proc. */
  readonly stat: string;
  readonly cgroup: string;
  readonly status: string;
}

/** One process without its variables, secrets in its arguments redacted. */
export function assembleProcess({ pid, exe, argv, stat, cgroup, status }: ProcessFiles): ProcessEvidence {
  const container = containerIn(cgroup);
  const uid = effectiveUserIn(status);
  return {
    pid,
    parent: parentIn(stat),
    exe,
    argv: redactArgv(argv),
    env: {},
    ...(container !== undefined && { container }),
    ...(uid !== undefined && { uid }),
  };
}

/** Every argument ends with a NUL. A process that rewrites its title may leave spaces and padding; that is kept. */
export function argumentsOf(cmdline: Buffer): string[] {
  const text = cmdline.toString('utf8').replace(/\0+$/, '');
  return text === '' ? [] : text.split('\0');
}

/** The fourth field of proc_pid_stat(5). The second is the name in parentheses, and may hold spaces and parentheses. */
export function parentIn(stat: string): number {
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(parent ?? 0);
}

/** proc_pid_status(5): real, effective, saved and file system user id. */
export function effectiveUserIn(status: string): number | undefined {
  const [, id] = /^Uid:\s+\d+\s+(\d+)/m.exec(status) ?? [];
  return id === undefined ? undefined : Number(id);
}

/**
 * The container's id in a process's cgroup, v1 or v2: the last run of 64 hexadecimal digits of a path, as Docker,
 * containerd (`cri-containerd-ID.scope`), CRI-O and the kubelet's cgroupfs driver write it.
 */
export function containerIn(cgroup: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const path = line.split(':').slice(2).join(':');
    const ids = path.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g);
    if (ids !== null) return ids.at(-1);
  }
  return undefined;
}
