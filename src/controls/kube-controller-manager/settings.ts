import type { Json } from '../../model/json.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { rotationGateRow, weakGatesRow } from '../feature-gates.ts';
import { insecurePort } from '../insecure-port.ts';
import { staticPod } from '../node-examples.ts';
import { secureServingRows } from '../secure-serving.ts';
import { settingControls, settingFailure } from '../setting-control.ts';

const manager = (...args: string[]): string => staticPod('kube-controller-manager', args);
const old = (...args: string[]): string => staticPod('kube-controller-manager', args, 'v1.20.2');

const year = 365 * 24 * 3600;

/** How the controller manager runs. Sources: CIS Kubernetes Benchmark 1.12, 1.3.1, 1.3.2, 1.3.6 and 1.3.7. */
export default settingControls('kube-controller-manager', [
  ...secureServingRows('kube-controller-manager'),
  {
    name: 'profiling',
    title: 'The controller manager serves no profiling data',
    severity: 'low',
    why: 'Profiles show what the controller manager has in memory, and taking them costs it time.',
    setting: 'profiling',
    wrong: (value) => (value === false ? undefined : '/debug/pprof is served'),
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [manager(), manager('--profiling=false', '--profiling')],
      pass: [manager('--profiling=false')],
    },
  },
  {
    name: 'insecure-port',
    title: 'The controller manager serves nothing without TLS',
    severity: 'medium',
    why: 'Until v1.22 port 10252 gave metrics and profiles to anyone on the network of the node, without TLS and authentication.',
    setting: 'port',
    wrong: insecurePort,
    mend: { value: 0, safety: 'may-break', first: 'probes and scrapers ask port 10257' },
    examples: {
      fail: [old(), old('--address=127.0.0.1'), old('--port=10252')],
      pass: [old('--port=0'), staticPod('kube-controller-manager', [], 'v1.23.4')],
    },
  },
  {
    name: 'terminated-pod-gc-threshold',
    title: 'Terminated pods are collected',
    severity: 'low',
    why: 'Pods that ended and are not collected fill etcd, and a full etcd takes no more writes.',
    setting: 'terminated-pod-gc-threshold',
    wrong: (value, { config }) => {
      if (typeof value !== 'number' || value <= 0) return 'terminated pods are never collected';
      if (config.get('terminated-pod-gc-threshold')?.origin.kind !== 'default') return undefined;
      const reason = `terminated-pod-gc-threshold is the default of ${value}: whether that suits the cluster is for people to say`;
      return { kind: 'manual', reason };
    },
    mend: { value: 12500, safety: 'safe' },
    examples: {
      fail: [manager('--terminated-pod-gc-threshold=0')],
      pass: [manager(), manager('--terminated-pod-gc-threshold=500')],
    },
  },
  {
    name: 'cluster-signing-duration',
    title: 'Certificates that the cluster signs last a year at most',
    severity: 'low',
    why: 'Kubernetes revokes no certificate: whoever has one stays who it says until it expires.',
    setting: 'cluster-signing-duration',
    wrong: (value, subject) => {
      // Until v1.24 the flag had another name, too: the last of the two wins, and both are rarely given.
      const before = subject.config.get('experimental-cluster-signing-duration');
      if (before?.origin.kind !== 'flag') return tooLong(value);
      const says = tooLong(before.value);
      return says === undefined ? undefined : settingFailure(subject, before, { says });
    },
    mend: { value: '8760h0m0s', safety: 'safe' },
    examples: {
      fail: [manager('--cluster-signing-duration=87600h'), old('--experimental-cluster-signing-duration=87600h')],
      pass: [manager(), manager('--cluster-signing-duration=720h')],
    },
  },
  {
    name: 'hostpath-provisioner',
    title: 'Volumes are not made out of folders of a node',
    severity: 'medium',
    why: 'The provisioner is for tests: volumes are folders below /tmp of whichever node a pod runs on, for every pod with access to it.',
    setting: 'enable-hostpath-provisioner',
    wrong: (value) => (value === true ? 'claims are met with folders of the node' : undefined),
    mend: { value: false, safety: 'may-break', first: 'no volume of the cluster was made by it' },
    examples: { fail: [manager('--enable-hostpath-provisioner')], pass: [manager()] },
  },
  rotationGateRow('feature-gates', {
    fail: [manager('--feature-gates=RotateKubeletServerCertificate=false'), manager('--feature-gates=AllBeta=false')],
    pass: [
      manager(),
      manager('--feature-gates=RotateKubeletServerCertificate=false,RotateKubeletServerCertificate=true'),
    ],
  }),
  weakGatesRow('kube-controller-manager', 'feature-gates', {
    fail: [manager('--feature-gates=AllAlpha=true'), old('--feature-gates=BoundServiceAccountTokenVolume=false')],
    pass: [manager(), manager('--feature-gates=AllAlpha=false')],
  }),
]);

function tooLong(duration: Json): string | undefined {
  const seconds = typeof duration === 'string' ? durationSeconds(duration) : undefined;
  return seconds !== undefined && seconds > year ? 'a certificate that was lost stays good for that long' : undefined;
}
