import type { JsonObject } from '../../model/json.ts';
import { type Malformed, Reader } from '../../model/reader.ts';
import { strategyProblems } from './strategy-problems.ts';

/** A policy/v1beta1 (or extensions/v1beta1) PodSecurityPolicy, with the API's defaults. */
export interface PodSecurityPolicy {
  readonly name: string;
  readonly annotations: ReadonlyMap<string, string>;
  readonly privileged: boolean;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** Empty allows none. */
  readonly hostPorts: readonly NumberRange[];
  readonly defaultAddCapabilities: readonly string[];
  readonly requiredDropCapabilities: readonly string[];
  /** `*` allows all, and then nothing about capabilities is checked. */
  readonly allowedCapabilities: readonly string[];
  /** Empty allows none, `*` all. */
  readonly volumes: readonly string[];
  readonly seLinux: SelinuxStrategy;
  readonly runAsUser: IdStrategy;
  /** Unset leaves groups alone. */
  readonly runAsGroup: IdStrategy | undefined;
  readonly supplementalGroups: IdStrategy;
  readonly fsGroup: IdStrategy;
  readonly readOnlyRootFilesystem: boolean;
  readonly defaultAllowPrivilegeEscalation: boolean | undefined;
  /** True where it is not set. */
  readonly allowPrivilegeEscalation: boolean;
  /** Empty allows any path, once `volumes` allows `hostPath`. */
  readonly allowedHostPaths: readonly AllowedHostPath[];
  /** Drivers; empty allows any. */
  readonly allowedFlexVolumes: readonly string[];
  /** Drivers; empty allows any. */
  readonly allowedCSIDrivers: readonly string[];
  readonly allowedUnsafeSysctls: readonly string[];
  readonly forbiddenSysctls: readonly string[];
  /** As written; empty allows `Default`. See `procMountTypes` for what counts. */
  readonly allowedProcMountTypes: readonly string[];
  /** Whether an API server has stored it, and dropped what belongs to features that are off. */
  readonly isStored: boolean;
  /** Unset leaves runtime classes alone. */
  readonly runtimeClass: RuntimeClassStrategy | undefined;
  /** Why the plugin leaves the whole policy out, without telling anyone: a strategy that lacks what it needs. */
  readonly unusable: readonly string[];
  /** Fields of a type that the API server would not decode; they read as unset. */
  readonly malformed: readonly Malformed[];
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/** `MustRunAs`, `MustRunAsNonRoot` (users), `MayRunAs` (groups) or `RunAsAny`; as written, which may be none of them. */
export interface IdStrategy {
  readonly rule: string;
  readonly ranges: readonly NumberRange[];
}

export interface SelinuxStrategy {
  readonly rule: string;
  readonly options: SelinuxFields | undefined;
}

/** Empty where unset. */
export interface SelinuxFields {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

export interface AllowedHostPath {
  readonly pathPrefix: string;
  readonly readOnly: boolean;
}

export interface RuntimeClassStrategy {
  /** Empty allows none, `*` all. */
  readonly allowed: readonly string[];
  readonly default: string | undefined;
}

/** Reads a PodSecurityPolicy object. Any JSON can be read; what is not of the API's types is told in `malformed`. */
export function readPodSecurityPolicy(object: JsonObject): PodSecurityPolicy {
  const malformed: Malformed[] = [];
  const root = new Reader(object, [], malformed);
  const metadata = root.object('metadata');
  const spec = root.object('spec');
  const is = (key: string): boolean => spec.boolean(key) ?? false;
  const read = {
    name: metadata.string('name') ?? '',
    annotations: metadata.stringMap('annotations'),
    privileged: is('privileged'),
    hostNetwork: is('hostNetwork'),
    hostPID: is('hostPID'),
    hostIPC: is('hostIPC'),
    hostPorts: spec.objects('hostPorts').map(readRange),
    defaultAddCapabilities: spec.strings('defaultAddCapabilities'),
    requiredDropCapabilities: spec.strings('requiredDropCapabilities'),
    allowedCapabilities: spec.strings('allowedCapabilities'),
    volumes: spec.strings('volumes'),
    seLinux: readSelinux(spec.object('seLinux')),
    runAsUser: readIds(spec.object('runAsUser')),
    runAsGroup: spec.has('runAsGroup') ? readIds(spec.object('runAsGroup')) : undefined,
    supplementalGroups: readIds(spec.object('supplementalGroups')),
    fsGroup: readIds(spec.object('fsGroup')),
    readOnlyRootFilesystem: is('readOnlyRootFilesystem'),
    defaultAllowPrivilegeEscalation: spec.boolean('defaultAllowPrivilegeEscalation'),
    allowPrivilegeEscalation: spec.boolean('allowPrivilegeEscalation') ?? true,
    allowedHostPaths: spec.objects('allowedHostPaths').map((path) => ({
      pathPrefix: path.string('pathPrefix') ?? '',
      readOnly: path.boolean('readOnly') ?? false,
    })),
    allowedFlexVolumes: spec.objects('allowedFlexVolumes').map((volume) => volume.string('driver') ?? ''),
    allowedCSIDrivers: spec.objects('allowedCSIDrivers').map((driver) => driver.string('name') ?? ''),
    allowedUnsafeSysctls: spec.strings('allowedUnsafeSysctls'),
    forbiddenSysctls: spec.strings('forbiddenSysctls'),
    allowedProcMountTypes: spec.strings('allowedProcMountTypes'),
    isStored: metadata.has('uid'),
    runtimeClass: spec.has('runtimeClass') ? readRuntimeClass(spec.object('runtimeClass')) : undefined,
  };
  return { ...read, unusable: strategyProblems(read), malformed };
}

/**
 * The `procMount` types that a policy lists. Of a manifest none: the feature ProcMountType is off by default wherever there
 * are policies, and the API server drops the field. A stored policy that has it says that the feature is on.
 */
export function procMountTypes({ isStored, allowedProcMountTypes }: PodSecurityPolicy): readonly string[] {
  return isStored ? allowedProcMountTypes : [];
}

function readRange(range: Reader): NumberRange {
  return { min: range.integer('min') ?? 0, max: range.integer('max') ?? 0 };
}

function readIds(strategy: Reader): IdStrategy {
  return { rule: strategy.string('rule') ?? '', ranges: strategy.objects('ranges').map(readRange) };
}

function readSelinux(strategy: Reader): SelinuxStrategy {
  const rule = strategy.string('rule') ?? '';
  if (!strategy.has('seLinuxOptions')) return { rule, options: undefined };
  const options = strategy.object('seLinuxOptions');
  const text = (key: string): string => options.string(key) ?? '';
  return { rule, options: { user: text('user'), role: text('role'), type: text('type'), level: text('level') } };
}

function readRuntimeClass(strategy: Reader): RuntimeClassStrategy {
  return { allowed: strategy.strings('allowedRuntimeClassNames'), default: strategy.string('defaultRuntimeClassName') };
}
