import { readNode } from '../../facts/nodes.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { type Failure, notApplicable, pass, unknown, type Verdict } from '../../model/verdict.ts';
import { kubeletConfig } from '../node-examples.ts';
import { host } from './examples.ts';
import { type HostRow, hostControls, hostFailure, noHost } from './host-control.ts';

/** What the kubelet asks for (pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables). */
const kubeletDefaults: readonly (readonly [string, string])[] = [
  ['vm.overcommit_memory', '1'],
  ['vm.panic_on_oom', '0'],
  ['kernel.panic', '10'],
  ['kernel.panic_on_oops', '1'],
  ['kernel.keys.root_maxkeys', '1000000'],
  ['kernel.keys.root_maxbytes', '25000000'],
];

const protecting = kubeletConfig('protectKernelDefaults: true');
const swapping = kubeletConfig('failSwapOn: false');

/** The kernel and what it does for the isolation of containers. */
export default hostControls([
  {
    name: 'kernel-defaults',
    title: 'The kernel is set as the kubelet asks for',
    severity: 'medium',
    profile: 'reliability',
    why: 'With protectKernelDefaults, the kubelet does not start on a node whose kernel is set otherwise.',
    check: (node, facts) => {
      const kubelets = facts
        .get(readNode)(node)
        .components.filter(({ component }) => component === 'kubelet');
      if (!kubelets.some(({ config }) => config.get('protectKernelDefaults')?.value === true)) {
        return notApplicable('the kubelet sets these itself');
      }
      const sysctls = node.host?.sysctls;
      if (sysctls === undefined) return noHost;
      return kubeletDefaults.flatMap(([name, wanted]) => {
        const value = Object.hasOwn(sysctls, name) ? sysctls[name] : undefined;
        if (value === undefined || value === wanted) return [];
        const message = `${name} is ${value}, not ${wanted}: the kubelet refuses to start`;
        return [hostFailure(node, { key: name, message, remedy: `run sysctl -w ${name}=${wanted}` })];
      });
    },
    examples: {
      fail: [protecting + host({ sysctls: { 'kernel.panic': '0', 'vm.overcommit_memory': '1' } })],
      pass: [protecting + host({ sysctls: { 'kernel.panic': '10', 'vm.overcommit_memory': '1' } })],
    },
  },
  {
    name: 'swap',
    title: 'Nodes do not swap to disk',
    severity: 'medium',
    why: 'Secrets are mounted from memory so that they are on no disk; what is swapped out is on one.',
    remedy: 'Turn swap off, or encrypt it.',
    check: (node, facts) => {
      const swaps = node.host?.swaps;
      if (swaps === undefined) return noHost;
      const onDisk = swaps.filter((device) => !/^\/dev\/zram\d/.test(device));
      if (onDisk.length === 0) return pass;
      const kubelets = facts
        .get(readNode)(node)
        .components.filter(({ component }) => component === 'kubelet');
      const refuses = kubelets.some(({ config }) => config.get('failSwapOn')?.value === true);
      const says = refuses ? 'the kubelet refuses to start' : 'memory of pods can be on disk, Secrets among it';
      return hostFailure(node, {
        key: 'swap',
        message: `the node swaps to ${onDisk.join(', ')}: ${says}`,
        severity: refuses ? 'low' : 'medium',
      });
    },
    examples: {
      fail: [swapping + host({ swaps: ['/dev/sda2'] })],
      pass: [swapping + host({ swaps: [] }), swapping + host({ swaps: ['/dev/zram0'] })],
    },
  },
  {
    name: 'security-module',
    title: 'SELinux or AppArmor confines what runs on nodes',
    severity: 'medium',
    why: 'When a process gets out of its container, these are what is still between it and the node.',
    check: (node) => {
      const { selinux, securityModules } = node.host ?? {};
      if (node.host?.kernel === undefined && selinux === undefined && securityModules === undefined) return noHost;
      if (selinux === 'enforcing' || securityModules?.includes('apparmor') === true) return pass;
      if (securityModules === undefined && selinux !== 'permissive') {
        return unknown('which security modules are on could not be read: securityfs is not mounted');
      }
      const says =
        selinux === 'permissive' ? 'SELinux only logs what it would deny' : 'neither SELinux nor AppArmor is on';
      return hostFailure(node, { key: 'module', message: says });
    },
    examples: {
      fail: [
        host({ selinux: 'permissive', securityModules: ['capability', 'selinux'] }),
        host({ securityModules: ['capability', 'yama'] }),
      ],
      pass: [
        host({ selinux: 'enforcing', securityModules: ['capability', 'selinux'] }),
        host({ securityModules: ['capability', 'apparmor'] }),
      ],
    },
  },
  {
    name: 'seccomp',
    title: 'The kernel can filter system calls',
    severity: 'high',
    why: 'Without seccomp, every profile that pods ask for is nothing, and the whole kernel is in reach of each container.',
    check: (node) => {
      if (node.host?.seccomp === undefined) return noHost;
      return node.host.seccomp ? pass : hostFailure(node, { key: 'seccomp', message: 'the kernel has no seccomp' });
    },
    examples: { fail: [host({ seccomp: false })], pass: [host({ seccomp: true })] },
  },
  ...[
    {
      sysctl: 'kernel.randomize_va_space',
      title: 'The kernel places memory at random addresses',
      severity: 'medium' as const,
      why: 'Without, whoever finds a flaw in a program knows where everything in it is.',
      good: ['2'],
      says: 'addresses of programs can be foreseen',
    },
    {
      sysctl: 'fs.protected_symlinks',
      title: 'The kernel protects symbolic links in shared folders',
      severity: 'medium' as const,
      why: 'In a folder like /tmp, a link of someone else leads a program of root to a file that it did not mean.',
      good: ['1'],
      says: 'links in shared folders can lead programs of root astray',
    },
    {
      sysctl: 'fs.protected_hardlinks',
      title: 'The kernel protects hard links',
      severity: 'medium' as const,
      why: 'A hard link to a file of root outlives its deletion and leads programs to it that meant another.',
      good: ['1'],
      says: 'everyone can make hard links to files of others',
    },
    {
      sysctl: 'kernel.unprivileged_bpf_disabled',
      title: 'Only root can load BPF programs into the kernel',
      severity: 'low' as const,
      why: 'The verifier of BPF programs had one flaw after another that gave root to whoever may load one.',
      good: ['1', '2'],
      says: 'everyone can load BPF programs',
    },
    {
      sysctl: 'kernel.kptr_restrict',
      title: 'The kernel does not show its addresses',
      severity: 'low' as const,
      why: 'Addresses of the kernel are what a flaw in it needs to be of use.',
      good: ['1', '2'],
      says: 'everyone can read addresses of the kernel',
    },
    {
      sysctl: 'kernel.dmesg_restrict',
      title: 'Only root can read the messages of the kernel',
      severity: 'low' as const,
      why: 'They show addresses, devices and what happens in other containers of the node.',
      good: ['1'],
      says: 'every container can read the messages of the kernel',
    },
    {
      sysctl: 'kernel.yama.ptrace_scope',
      title: 'Processes cannot trace those that are not their own',
      severity: 'low' as const,
      why: 'A process that may trace others of its user reads their memory, and with it their keys and tokens.',
      good: ['1', '2', '3'],
      says: 'a process can read the memory of every other one of its user',
    },
    {
      sysctl: 'kernel.unprivileged_userns_clone',
      title: 'Only root can make user namespaces',
      severity: 'info' as const,
      why: 'In a namespace of its own, everyone is root for parts of the kernel that were written for root alone.',
      good: ['0'],
      says: 'every process can make user namespaces, and reach more of the kernel in them',
    },
    {
      sysctl: 'net.ipv4.conf.all.accept_redirects',
      title: 'Nodes do not let others change their routes',
      severity: 'low' as const,
      why: 'An ICMP redirect of a neighbour sends the traffic of the node, and of its pods, past the neighbour.',
      good: ['0'],
      says: 'neighbours on the network can change the routes of the node',
    },
    {
      sysctl: 'net.ipv4.conf.all.accept_source_route',
      title: 'Nodes do not let senders choose the route of a packet',
      severity: 'low' as const,
      why: 'Packets that bring their own route get around the network’s rules.',
      good: ['0'],
      says: 'senders choose the route of packets',
    },
  ].map(sysctlRow),
]);

interface SysctlRow extends Pick<HostRow, 'title' | 'severity' | 'why'> {
  readonly sysctl: string;
  readonly good: readonly string[];
  readonly says: string;
}

function sysctlRow({ sysctl, good, says, ...rest }: SysctlRow): HostRow {
  const [first = ''] = good;
  const bad = good.includes('0') ? '1' : '0';
  return {
    ...rest,
    name: `sysctl-${sysctl.split('.').at(-1)?.replaceAll('_', '-')}`,
    remedy: `Set ${sysctl}=${first} in a file of /etc/sysctl.d.`,
    check: (node) => sysctlVerdict(node, { sysctl, good, says }),
    examples: { fail: [host({ sysctls: { [sysctl]: bad } })], pass: [host({ sysctls: { [sysctl]: first } })] },
  };
}

function sysctlVerdict(
  node: NodeEvidence,
  { sysctl, good, says }: Pick<SysctlRow, 'sysctl' | 'good' | 'says'>,
): Verdict | readonly Failure[] {
  const sysctls = node.host?.sysctls;
  if (sysctls === undefined) return noHost;
  if (!Object.hasOwn(sysctls, sysctl)) {
    const isUnseen = sysctl.startsWith('net.') && !Object.keys(sysctls).some((name) => name.startsWith('net.'));
    // A collector pod has a network of its own, whose sysctls it leaves out.
    if (isUnseen && node.from === 'bundle') return unknown(`a collector pod does not see ${sysctl} of the host`);
    return notApplicable(`the kernel has no ${sysctl}`);
  }
  const value = sysctls[sysctl] ?? '';
  if (good.includes(value)) return pass;
  return hostFailure(node, { key: sysctl, message: `${sysctl} is ${value}: ${says}` });
}
