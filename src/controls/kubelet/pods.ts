import { isObject } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { notApplicable, pass } from '../../model/verdict.ts';
import { gateOf } from '../feature-gates.ts';
import { kubeletConfig, staticPod, unit } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';

/** What the kubelet lets pods do to their node. Sources: CIS Kubernetes Benchmark 1.12, 4.2.13 and 4.2.14. */
export default settingControls('kubelet', [
  {
    name: 'pod-pids-limit',
    title: 'Pods have a limit of processes',
    severity: 'medium',
    why: 'One pod that forks without end takes every process id of the node, and with them the kubelet and all other pods.',
    setting: 'podPidsLimit',
    wrong: (value) =>
      typeof value === 'number' && value > 0 ? undefined : 'one pod can use up the process ids of the node',
    mend: { value: 4096, safety: 'may-break', first: 'no pod needs more than 4096 processes and threads' },
    examples: {
      fail: [kubeletConfig(), kubeletConfig('podPidsLimit: -1')],
      pass: [kubeletConfig('podPidsLimit: 4096'), unit('kubelet', ['--pod-max-pids=1024'])],
    },
  },
  {
    name: 'seccomp-default',
    title: 'Containers get the default seccomp profile of the runtime',
    severity: 'medium',
    why: 'Without a profile a container may make every system call, and those that it never needs are where kernels break.',
    setting: 'seccompDefault',
    wrong: (value, subject) => {
      if (value !== true) return 'containers that name no profile run unconfined';
      const setting = subject.config.get('seccompDefault');
      if (setting === undefined || seccompRefusal(subject) === undefined) return undefined;
      return settingFailure(subject, setting, {
        says: 'the feature gate SeccompDefault is off, and the kubelet does not start',
      });
    },
    mend: {
      value: true,
      safety: 'may-break',
      first: 'pods that need other system calls name a profile of their own',
      refusal: seccompRefusal,
    },
    examples: {
      fail: [
        kubeletConfig() + staticPod('kube-scheduler', []),
        kubeletConfig('seccompDefault: false') + staticPod('kube-scheduler', []),
        `${kubeletConfig('seccompDefault: true')}${staticPod('kube-scheduler', [], 'v1.24.0')}`,
      ],
      pass: [kubeletConfig('seccompDefault: true'), unit('kubelet', ['--seccomp-default'])],
    },
  },
  {
    name: 'allowed-unsafe-sysctls',
    title: 'Pods may set no unsafe sysctls',
    severity: 'medium',
    why: 'These kernel parameters are not those of the pod alone: a pod that sets them reaches beyond itself, and may take its node down.',
    setting: 'allowedUnsafeSysctls',
    wrong: (value, subject) => {
      const allowed = stringsIn(value);
      if (allowed.length === 0) return undefined;
      const setting = subject.config.get('allowedUnsafeSysctls');
      const wide = allowed.filter((pattern) =>
        ['*', 'kernel.*', 'net.*', 'kernel.shm*', 'kernel.sem*'].includes(pattern),
      );
      const says = `pods may set ${allowed.length === 1 ? 'it' : 'them'} on this node`;
      if (setting === undefined || !wide.some((pattern) => ['*', 'kernel.*'].includes(pattern))) return says;
      return settingFailure(subject, setting, { says: 'pods may set any parameter of the kernel', severity: 'high' });
    },
    mend: { value: [], safety: 'may-break', first: 'no pod of this node sets an unsafe sysctl' },
    examples: {
      fail: [
        kubeletConfig('allowedUnsafeSysctls: ["kernel.msg*"]'),
        unit('kubelet', ['--allowed-unsafe-sysctls=kernel.*']),
      ],
      pass: [kubeletConfig(), kubeletConfig('allowedUnsafeSysctls: []')],
    },
  },
  {
    name: 'image-pull-credentials',
    title: 'Pods need credentials of their own for private images',
    severity: 'medium',
    why: 'Without this check a pod runs any image that is on the node already, whoever pulled it and with whose password.',
    setting: 'imagePullCredentialsVerificationPolicy',
    wrong: (value, { config }) => {
      if (value === 'NeverVerify') return 'any pod may use the private images of others that are on this node';
      const alpha = config.minor !== undefined && config.minor < 35;
      const gate = gateOf(config.get('featureGates')?.value, 'KubeletEnsureSecretPulledImages');
      if (alpha && gate !== true) return notApplicable(`the feature is alpha in v1.${config.minor}, and off`);
      return pass;
    },
    mend: {
      value: 'NeverVerifyPreloadedImages',
      safety: 'may-break',
      first: 'every pod that uses a private image names its pull secret',
    },
    examples: {
      fail: [kubeletConfig('imagePullCredentialsVerificationPolicy: NeverVerify')],
      pass: [kubeletConfig(), kubeletConfig('imagePullCredentialsVerificationPolicy: AlwaysVerify')],
    },
  },
  {
    name: 'swap',
    title: "The memory of pods is not written to the node's disk",
    severity: 'low',
    why: 'What a pod holds in memory, keys and Secrets included, ends up on a disk that nobody encrypts or wipes, once the node swaps.',
    setting: 'failSwapOn',
    moot: ({ evidence }) => (evidence?.host?.swaps?.length === 0 ? 'nothing is swapped to on this node' : undefined),
    wrong: (value, { config }) => {
      if (value === true) return undefined;
      const behaviour = config.get('memorySwap.swapBehavior')?.value;
      // From v1.30 the kubelet gives pods no swap unless it is asked to; only the node's own daemons then swap.
      if (behaviour === 'NoSwap' || (behaviour === '' && (config.minor ?? 30) >= 30)) return undefined;
      return 'the kubelet starts on a node that swaps, and lets pods swap';
    },
    mend: { value: true, safety: 'may-break', first: 'swap is off on the node, or the kubelet will not start' },
    examples: {
      fail: [kubeletConfig('failSwapOn: false', 'memorySwap: {swapBehavior: LimitedSwap}')],
      pass: [kubeletConfig(), kubeletConfig('failSwapOn: false', 'memorySwap: {swapBehavior: NoSwap}')],
    },
  },
  {
    name: 'container-log-rotation',
    title: "Containers' logs are rotated",
    severity: 'low',
    why: 'A container that writes without end fills the disk of its node, and the kubelet then evicts the pods of others.',
    setting: 'containerLogMaxSize',
    wrong: (value) =>
      typeof value === 'string' && value.startsWith('-') ? 'logs of containers grow without end' : undefined,
    mend: { value: '10Mi', safety: 'safe' },
    examples: {
      fail: [kubeletConfig('containerLogMaxSize: "-1"')],
      pass: [kubeletConfig(), kubeletConfig('containerLogMaxSize: 50Mi')],
    },
  },
  {
    name: 'eviction',
    title: 'The kubelet evicts pods before the node runs out',
    severity: 'medium',
    profile: 'reliability',
    why: 'Without a threshold the kernel kills whatever it likes when memory ends, the kubelet and the runtime included, and a full disk stops them.',
    setting: 'evictionHard',
    wrong: (value, { config }) => {
      if (!isObject(value)) return undefined;
      const merged = config.get('mergeDefaultEvictionSettings')?.value === true;
      const open = ['memory.available', 'nodefs.available'].filter((signal) => {
        const threshold = gateOf(value, signal);
        if (threshold === undefined) return !merged;
        return typeof threshold === 'string' && /^(?:0%?|100%)$/.test(threshold);
      });
      return open.length === 0 ? undefined : `nothing is evicted for ${open.join(' and ')}`;
    },
    examples: {
      fail: [
        kubeletConfig('evictionHard: {memory.available: "0%", nodefs.available: 10%}'),
        kubeletConfig('evictionHard: {memory.available: 100Mi}'),
      ],
      pass: [kubeletConfig(), kubeletConfig('evictionHard: {memory.available: 1Gi, nodefs.available: 10%}')],
    },
  },
  {
    name: 'reserved-resources',
    title: 'Memory is reserved for the system and the kubelet',
    severity: 'low',
    profile: 'reliability',
    why: 'Pods may otherwise use all that the node has, and starve the daemons that keep it in the cluster.',
    setting: 'systemReserved',
    wrong: (value, { config }) => {
      const kube = config.get('kubeReserved')?.value;
      if (kube === null || hasMemory(value) || hasMemory(kube)) return undefined;
      return 'with no memory in kubeReserved either, pods may use what the daemons of the node need';
    },
    examples: {
      fail: [kubeletConfig(), kubeletConfig('systemReserved: {cpu: 100m}')],
      pass: [kubeletConfig('systemReserved: {memory: 512Mi}'), kubeletConfig('kubeReserved: {memory: 512Mi}')],
    },
  },
]);

/** Before v1.25 the setting needs its gate, without which the kubelet does not start. */
function seccompRefusal({ config }: NodeComponent): string | undefined {
  if (config.minor === undefined || config.minor >= 25) return undefined;
  if (gateOf(config.get('featureGates')?.value, 'SeccompDefault') === true) return undefined;
  return `v1.${config.minor} takes seccompDefault only with the feature gate SeccompDefault`;
}

function hasMemory(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'memory');
}
