import type { Path } from './path.ts';
import type { Reader } from './reader.ts';

export interface SeccompProfile {
  readonly path: Path;
  readonly type: string;
  readonly localhostProfile: string | undefined;
}

export interface AppArmorProfile {
  readonly path: Path;
  readonly type: string;
  readonly localhostProfile: string | undefined;
}

export interface SelinuxOptions {
  readonly path: Path;
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

export interface WindowsOptions {
  readonly path: Path;
  readonly hostProcess: boolean | undefined;
  readonly runAsUserName: string | undefined;
}

export interface Sysctl {
  readonly path: Path;
  readonly name: string;
  readonly value: string;
}

/** A pod's `securityContext`. */
export interface PodSecurityContext {
  readonly path: Path;
  readonly isSet: boolean;
  readonly runAsNonRoot: boolean | undefined;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly fsGroup: number | undefined;
  readonly fsGroupChangePolicy: string | undefined;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy: string | undefined;
  readonly seccompProfile: SeccompProfile | undefined;
  readonly appArmorProfile: AppArmorProfile | undefined;
  readonly seLinuxOptions: SelinuxOptions | undefined;
  readonly windowsOptions: WindowsOptions | undefined;
  readonly sysctls: readonly Sysctl[];
}

export function readPodSecurityContext(reader: Reader): PodSecurityContext {
  return {
    path: reader.path,
    isSet: Object.keys(reader.raw).length > 0,
    runAsNonRoot: reader.boolean('runAsNonRoot'),
    runAsUser: reader.integer('runAsUser'),
    runAsGroup: reader.integer('runAsGroup'),
    fsGroup: reader.integer('fsGroup'),
    fsGroupChangePolicy: reader.string('fsGroupChangePolicy'),
    supplementalGroups: reader.integers('supplementalGroups'),
    supplementalGroupsPolicy: reader.string('supplementalGroupsPolicy'),
    seccompProfile: readSeccompProfile(reader),
    appArmorProfile: readAppArmorProfile(reader),
    seLinuxOptions: readSelinuxOptions(reader),
    windowsOptions: readWindowsOptions(reader),
    sysctls: reader.objects('sysctls').map((sysctl) => ({
      path: sysctl.path,
      name: sysctl.string('name') ?? '',
      value: sysctl.string('value') ?? '',
    })),
  };
}

export function readSeccompProfile(reader: Reader): SeccompProfile | undefined {
  return readProfile(reader, 'seccompProfile');
}

export function readAppArmorProfile(reader: Reader): AppArmorProfile | undefined {
  return readProfile(reader, 'appArmorProfile');
}

function readProfile(reader: Reader, key: string): SeccompProfile | undefined {
  if (!reader.has(key)) return undefined;
  const profile = reader.object(key);
  return {
    path: profile.path,
    type: profile.string('type') ?? '',
    localhostProfile: profile.string('localhostProfile'),
  };
}

export function readSelinuxOptions(reader: Reader): SelinuxOptions | undefined {
  if (!reader.has('seLinuxOptions')) return undefined;
  const options = reader.object('seLinuxOptions');
  return {
    path: options.path,
    user: options.string('user') ?? '',
    role: options.string('role') ?? '',
    type: options.string('type') ?? '',
    level: options.string('level') ?? '',
  };
}

export function readWindowsOptions(reader: Reader): WindowsOptions | undefined {
  if (!reader.has('windowsOptions')) return undefined;
  const options = reader.object('windowsOptions');
  return {
    path: options.path,
    hostProcess: options.boolean('hostProcess'),
    runAsUserName: options.string('runAsUserName'),
  };
}
