import type { Component } from '../model/component.ts';
import { isObject, type Json, own } from '../model/json.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { Examples } from './control.ts';
import type { SettingRow } from './setting-control.ts';

interface WeakGate {
  readonly gate: string;
  /** The value that weakens. */
  readonly value: boolean;
  readonly says: string;
  readonly components: readonly Component[];
}

const all: readonly Component[] = ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];

/**
 * Gates that take a protection away, or let in what is not finished. Sources: pkg/features and the feature gates page of
 * the Kubernetes documentation. Those that a version locks are problems of the configuration there.
 */
const weakGates: readonly WeakGate[] = [
  { gate: 'AllAlpha', value: true, says: 'turns on every unfinished feature', components: all },
  { gate: 'AllBeta', value: false, says: 'turns off protections that are beta', components: all },
  {
    gate: 'AppArmor',
    value: false,
    says: 'lets containers run without their AppArmor profile',
    components: ['kubelet'],
  },
  {
    gate: 'DynamicKubeletConfig',
    value: true,
    says: "lets the API replace the kubelet's configuration",
    components: ['kubelet'],
  },
  {
    gate: 'KubeletEnsureSecretPulledImages',
    value: false,
    says: 'lets pods use images that others pulled with credentials',
    components: ['kubelet'],
  },
  {
    gate: 'KubeletFineGrainedAuthz',
    value: false,
    says: 'makes those who read metrics need the right to run commands',
    components: ['kubelet'],
  },
  {
    gate: 'LocalStorageCapacityIsolation',
    value: false,
    says: "takes away limits of pods' local storage",
    components: ['kubelet'],
  },
  {
    gate: 'RecursiveReadOnlyMounts',
    value: false,
    says: 'leaves mounts below a read-only mount writable',
    components: ['kubelet'],
  },
  { gate: 'SeccompDefault', value: false, says: 'takes away the default seccomp profile', components: ['kubelet'] },
  { gate: 'SupportPodPidsLimit', value: false, says: "takes away limits of pods' processes", components: ['kubelet'] },
  { gate: 'TokenRequest', value: false, says: 'makes pods use tokens that never expire', components: ['kubelet'] },
  {
    gate: 'TokenRequestProjection',
    value: false,
    says: 'makes pods use tokens that never expire',
    components: ['kubelet'],
  },
  {
    gate: 'BoundServiceAccountTokenVolume',
    value: false,
    says: 'makes pods use tokens that never expire',
    components: ['kube-controller-manager', 'kubelet'],
  },
  {
    gate: 'LegacyServiceAccountTokenNoAutoGeneration',
    value: false,
    says: 'makes a token that never expires for every service account',
    components: ['kube-controller-manager'],
  },
  {
    gate: 'LegacyServiceAccountTokenCleanUp',
    value: false,
    says: 'keeps unused tokens that never expire',
    components: ['kube-controller-manager'],
  },
];

/** Gates that weaken a component. Whether serving certificates rotate has a control of its own. */
export function weakGatesRow(component: Component, setting: string, examples: Examples): SettingRow {
  return {
    name: 'feature-gates',
    title: `No feature gate weakens ${component}`,
    severity: 'medium',
    why: 'Gates turn features off and on regardless of whether they are finished: alpha ones come without support and review, and some that are on by default are protections.',
    setting,
    wrong: (value, { config }) => {
      const says = weakGates.filter(
        ({ gate, value: weak, components }) => components.includes(component) && gateOf(value, gate) === weak,
      );
      // With a gate that this version does not have, or has locked, it does not start: that is said elsewhere.
      const refused = (gate: string): boolean =>
        config.problems.some(({ message }) => message.startsWith(`feature gate ${gate} `));
      const weakened = says.filter(({ gate }) => !refused(gate));
      if (weakened.length === 0) return undefined;
      return weakened.map(({ gate, value: weak, says: what }) => `${gate}=${weak} ${what}`).join('; ');
    },
    examples,
  };
}

/** Whether kubelets may rotate serving certificates: on by default since v1.12, as a beta gate (CIS 1.3.6, 4.2.11). */
export function rotationGateRow(setting: string, examples: Examples): SettingRow {
  const gate = 'RotateKubeletServerCertificate';
  return {
    name: 'rotate-server-certificate-gate',
    title: 'Rotation of kubelet serving certificates is not turned off',
    severity: 'low',
    why: 'With the gate off kubelets cannot ask for serving certificates and renew them: they sign their own, or let them expire.',
    setting,
    coveredBy: [],
    wrong: (value) => {
      const said = gateOf(value, gate);
      if (said === false) return 'kubelet serving certificates are not renewed';
      const byStage = said === undefined && gateOf(value, 'AllBeta') === false;
      return byStage ? `AllBeta=false turns ${gate} off` : undefined;
    },
    mend: { value: (subject) => withGate(subject, setting, gate), safety: 'safe' },
    examples,
  };
}

function withGate(subject: NodeComponent, setting: string, gate: string): Json | undefined {
  const value = subject.config.get(setting)?.value;
  return isObject(value) ? { ...value, [gate]: true } : undefined;
}

/** What a map of gates says of one; undefined where it is not named. */
export function gateOf(gates: Json | undefined, gate: string): Json | undefined {
  return isObject(gates) ? own(gates, gate) : undefined;
}
