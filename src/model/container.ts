import type { JsonObject } from './json.ts';
import type { Path } from './path.ts';
import type { Pod } from './pod.ts';
import { Located, type Reader } from './reader.ts';
import {
  type AppArmorProfile,
  readAppArmorProfile,
  readSeccompProfile,
  readSelinuxOptions,
  readWindowsOptions,
  type SeccompProfile,
  type SelinuxOptions,
  type WindowsOptions,
} from './security-context.ts';

/** `sidecar` is an init container with `restartPolicy: Always`. */
export type ContainerRole = 'container' | 'init' | 'sidecar' | 'ephemeral';

/** A container of any of a pod's three lists. Fields hold what the container itself sets; `effective` adds the pod's. */
export interface Container {
  readonly pod: Pod;
  readonly name: string;
  readonly role: ContainerRole;
  /** Absolute path in the object. */
  readonly path: Path;
  readonly raw: JsonObject;
  readonly image: string | undefined;
  readonly imagePullPolicy: string | undefined;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly securityContext: ContainerSecurityContext;
  /** Container value where set, else the pod's: the fields that the API lets a container inherit. */
  readonly effective: EffectiveSecurityContext;
  readonly ports: readonly ContainerPort[];
  readonly env: readonly EnvVar[];
  readonly resources: Resources;
  readonly volumeMounts: readonly VolumeMount[];
  readonly volumeDevices: readonly string[];
  /** Non-empty hosts of probes and lifecycle handlers. */
  readonly handlerHosts: readonly HandlerHost[];
  /** Absolute path of a field of this container. */
  at(...steps: readonly (string | number)[]): Path;
}

export interface ContainerSecurityContext {
  /** False when the manifest has no `securityContext` for the container, or an empty one. */
  readonly isSet: boolean;
  readonly privileged: boolean | undefined;
  readonly allowPrivilegeEscalation: boolean | undefined;
  readonly readOnlyRootFilesystem: boolean | undefined;
  readonly runAsNonRoot: boolean | undefined;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly procMount: string | undefined;
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly seccompProfile: SeccompProfile | undefined;
  readonly appArmorProfile: AppArmorProfile | undefined;
  readonly seLinuxOptions: SelinuxOptions | undefined;
  readonly windowsOptions: WindowsOptions | undefined;
}

export interface EffectiveSecurityContext {
  readonly runAsNonRoot: boolean | undefined;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly seccompProfile: SeccompProfile | undefined;
  readonly appArmorProfile: AppArmorProfile | undefined;
  readonly seLinuxOptions: SelinuxOptions | undefined;
  readonly windowsOptions: WindowsOptions | undefined;
}

export interface ContainerPort {
  readonly path: Path;
  readonly containerPort: number | undefined;
  /** API defaulting applied: in a pod on the host network an unset hostPort is the containerPort. */
  readonly hostPort: number;
  readonly protocol: string;
}

export interface EnvVar {
  readonly path: Path;
  readonly name: string;
  readonly value: string | undefined;
  readonly secretKeyRef: boolean;
}

export interface Resources {
  readonly limits: ReadonlyMap<string, string | number>;
  readonly requests: ReadonlyMap<string, string | number>;
}

export interface VolumeMount {
  readonly path: Path;
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly recursiveReadOnly: string | undefined;
  readonly subPath: string | undefined;
  readonly subPathExpr: string | undefined;
  readonly mountPropagation: string | undefined;
}

export interface HandlerHost {
  readonly path: Path;
  readonly host: string;
}

export function readContainer(reader: Reader, pod: Pod, list: ContainerList): Container {
  const securityContext = readContainerSecurityContext(reader.object('securityContext'));
  const inherited = pod.securityContext;
  const role = list === 'initContainers' && reader.string('restartPolicy') === 'Always' ? 'sidecar' : roles[list];
  return {
    pod,
    name: reader.string('name') ?? '',
    role,
    path: reader.path,
    raw: reader.raw,
    image: reader.string('image'),
    imagePullPolicy: reader.string('imagePullPolicy'),
    command: reader.strings('command'),
    args: reader.strings('args'),
    securityContext,
    effective: {
      runAsNonRoot: securityContext.runAsNonRoot ?? inherited.runAsNonRoot,
      runAsUser: securityContext.runAsUser ?? inherited.runAsUser,
      runAsGroup: securityContext.runAsGroup ?? inherited.runAsGroup,
      seccompProfile: securityContext.seccompProfile ?? inherited.seccompProfile,
      appArmorProfile: securityContext.appArmorProfile ?? inherited.appArmorProfile,
      seLinuxOptions: securityContext.seLinuxOptions ?? inherited.seLinuxOptions,
      windowsOptions: securityContext.windowsOptions ?? inherited.windowsOptions,
    },
    ports: reader
      .objects('ports')
      .map((port) => new ReadPort(port, pod.hostNetwork && list !== 'ephemeralContainers' ? 'host' : 'pod')),
    env: reader.objects('env').map((env) => new ReadEnvVar(env)),
    resources: readResources(reader.object('resources')),
    volumeMounts: reader.objects('volumeMounts').map((mount) => new ReadVolumeMount(mount)),
    volumeDevices: reader.objects('volumeDevices').map((device) => device.string('name') ?? ''),
    handlerHosts: readHandlerHosts(reader),
    at: (...steps) => reader.at(...steps),
  };
}

export type ContainerList = 'initContainers' | 'containers' | 'ephemeralContainers';

const roles = { initContainers: 'init', containers: 'container', ephemeralContainers: 'ephemeral' } as const;

function readContainerSecurityContext(reader: Reader): ContainerSecurityContext {
  const capabilities = reader.object('capabilities');
  return {
    isSet: Object.keys(reader.raw).length > 0,
    privileged: reader.boolean('privileged'),
    allowPrivilegeEscalation: reader.boolean('allowPrivilegeEscalation'),
    readOnlyRootFilesystem: reader.boolean('readOnlyRootFilesystem'),
    runAsNonRoot: reader.boolean('runAsNonRoot'),
    runAsUser: reader.integer('runAsUser'),
    runAsGroup: reader.integer('runAsGroup'),
    procMount: reader.string('procMount'),
    capabilities: { add: capabilities.strings('add'), drop: capabilities.strings('drop') },
    seccompProfile: readSeccompProfile(reader),
    appArmorProfile: readAppArmorProfile(reader),
    seLinuxOptions: readSelinuxOptions(reader),
    windowsOptions: readWindowsOptions(reader),
  };
}

/** `resources` of a container, or of a pod (1.34 and later). */
export function readResources(reader: Reader): Resources {
  return { limits: readQuantities(reader.object('limits')), requests: readQuantities(reader.object('requests')) };
}

const noQuantities: ReadonlyMap<string, string | number> = new Map();

function readQuantities(reader: Reader): ReadonlyMap<string, string | number> {
  if (Object.keys(reader.raw).length === 0) return noQuantities;
  const quantities = new Map<string, string | number>();
  for (const name of Object.keys(reader.raw)) {
    const quantity = reader.scalar(name);
    if (quantity !== undefined) quantities.set(name, quantity);
  }
  return quantities;
}

class ReadPort extends Located implements ContainerPort {
  readonly containerPort: number | undefined;
  readonly hostPort: number;
  readonly protocol: string;

  constructor(port: Reader, network: 'host' | 'pod') {
    super(port);
    this.containerPort = port.integer('containerPort');
    this.hostPort = port.integer('hostPort') || (network === 'host' ? (this.containerPort ?? 0) : 0);
    this.protocol = port.string('protocol') ?? 'TCP';
  }
}

class ReadEnvVar extends Located implements EnvVar {
  readonly name: string;
  readonly value: string | undefined;
  readonly secretKeyRef: boolean;

  constructor(env: Reader) {
    super(env);
    this.name = env.string('name') ?? '';
    this.value = env.string('value');
    this.secretKeyRef = env.has('valueFrom') && env.object('valueFrom').has('secretKeyRef');
  }
}

class ReadVolumeMount extends Located implements VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly recursiveReadOnly: string | undefined;
  readonly subPath: string | undefined;
  readonly subPathExpr: string | undefined;
  readonly mountPropagation: string | undefined;

  constructor(mount: Reader) {
    super(mount);
    this.name = mount.string('name') ?? '';
    this.mountPath = mount.string('mountPath') ?? '';
    this.readOnly = mount.boolean('readOnly') ?? false;
    this.recursiveReadOnly = mount.string('recursiveReadOnly');
    this.subPath = mount.string('subPath');
    this.subPathExpr = mount.string('subPathExpr');
    this.mountPropagation = mount.string('mountPropagation');
  }
}

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const hooks = ['postStart', 'preStop'] as const;

/** In upstream's order: probes first, then lifecycle hooks. */
function readHandlerHosts(reader: Reader): readonly HandlerHost[] {
  const hosts: HandlerHost[] = [];
  const handler = (at: Reader) => {
    for (const action of ['httpGet', 'tcpSocket'] as const) {
      if (!at.has(action)) continue;
      const target = at.object(action);
      const host = target.string('host');
      if (host !== undefined && host !== '') hosts.push({ path: target.at('host'), host });
    }
  };
  for (const probe of probes) if (reader.has(probe)) handler(reader.object(probe));
  if (reader.has('lifecycle')) {
    const lifecycle = reader.object('lifecycle');
    for (const hook of hooks) if (lifecycle.has(hook)) handler(lifecycle.object(hook));
  }
  return hosts;
}
