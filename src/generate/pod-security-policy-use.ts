import { own } from '../model/json.ts';
import { judgedContainers, type PodView } from '../semantics/pod-security-policy/index.ts';

/** What pods use of what a policy can refuse; lists are sorted. */
export interface UsedFeatures {
  readonly privileged: boolean;
  /** Whether any container does not forbid it. */
  readonly escalation: boolean;
  readonly added: readonly string[];
  /** What every container drops, and none adds. */
  readonly dropped: readonly string[];
  readonly volumes: readonly string[];
  readonly host: { readonly hostNetwork: boolean; readonly hostPID: boolean; readonly hostIPC: boolean };
  readonly hostPorts: readonly Span[];
  readonly hostPaths: readonly { readonly pathPrefix: string; readonly readOnly: boolean }[];
  readonly flexDrivers: readonly string[];
  readonly csiDrivers: readonly string[];
  readonly procMounts: readonly string[];
  readonly sysctls: readonly string[];
  readonly runtimeClasses: readonly string[];
  /** Whether every root filesystem is read-only. */
  readonly readOnly: boolean;
}

export interface Span {
  readonly min: number;
  readonly max: number;
}

export function usedBy(views: readonly PodView[]): UsedFeatures {
  const containers = views.flatMap(judgedContainers);
  const contexts = containers.map(({ container }) => container.securityContext);
  const added = sorted(containers.flatMap(({ capabilities }) => capabilities?.add ?? []));
  const drops = containers.map(({ capabilities }) => new Set(capabilities?.drop));
  const volumes = views.flatMap((view) => view.volumes);
  const drivers = (type: string): readonly string[] =>
    sorted(volumes.filter((volume) => volume.type === type).map(({ source }) => text(own(source, 'driver'))));
  return {
    privileged: contexts.some(({ privileged }) => privileged === true),
    escalation: contexts.some(({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false),
    added,
    dropped: added.includes('*')
      ? []
      : [...(drops[0] ?? [])].filter((name) => !added.includes(name) && drops.every((set) => set.has(name))).sort(),
    volumes: sorted(volumes.map(({ type }) => type)),
    host: {
      hostNetwork: views.some(({ pod }) => pod.hostNetwork),
      hostPID: views.some(({ pod }) => pod.hostPID),
      hostIPC: views.some(({ pod }) => pod.hostIPC),
    },
    hostPorts: spans(containers.flatMap(({ container }) => container.ports.map(({ hostPort }) => hostPort))),
    hostPaths: hostPathsOf(views),
    flexDrivers: drivers('flexVolume'),
    csiDrivers: drivers('csi'),
    procMounts: sorted(containers.map(({ procMount }) => procMount).filter((type) => type !== 'Default')),
    sysctls: sorted(views.flatMap(({ pod }) => pod.securityContext.sysctls.map(({ name }) => name))),
    runtimeClasses: sorted(views.flatMap(({ pod }) => pod.runtimeClassName ?? [])),
    readOnly: contexts.length > 0 && contexts.every(({ readOnlyRootFilesystem }) => readOnlyRootFilesystem === true),
  };
}

/** The fewest ranges that hold just these numbers; 0 is none. */
export function spans(numbers: readonly number[]): readonly Span[] {
  const found: { min: number; max: number }[] = [];
  for (const number of [...new Set(numbers)].filter((each) => each !== 0).sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last.max + 1 === number) last.max = number;
    else found.push({ min: number, max: number });
  }
  return found;
}

/** A path that is only ever mounted read-only may only be read. */
function hostPathsOf(views: readonly PodView[]): UsedFeatures['hostPaths'] {
  const writable = new Map<string, boolean>();
  for (const view of views) {
    const mounts = judgedContainers(view).flatMap(({ container }) => container.volumeMounts);
    const written = new Set(mounts.filter(({ readOnly }) => !readOnly).map(({ name }) => name));
    for (const { name, type, source } of view.volumes) {
      if (type !== 'hostPath') continue;
      const prefix = expressible(text(own(source, 'path')));
      writable.set(prefix, written.has(name) || writable.get(prefix) === true);
    }
  }
  return [...writable]
    .map(([pathPrefix, isWritten]) => ({ pathPrefix, readOnly: !isWritten }))
    .sort((a, b) => (a.pathPrefix < b.pathPrefix ? -1 : 1));
}

/** Policies may not name `..`, which pods may: the path up to it covers it, as the plugin compares text. */
function expressible(path: string): string {
  const names = path.split('/');
  const up = names.indexOf('..');
  const kept = up === -1 ? path : names.slice(0, up).join('/');
  return kept === '' ? '/' : kept;
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
