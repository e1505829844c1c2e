import type { HostEvidence } from '../../model/node.ts';

/** Kernel settings that the kubelet's `protectKernelDefaults` or a control asks for. */
export const sysctls: readonly string[] = [
  'vm.overcommit_memory',
  'vm.panic_on_oom',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
  'kernel.unprivileged_userns_clone',
  'kernel.unprivileged_bpf_disabled',
  'kernel.kptr_restrict',
  'kernel.dmesg_restrict',
  'kernel.yama.ptrace_scope',
  'kernel.randomize_va_space',
  'kernel.kexec_load_disabled',
  'net.ipv4.ip_forward',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.conf.all.accept_redirects',
  'net.ipv4.conf.all.send_redirects',
  'net.ipv4.conf.all.accept_source_route',
  'user.max_user_namespaces',
  'fs.protected_hardlinks',
  'fs.protected_symlinks',
];

export function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

export const kernelFiles = {
  release: '/proc/sys/kernel/osrelease',
  swaps: '/proc/swaps',
  modules: '/sys/kernel/security/lsm',
  selinux: '/sys/fs/selinux/enforce',
  status: '/proc/self/status',
} as const;

type KernelFacts = Pick<HostEvidence, 'kernel' | 'sysctls' | 'swaps' | 'securityModules' | 'selinux' | 'seccomp'>;

/**
 * What the running kernel says of itself, read by `read`, which gives undefined for a file that is not there. Nothing
 * where there is no kernel to ask.
 */
export function readKernel(read: (path: string) => string | undefined): KernelFacts {
  const release = read(kernelFiles.release)?.trim();
  const swaps = read(kernelFiles.swaps);
  const modules = read(kernelFiles.modules)?.trim();
  const status = read(kernelFiles.status);
  const values: [string, string][] = [];
  for (const name of sysctls) {
    const value = read(sysctlPath(name))?.trim();
    if (value !== undefined && value !== '') values.push([name, value]);
  }
  const securityModules = modules?.split(',').filter((name) => name !== '');
  const selinux = selinuxOf(read(kernelFiles.selinux)?.trim(), securityModules);
  return {
    ...(release !== undefined && release !== '' && { kernel: release }),
    ...(values.length > 0 && { sysctls: Object.fromEntries(values) }),
    ...(swaps !== undefined && { swaps: swapsIn(swaps) }),
    ...(securityModules !== undefined && { securityModules }),
    ...(selinux !== undefined && { selinux }),
    // A kernel without the filter has no such line at all (proc_pid_status(5)).
    ...(status !== undefined && { seccomp: /^Seccomp:/m.test(status) }),
  };
}

function selinuxOf(enforce: string | undefined, modules: readonly string[] | undefined): HostEvidence['selinux'] {
  if (enforce === '1') return 'enforcing';
  if (enforce === '0') return 'permissive';
  return modules === undefined || modules.includes('selinux') ? undefined : 'disabled';
}

/** proc_swaps(5): a heading, then a line a device, its name first with spaces as `\040`. */
function swapsIn(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name = ''] = line.split(/\s/);
      return name === ''
        ? []
        : [name.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))];
    });
}

/** `SELINUX=` of /etc/selinux/config: what the next start will have, for a node that is not running here. */
export function configuredSelinux(text: string): HostEvidence['selinux'] {
  let found: HostEvidence['selinux'];
  for (const [, value] of text.matchAll(/^[ \t]*SELINUX[ \t]*=[ \t]*"?(enforcing|permissive|disabled)\b/gim)) {
    found = value?.toLowerCase() as HostEvidence['selinux'];
  }
  return found;
}

const osFields: ReadonlySet<string> = new Set(['ID', 'VERSION_ID', 'PRETTY_NAME']);

/** os-release(5): shell-like assignments, of which three are kept. */
export function readOsRelease(text: string): Record<string, string> {
  const fields: [string, string][] = [];
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    if (!osFields.has(name)) continue;
    const [, , quoted] = /^(["'])(.*)\1$/.exec(value) ?? [];
    fields.push([name, (quoted ?? value).replace(/\\(.)/g, '$1')]);
  }
  return Object.fromEntries(fields);
}
