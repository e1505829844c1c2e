import { type NodeFiles, nodeFiles } from '../../facts/node-files.ts';
import type { FilesystemEvidence, NodeEvidence } from '../../model/node.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { type Failure, notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { staticPod } from '../node-examples.ts';
import { host } from './examples.ts';
import { hostControls, hostFailure, noHost } from './host-control.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
const day = 24 * 60 * 60 * 1000;

/** What CIS asks for at least, in days, where nothing says how long the log is kept. */
const shortestRetention = 30;
/** natefinch/lumberjack, which the API server rotates with, takes 100 MB where maxsize is 0. */
const standardMaxSize = 100;
/** etcd's own limit where quota-backend-bytes is 0. */
const standardQuota = 2 * gibibyte;

const auditing = (...args: readonly string[]): string =>
  staticPod('kube-apiserver', ['--audit-log-path=/var/log/kubernetes/audit.log', ...args])
    .replace(
      'hostPath: {path: /etc/kubernetes}}',
      'hostPath: {path: /etc/kubernetes}}\n    - {name: log, hostPath: {path: /var/log/kubernetes}}',
    )
    .replace('readOnly: true}', 'readOnly: true}\n        - {name: log, mountPath: /var/log/kubernetes}');
const space = (path: string, available: number): string =>
  host({ filesystems: [{ path, total: 100 * gibibyte, available }] });
const member = staticPod('etcd', ['--data-dir=/etc/kubernetes/etcd', '--quota-backend-bytes=8589934592']);

/** Whether what grows on a node has room. */
export default hostControls([
  {
    name: 'audit-log-space',
    title: 'The audit log has room for as long as it is kept',
    severity: 'medium',
    why: 'When the disk is full, the log ends, or the API server with it; whoever wants to hide fills it on purpose.',
    remedy:
      'Give the log a file system of its own, or send it elsewhere, and set maxage, maxbackup and maxsize to fit.',
    check: (node, facts) => {
      const files = facts.get(nodeFiles)(node);
      const servers = files.ofComponent('kube-apiserver');
      if (servers.length === 0) return notApplicable('no kube-apiserver on this node');
      return eachVolume(servers, node, { setting: 'audit-log-path', judge: (where) => auditProblem(where, files) });
    },
    examples: {
      fail: [
        auditing('--audit-log-maxbackup=10', '--audit-log-maxsize=100') + space('/var/log/kubernetes', 500 * mebibyte),
        `${auditing()}# file: /var/log/kubernetes/audit-2026-11-01T00-00-00.000.log size 10737418240 modified 2026-11-01T00:00:00Z
# file: /var/log/kubernetes/audit.log size 10737418240 modified 2026-11-11T00:00:00Z
${space('/var/log/kubernetes', 5 * gibibyte)}`,
      ],
      pass: [
        auditing('--audit-log-maxbackup=10', '--audit-log-maxsize=100') + space('/var/log/kubernetes', 5 * gibibyte),
      ],
    },
  },
  {
    name: 'etcd-data-space',
    title: 'The disk of etcd has room for the database to grow to its quota',
    severity: 'medium',
    profile: 'reliability',
    why: 'When the disk is full, etcd stops taking writes, and with it the cluster stands still.',
    check: (node, facts) => {
      const files = facts.get(nodeFiles)(node);
      const members = files.ofComponent('etcd');
      if (members.length === 0) return notApplicable('no etcd on this node');
      return eachVolume(members, node, { setting: 'data-dir', judge: (where) => etcdProblem(where, files) });
    },
    examples: {
      fail: [member + space('/etc/kubernetes/etcd', 2 * gibibyte)],
      pass: [member + space('/etc/kubernetes/etcd', 20 * gibibyte)],
    },
  },
]);

/** Where a component's data grows, and what is left there. */
interface Volume {
  readonly component: NodeComponent;
  /** On the node. */
  readonly path: string;
  readonly free: number;
}

interface Question {
  readonly setting: string;
  readonly judge: (volume: Volume) => string | undefined;
}

function eachVolume(
  components: readonly NodeComponent[],
  node: NodeEvidence,
  { setting, judge }: Question,
): Verdict | readonly Failure[] {
  const failures: Failure[] = [];
  let seen = 0;
  let missing: string | undefined;
  for (const component of components) {
    const said = component.config.get(setting);
    const path =
      typeof said?.value === 'string' && said.value.startsWith('/') ? component.onNode(said.value) : undefined;
    if (said === undefined || path === undefined) continue;
    if (node.host?.filesystems === undefined) return noHost;
    const free = filesystemOf(path, node.host.filesystems)?.available;
    if (free === undefined) {
      missing = path;
      continue;
    }
    seen += 1;
    const message = judge({ component, path, free });
    if (message === undefined) continue;
    failures.push({ ...hostFailure(node, { key: path, message }), place: component.placeOf(said) });
  }
  if (failures.length > 0) return failures;
  if (missing !== undefined) return unknown(`how much room is left for ${missing} was not read`);
  return seen === 0 ? notApplicable(`${setting} is no path on this node`) : [];
}

function filesystemOf(path: string, filesystems: readonly FilesystemEvidence[]): FilesystemEvidence | undefined {
  let best: FilesystemEvidence | undefined;
  for (const each of filesystems) {
    const below = each.path === '/' ? '/' : `${each.path.replace(/\/+$/, '')}/`;
    if (path !== each.path && !path.startsWith(below)) continue;
    if (best === undefined || each.path.length > best.path.length) best = each;
  }
  return best;
}

/** Against the size that rotation allows, where it limits one; else against the growth that the files show. */
function auditProblem({ component, path, free }: Volume, files: NodeFiles): string | undefined {
  const number = (name: string): number => {
    const value = component.config.get(name)?.value;
    return typeof value === 'number' && value > 0 ? value : 0;
  };
  const backups = number('audit-log-maxbackup');
  const maxSize = (number('audit-log-maxsize') || standardMaxSize) * mebibyte;
  const log = logFiles(path, files);
  const held = log.reduce((sum, { size }) => sum + size, 0);
  const keeps = number('audit-log-maxage');
  if (backups > 0) {
    const missing = (backups + 1) * maxSize - held - free;
    if (missing <= 0) return undefined;
    return `the audit log may grow to ${sizeText((backups + 1) * maxSize)}, and ${path} has room for ${sizeText(free)} more`;
  }
  const growth = growthOf(log);
  if (growth === undefined) return free < gibibyte ? `${path} has room for ${sizeText(free)} more` : undefined;
  const days = Math.floor((free + (keeps > 0 ? held : 0)) / growth);
  const wanted = keeps || shortestRetention;
  if (days >= wanted) return undefined;
  const kept = keeps > 0 ? `is kept for ${keeps} days` : 'is kept for ever';
  return `the audit log grows by ${sizeText(growth)} a day and ${kept}: ${path} is full after ${days} days`;
}

/** The log and what was rotated: `audit-2026-11-01T00-00-00.000.log` beside `audit.log`. */
function logFiles(path: string, { hostFiles }: NodeFiles): { size: number; at: number }[] {
  const [, stem = path, extension = ''] = /^(.*?)(\.[^./]*)?$/.exec(path) ?? [];
  return hostFiles
    .filter(
      (file) =>
        file.type === 'file' &&
        (file.path === path ||
          (file.path.startsWith(`${stem}-`) &&
            /-\d{4}-\d\d-\d\dT[\d.-]+/.test(file.path) &&
            file.path.includes(extension))),
    )
    .map(({ size, modified }) => ({ size, at: Date.parse(modified) }))
    .filter(({ at }) => Number.isFinite(at))
    .sort((a, b) => a.at - b.at);
}

/** Bytes a day: what was written after the oldest file was closed, by the time since. Undefined where that is too short. */
function growthOf(log: readonly { size: number; at: number }[]): number | undefined {
  const [first] = log;
  const last = log.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const days = (last.at - first.at) / day;
  if (days < 1 / 24) return undefined;
  const written = log.slice(1).reduce((sum, { size }) => sum + size, 0);
  return written > 0 ? written / days : undefined;
}

function etcdProblem({ component, path, free }: Volume, files: NodeFiles): string | undefined {
  const said = component.config.get('quota-backend-bytes')?.value;
  const quota = typeof said === 'number' && said > 0 ? said : standardQuota;
  const size = files.host(`${path}/member/snap/db`)?.file.size ?? 0;
  if (free + size >= quota) return undefined;
  return `the database may grow to ${sizeText(quota)}, and ${path} has room for ${sizeText(free)} more`;
}

function sizeText(bytes: number): string {
  const [amount, unit] = bytes >= gibibyte ? [bytes / gibibyte, 'GiB'] : [bytes / mebibyte, 'MiB'];
  return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${unit}`;
}
