import type { NodeComponent } from '../../model/node-component.ts';
import { unknown } from '../../model/verdict.ts';
import { hostName } from '../../semantics/node/host-name.ts';
import { unreadFiles, whyUnreadBelow } from '../../semantics/node/unread.ts';
import { file, kubeletConfig, staticPod, unit } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';

/** What the kubelet sets `vm.*` and `kernel.*` to, or with protectKernelDefaults wants to find (container_manager_linux.go). */
const kernelDefaults: ReadonlyMap<string, string> = new Map([
  ['vm.overcommit_memory', '1'],
  ['vm.panic_on_oom', '0'],
  ['kernel.panic', '10'],
  ['kernel.panic_on_oops', '1'],
  ['kernel.keys.root_maxkeys', '1000000'],
  ['kernel.keys.root_maxbytes', '25000000'],
]);

/** How the kubelet treats its node. Sources: CIS Kubernetes Benchmark 1.12, 4.2.6 to 4.2.8; 1.20, 4.2.6 (kernel defaults). */
export default settingControls('kubelet', [
  {
    name: 'protect-kernel-defaults',
    title: 'The kubelet leaves the parameters of the kernel alone',
    severity: 'low',
    why: 'Otherwise it overwrites what the administrator of the node set, without a word, and a hardened kernel is one until the kubelet starts.',
    setting: 'protectKernelDefaults',
    wrong: (value) => (value === true ? undefined : 'the kubelet changes parameters of the kernel to what it wants'),
    mend: {
      value: true,
      safety: 'may-break',
      first: 'the sysctls of the node have the values that the kubelet wants, or it does not start',
      refusal: sysctlRefusal,
    },
    examples: {
      fail: [kubeletConfig(), kubeletConfig('protectKernelDefaults: false')],
      pass: [kubeletConfig('protectKernelDefaults: true'), unit('kubelet', ['--protect-kernel-defaults'])],
    },
  },
  {
    name: 'iptables-util-chains',
    title: 'The kubelet keeps its iptables chains',
    severity: 'low',
    why: 'Rules that drop packets for the node from outside hang on these chains; without them nobody but the administrator puts such rules in place.',
    setting: 'makeIPTablesUtilChains',
    wrong: (value) => (value === true ? undefined : 'its iptables rules are left to somebody else'),
    mend: { value: true, safety: 'safe' },
    examples: {
      fail: [kubeletConfig('makeIPTablesUtilChains: false')],
      pass: [kubeletConfig(), unit('kubelet', ['--make-iptables-util-chains=true'])],
    },
  },
  {
    name: 'hostname-override',
    title: 'The node is named as its host is',
    severity: 'low',
    why: 'A node with another name than its host is hard to find in logs, and its certificate is for a name that nothing else confirms.',
    remedy: 'Leave the flag out, unless the cloud or DNS knows the host by that name.',
    setting: 'hostname-override',
    wrong: (value, { evidence }) => {
      if (typeof value !== 'string' || value === '') return undefined;
      const host = hostName(evidence?.files ?? []);
      if (host === undefined) {
        const reason = `whether its host is called ${value} is not known: /etc/hostname was not read`;
        return { kind: 'unknown', reason };
      }
      const same = value.trim().toLowerCase() === host.toLowerCase();
      return same ? undefined : `the node is known by this name, and its host is called ${host}`;
    },
    examples: {
      fail: [unit('kubelet', ['--hostname-override=worker']) + file('/etc/hostname', 'node-1')],
      pass: [kubeletConfig(), unit('kubelet', ['--hostname-override=NODE-1']) + file('/etc/hostname', 'node-1')],
    },
  },
  {
    name: 'event-qps',
    title: 'The kubelet records enough events',
    severity: 'low',
    why: 'Events tell what happened to pods of the node; beyond the limit they are dropped, and those of an attack go with them.',
    setting: 'eventRecordQPS',
    wrong: (value) => {
      if (value === 0) {
        const reason =
          'eventRecordQPS is 0, no limit: whether the API server can take that many events is for people to say';
        return { kind: 'manual', reason };
      }
      return typeof value === 'number' && value >= 5 ? undefined : 'events beyond that rate are dropped';
    },
    mend: { value: 50, safety: 'safe' },
    examples: {
      fail: [kubeletConfig('eventRecordQPS: 1'), unit('kubelet', ['--event-qps=2'])],
      pass: [kubeletConfig(), unit('kubelet', ['--event-qps=5'])],
    },
  },
  {
    name: 'static-pod-path',
    title: 'Workers start no static pods',
    severity: 'low',
    why: 'Whoever writes a file into that folder starts a pod that no admission sees and that nobody can delete through the API.',
    remedy: 'Leave staticPodPath out on nodes that have no static pods.',
    setting: 'staticPodPath',
    moot: (subject) => (usesStaticPods(subject) ? 'there are static pods on this node' : undefined),
    wrong: (value, { evidence, onNode }) => {
      if (value === '') return undefined;
      if (evidence === undefined) return unknown('which files the node has is not known');
      const folder = typeof value === 'string' ? (onNode(value) ?? value) : '';
      const why = whyUnreadBelow(unreadFiles(evidence.files), folder.replace(/\/+$/, ''));
      if (why !== undefined) return unknown(why);
      return 'no static pod is there, and a file would start one';
    },
    mend: { value: null, safety: 'safe' },
    examples: {
      fail: [kubeletConfig('staticPodPath: /etc/kubernetes/manifests')],
      pass: [kubeletConfig()],
    },
  },
  {
    name: 'dynamic-config',
    title: "The API cannot replace the kubelet's configuration",
    severity: 'medium',
    why: 'With a folder for it, whoever may edit a Node and a ConfigMap turns off what protects the node.',
    setting: 'dynamic-config-dir',
    wrong: (value) => (value === '' ? undefined : 'configuration from the API takes the place of that on the node'),
    mend: { value: null, safety: 'may-break' },
    examples: {
      fail: [
        `${unit('kubelet', ['--dynamic-config-dir=/var/lib/kubelet/dynamic'])}${staticPod('kube-scheduler', [], 'v1.20.2')}`,
      ],
      pass: [`${unit('kubelet', [])}${staticPod('kube-scheduler', [], 'v1.20.2')}`],
    },
  },
  {
    name: 'cgroup-v1',
    title: 'The kubelet does not run on cgroup v1',
    severity: 'low',
    profile: 'reliability',
    why: 'Kubernetes no longer tests cgroup v1 from v1.35, and the kubelet starts on it only where that check was taken away.',
    setting: 'failCgroupV1',
    wrong: (value, { config }) =>
      value === false && (config.minor === undefined || config.minor >= 35)
        ? 'the check that keeps the kubelet off cgroup v1 is taken away'
        : undefined,
    mend: { value: true, safety: 'may-break', first: 'the node runs on cgroup v2' },
    examples: {
      fail: [kubeletConfig('failCgroupV1: false') + staticPod('kube-scheduler', [], 'v1.35.0')],
      pass: [kubeletConfig()],
    },
  },
]);

function sysctlRefusal({ evidence }: NodeComponent): string | undefined {
  const known = evidence?.host?.sysctls ?? {};
  const other = [...kernelDefaults].filter(([name, wanted]) => Object.hasOwn(known, name) && known[name] !== wanted);
  if (other.length === 0) return undefined;
  const list = other.map(([name, wanted]) => `${name} is ${known[name]} and not ${wanted}`).join(', ');
  return `the kubelet would not start: ${list}`;
}

function usesStaticPods({ config, evidence, onNode }: NodeComponent): boolean {
  const path = config.get('staticPodPath')?.value;
  if (typeof path !== 'string' || path === '' || evidence === undefined) return false;
  const folder = (onNode(path) ?? path).replace(/\/+$/, '');
  // As the kubelet does: folders below and files that begin with a dot are passed over.
  return evidence.files.some(({ path: found, process, type }) => {
    if (process !== undefined || type === 'directory' || !found.startsWith(`${folder}/`)) return false;
    const name = found.slice(folder.length + 1);
    return !name.includes('/') && !name.startsWith('.');
  });
}
