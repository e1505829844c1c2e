/** From no rules at all to what hardened pods can meet. Restricted includes what baseline forbids. */
export const podSecurityLevels = ['privileged', 'baseline', 'restricted'] as const;

export type PodSecurityLevel = (typeof podSecurityLevels)[number];

/** Which edition of the rules is meant. */
export interface PolicyVersion {
  /** As a label has it and as messages print it: `latest`, `v1.31`. */
  readonly label: string;
  readonly minor: number | 'latest';
}

export interface PodSecurityPolicy {
  readonly level: PodSecurityLevel;
  readonly version: PolicyVersion;
}

export const latestVersion: PolicyVersion = Object.freeze({ label: 'latest', minor: 'latest' });

const versionLabel = /^v1\.([0-9]|[1-9][0-9]*)$/;

/** The server reads the minor as a 64-bit integer and refuses what does not fit. */
const largestMinor = 9_223_372_036_854_775_807n;

/**
 * `latest` or `v1.N`; undefined for anything else. A version that is newer than any known rule is valid: it prints as
 * it was written and is judged as the newest known one. Source: pod-security-admission, api/helpers.go, ParseVersion.
 */
export function parsePolicyVersion(text: string): PolicyVersion | undefined {
  if (text === 'latest') return latestVersion;
  const minor = versionLabel.exec(text)?.[1];
  if (minor === undefined || minor.length > 19 || BigInt(minor) > largestMinor) return undefined;
  return { label: text, minor: Number(minor) };
}

export function parsePodSecurityLevel(text: string): PodSecurityLevel | undefined {
  return podSecurityLevels.find((level) => level === text);
}

/** Positive where `a` is the stricter. */
export function compareLevels(a: PodSecurityLevel, b: PodSecurityLevel): number {
  return podSecurityLevels.indexOf(a) - podSecurityLevels.indexOf(b);
}

/** `baseline:latest`, as messages and audit annotations print a policy. */
export function formatPolicy(policy: PodSecurityPolicy): string {
  return `${policy.level}:${policy.version.label}`;
}
