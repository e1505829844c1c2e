import type { Container } from '../../model/container.ts';
import { baselineCapabilities, restrictedCapability } from '../../semantics/pod-security/allowed.ts';

/** Which control reports an added capability: exactly one does, unless it is `allowed`. */
export type CapabilityClass =
  | 'sys-admin'
  | 'sys-module'
  | 'dangerous'
  | 'net-raw'
  | 'beyond-baseline'
  | 'beyond-restricted'
  | 'allowed';

/** Capabilities that reach out of the container, apart from those with a control of their own. */
const dangerousCapabilities: ReadonlySet<string> = new Set([
  ...['ALL', 'AUDIT_CONTROL', 'BPF', 'DAC_READ_SEARCH', 'MAC_ADMIN', 'MAC_OVERRIDE', 'NET_ADMIN', 'PERFMON'],
  ...['SYSLOG', 'SYS_BOOT', 'SYS_PTRACE', 'SYS_RAWIO', 'SYS_TIME'],
]);

/**
 * Danger is judged by the capability that is meant, for some runtimes accept `CAP_SYS_ADMIN` and all accept
 * `sys_admin`. What Pod Security allows is judged by the exact name, as Pod Security does.
 */
export function classifyCapability(name: string): CapabilityClass {
  const plain = plainCapability(name);
  if (plain === 'SYS_ADMIN') return 'sys-admin';
  if (plain === 'SYS_MODULE') return 'sys-module';
  if (plain === 'NET_RAW') return 'net-raw';
  if (dangerousCapabilities.has(plain)) return 'dangerous';
  if (!baselineCapabilities.has(name)) return 'beyond-baseline';
  return name === restrictedCapability ? 'allowed' : 'beyond-restricted';
}

/** The name as Kubernetes spells it: upper case, without `CAP_`. */
export function plainCapability(name: string): string {
  return name.toUpperCase().replace(/^(?:CAP_)+/, '');
}

/** The names of one class among a container's added capabilities, as written, each once. */
export function addedCapabilities(container: Container, wanted: CapabilityClass): readonly string[] {
  const { add } = container.securityContext.capabilities;
  if (add.length === 0) return none;
  return unique(add.filter((name) => classifyCapability(name) === wanted));
}

/**
 * Whether the runtime takes `capability` from the container. Runtimes ignore case, but containerd takes a `CAP_` prefix
 * for a part of the name, and drops nothing.
 */
export function dropsCapability(container: Container, capability: string): boolean {
  for (const name of container.securityContext.capabilities.drop) {
    if (name === 'ALL' || name === capability) return true;
    const upper = name.toUpperCase();
    if (upper === 'ALL' || upper === capability) return true;
  }
  return false;
}

export function unique(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)];
}

const none: readonly string[] = Object.freeze([]);
