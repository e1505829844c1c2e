import type { AnyControl } from '../controls/control.ts';
import type { Exception } from '../model/exception.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { AdmissionPolicySet } from '../semantics/admission-policy/index.ts';
import type { PodSecurityConfiguration, PodSecurityLevel } from '../semantics/pod-security/index.ts';

export const policyModes = ['enforce', 'warn', 'audit'] as const;

/** What happens to a request that breaks a rule: it is refused, answered with a warning, or noted in the audit log. */
export type PolicyMode = (typeof policyModes)[number];

/** Everything that is asked of requests: a policy file, and the policies of Kubernetes that stand beside it. */
export interface AdmissionPolicies {
  /** `metadata.name` of the policy file; empty where there is none. */
  readonly name: string;
  readonly podSecurity: PodSecurityConfiguration | undefined;
  readonly controls: readonly ChosenControl[];
  readonly images: ImageRules | undefined;
  /** Whether PodSecurityPolicy objects decide, as their admission plugin did until v1.24. */
  readonly podSecurityPolicies: boolean;
  /** Those that stand in the policy files; the cluster's own count besides. */
  readonly ownPodSecurityPolicies: readonly KubeObject[];
  readonly hardening: Hardening | undefined;
  readonly exceptions: readonly Exception[];
  readonly exemptions: Exemptions;
  /** ValidatingAdmissionPolicies, where any are in force. */
  readonly admissionPolicies: AdmissionPolicySet | undefined;
}

export interface ChosenControl {
  readonly control: AnyControl;
  readonly mode: PolicyMode;
  /** The kinds that it judges by itself, as `group/Kind`; undefined for controls of pods and containers. */
  readonly kinds: ReadonlySet<string> | undefined;
  /** The kinds whose objects it needs besides, as `group/Kind`. */
  readonly needs: ReadonlySet<string>;
}

/** Which images may run. Registries are `host` or `host/path`: whole steps of the name. */
export interface ImageRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly requireDigest: boolean;
  /** An image without a tag and digest has the tag `latest`. */
  readonly forbidTags: readonly string[];
  readonly mode: PolicyMode;
}

export const hardeningFields = ['seccompProfile', 'allowPrivilegeEscalation', 'capabilities', 'runAsNonRoot'] as const;

export type HardeningField = (typeof hardeningFields)[number];

/** What a mutating webhook may set in pods that leave it open. */
export interface Hardening {
  readonly fields: ReadonlySet<HardeningField>;
  /** Pods of which namespaces: those that enforce this level or a stricter one; `privileged` means all. */
  readonly namespaces: PodSecurityLevel;
}

/** Requests that nothing here is asked about. Only what a user cannot set of their own is told by. */
export interface Exemptions {
  readonly namespaces: ReadonlySet<string>;
  readonly usernames: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

export const noPolicies: AdmissionPolicies = {
  name: '',
  podSecurity: undefined,
  controls: [],
  images: undefined,
  podSecurityPolicies: false,
  ownPodSecurityPolicies: [],
  hardening: undefined,
  exceptions: [],
  exemptions: { namespaces: new Set(), usernames: new Set(), groups: new Set() },
  admissionPolicies: undefined,
};
