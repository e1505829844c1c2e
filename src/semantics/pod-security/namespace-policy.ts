import {
  compareLevels,
  latestVersion,
  type PodSecurityLevel,
  type PodSecurityPolicy,
  parsePodSecurityLevel,
  parsePolicyVersion,
} from './policy.ts';
import { quoteGo } from './wording.ts';

export const podSecurityModes = ['enforce', 'audit', 'warn'] as const;

/** What happens to a pod that breaks a policy: refused, noted in the audit log, or answered with a warning. */
export type PodSecurityMode = (typeof podSecurityModes)[number];

export type PodSecurityPolicies = { readonly [mode in PodSecurityMode]: PodSecurityPolicy };

export interface NamespacePolicy extends PodSecurityPolicies {
  /** Labels that mean nothing; the API server refuses to set them, and reads around those that are there. */
  readonly errors: readonly LabelError[];
}

export interface LabelError {
  readonly label: string;
  readonly value: string;
  /** As in the API server's answer: `metadata.labels[…]: Invalid value: "x": must be …`. */
  readonly message: string;
}

/** `pod-security.kubernetes.io/enforce`, or with `-version` after it. */
export const podSecurityLabelPrefix = 'pod-security.kubernetes.io/';

const privilegedLatest: PodSecurityPolicy = { level: 'privileged', version: latestVersion };

/** What a server that nobody has configured applies to a namespace without labels. */
export const builtInDefaults: PodSecurityPolicies = {
  enforce: privilegedLatest,
  audit: privilegedLatest,
  warn: privilegedLatest,
};

/**
 * The policies of a namespace with these labels. `defaults` are those of the server's PodSecurityConfiguration.
 * An invalid enforce level is read as restricted, an invalid audit or warn level as privileged, an invalid version as
 * latest. Without a warn label, a valid enforce level that is stricter than the default warns, too.
 * Source: pod-security-admission, api/helpers.go, PolicyToEvaluate.
 */
export function namespacePolicy(
  labels: ReadonlyMap<string, string>,
  defaults: PodSecurityPolicies = builtInDefaults,
): NamespacePolicy {
  const errors: LabelError[] = [];
  const read = <T>(suffix: string, parse: (text: string) => T | undefined, expected: string): Label<T> => {
    const label = `${podSecurityLabelPrefix}${suffix}`;
    const text = labels.get(label);
    if (text === undefined) return { set: false, value: undefined };
    const value = parse(text);
    if (value === undefined) errors.push(labelError(label, text, expected));
    return { set: true, value };
  };
  const readMode = (mode: PodSecurityMode, invalid: PodSecurityLevel) => {
    const level = read(mode, parsePodSecurityLevel, 'must be one of privileged, baseline, restricted');
    const version = read(`${mode}-version`, parsePolicyVersion, 'must be "latest" or "v1.x"');
    const policy: PodSecurityPolicy = {
      level: level.set ? (level.value ?? invalid) : defaults[mode].level,
      version: version.set ? (version.value ?? latestVersion) : defaults[mode].version,
    };
    return { policy, level, version };
  };
  const enforce = readMode('enforce', 'restricted');
  const audit = readMode('audit', 'privileged');
  const warn = readMode('warn', 'privileged');
  let warning = warn.policy;
  if (!warn.level.set && enforce.level.value !== undefined && compareLevels(enforce.level.value, warning.level) > 0) {
    warning = {
      level: enforce.level.value,
      version: warn.version.set ? warning.version : enforce.policy.version,
    };
  }
  return { enforce: enforce.policy, audit: audit.policy, warn: warning, errors };
}

interface Label<T> {
  readonly set: boolean;
  /** Undefined where the label is not set, or means nothing. */
  readonly value: T | undefined;
}

function labelError(label: string, value: string, expected: string): LabelError {
  return { label, value, message: `metadata.labels[${label}]: Invalid value: ${quoteGo(value)}: ${expected}` };
}

/** The message of the 422 with which the API server refuses a namespace for its labels; `errors` are not empty. */
export function formatNamespaceError(name: string, errors: readonly LabelError[]): string {
  const messages = errors.map(({ message }) => message).join(', ');
  return `Namespace ${quoteGo(name)} is invalid: ${errors.length === 1 ? messages : `[${messages}]`}`;
}
