import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import etcdClient from './etcd/client.ts';
import etcdConfigurationProblems from './etcd/configuration-problems.ts';
import etcdCorruptionCheck from './etcd/corruption-check.ts';
import etcdDurability from './etcd/durability.ts';
import etcdExposure from './etcd/exposure.ts';
import etcdOwnCa from './etcd/own-ca.ts';
import etcdPeer from './etcd/peer.ts';
import kubeControllerManagerConfigurationProblems from './kube-controller-manager/configuration-problems.ts';
import kubeControllerManagerControllers from './kube-controller-manager/controllers.ts';
import kubeControllerManagerServiceAccounts from './kube-controller-manager/service-accounts.ts';
import kubeControllerManagerSettings from './kube-controller-manager/settings.ts';
import kubeProxyConfigurationProblems from './kube-proxy/configuration-problems.ts';
import kubeProxySettings from './kube-proxy/settings.ts';
import kubeSchedulerConfigurationProblems from './kube-scheduler/configuration-problems.ts';
import kubeSchedulerExtenders from './kube-scheduler/extenders.ts';
import kubeSchedulerPlugins from './kube-scheduler/plugins.ts';
import kubeSchedulerSettings from './kube-scheduler/settings.ts';
import kubeletAuthentication from './kubelet/authentication.ts';
import kubeletCertificates from './kubelet/certificates.ts';
import kubeletConfigurationProblems from './kubelet/configuration-problems.ts';
import kubeletNode from './kubelet/node.ts';
import kubeletPods from './kubelet/pods.ts';
import kubeletServing from './kubelet/serving.ts';
import { file, staticPod, unit } from './node-examples.ts';

const names = ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'etcd'] as const;
const controls = [
  kubeletAuthentication,
  kubeletCertificates,
  kubeletConfigurationProblems,
  kubeletNode,
  kubeletPods,
  kubeletServing,
  kubeControllerManagerSettings,
  kubeControllerManagerServiceAccounts,
  kubeControllerManagerControllers,
  kubeControllerManagerConfigurationProblems,
  kubeSchedulerSettings,
  kubeSchedulerPlugins,
  kubeSchedulerExtenders,
  kubeSchedulerConfigurationProblems,
  kubeProxySettings,
  kubeProxyConfigurationProblems,
  etcdClient,
  etcdPeer,
  etcdExposure,
  etcdDurability,
  etcdCorruptionCheck,
  etcdOwnCa,
  etcdConfigurationProblems,
].flat();

/** Fields and words that controls look for, so that random files reach past the first test. */
const field = fc.constantFrom(
  ...['authentication', 'anonymous', 'enabled', 'x509', 'clientCAFile', 'authorization', 'mode', 'readOnlyPort'],
  ...['tlsCipherSuites', 'tlsMinVersion', 'featureGates', 'evictionHard', 'systemReserved', 'allowedUnsafeSysctls'],
  ...[
    'staticPodURL',
    'staticPodURLHeader',
    'staticPodPath',
    'memorySwap',
    'swapBehavior',
    'failSwapOn',
    'podPidsLimit',
  ],
  ...['profiles', 'plugins', 'filter', 'multiPoint', 'disabled', 'name', 'extenders', 'urlPrefix', 'tlsConfig'],
  ...['insecure', 'metricsBindAddress', 'clientConnection', 'kubeconfig', 'nodePortAddresses', 'enableProfiling'],
  ...['client-transport-security', 'cert-file', 'trusted-ca-file', 'listen-client-urls', 'initial-cluster', 'cors'],
  ...['__proto__', 'constructor', 'apiVersion', 'kind'],
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      '',
      '*',
      'http://a',
      'https://[::1]:1',
      '[',
      '0%',
      '-1',
      '/x',
    ),
    fc.string(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: field }, fc.string()), tie('tree'), { maxKeys: 6 }),
  ),
}));
const flag = fc.oneof(
  fc.tuple(field, fc.string()).map(([name, value]) => `--${name}=${value.replace(/[^\w:/.*,=[\]-]/g, '')}`),
  fc.constantFrom(
    '--port=',
    '--master=[',
    '--controllers=-',
    '--initial-cluster=,=',
    '--listen-client-urls=,',
    '--config=',
  ),
);

const kinds: ReadonlyMap<string, readonly [kind: string, apiVersion: string]> = new Map([
  ['kubelet', ['KubeletConfiguration', 'kubelet.config.k8s.io/v1beta1']],
  ['kube-scheduler', ['KubeSchedulerConfiguration', 'kubescheduler.config.k8s.io/v1']],
  ['kube-proxy', ['KubeProxyConfiguration', 'kubeproxy.config.k8s.io/v1alpha1']],
]);

it('makes no control throw', () => {
  const path = '/etc/kubernetes/x.yaml';
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(flag, { maxLength: 3 }),
      fc.dictionary(field, tree),
      (name, flags, settings) => {
        const option = name === 'kube-controller-manager' ? [] : [`--config${name === 'etcd' ? '-file' : ''}=${path}`];
        const [kind, apiVersion] = kinds.get(name) ?? [];
        const text = JSON.stringify(kind === undefined ? settings : { ...settings, kind, apiVersion });
        const args = [...flags, ...option];
        const start = name === 'kubelet' ? unit(name, args) : staticPod(name, args);
        const { errors, inputs } = judgeText(controls, `${start}${file(path, text)}`);
        expect(errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
        expect(inputs.evaluated).toBeGreaterThan(0);
      },
    ),
    { numRuns: 200 },
  );
});
