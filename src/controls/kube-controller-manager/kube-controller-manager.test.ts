import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { staticPod } from '../node-examples.ts';
import configurationProblems from './configuration-problems.ts';
import controllers from './controllers.ts';
import serviceAccounts from './service-accounts.ts';
import settings from './settings.ts';

const controls = [...settings, ...serviceAccounts, controllers, configurationProblems];

const hardened = [
  '--bind-address=127.0.0.1',
  '--profiling=false',
  '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  '--use-service-account-credentials=true',
  '--service-account-private-key-file=/etc/kubernetes/pki/sa.key',
  '--root-ca-file=/etc/kubernetes/pki/ca.crt',
  '--terminated-pod-gc-threshold=500',
  '--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf',
  '--authorization-kubeconfig=/etc/kubernetes/controller-manager.conf',
];

function configured(change: readonly string[] = [], tag = 'v1.32.0'): string {
  return staticPod('kube-controller-manager', [...hardened, ...change], tag);
}

function findings(text: string): string[] {
  return judgeText(controls, text).findings.map(({ control, message, severity }) => {
    return `${severity} ${control.id.slice('kube-controller-manager/'.length)}: ${message}`;
  });
}

function verdict(id: string, text: string): string | undefined {
  const chosen = controls.filter((control) => control.id === `kube-controller-manager/${id}`);
  const [counts] = [...judgeText(chosen, text).coverage.values()];
  return Object.entries(counts ?? {}).find(([, count]) => count > 0)?.[0];
}

describe('a controller manager', () => {
  it('that is hardened has no finding', () => {
    expect(findings(configured())).toEqual([]);
  });

  it.each<[string, string[], string]>([
    [
      'open to the network',
      ['--bind-address=0.0.0.0'],
      'low bind-address: --bind-address is 0.0.0.0: its port is open to the network of the node',
    ],
    ['that serves profiles', ['--profiling'], 'low profiling: --profiling is true: /debug/pprof is served'],
    [
      'with one identity',
      ['--use-service-account-credentials=false'],
      'medium service-account-credentials: --use-service-account-credentials is false: all controllers share one identity with the rights of all',
    ],
    [
      'without key',
      ['--service-account-private-key-file='],
      'medium service-account-private-key-file: --service-account-private-key-file is not set: it has no key to sign tokens of service accounts with',
    ],
    [
      'without root CA',
      ['--root-ca-file='],
      'medium root-ca-file: --root-ca-file is not set: pods get no CA to verify the API server with',
    ],
    [
      'that collects no pods',
      ['--terminated-pod-gc-threshold=0'],
      'low terminated-pod-gc-threshold: --terminated-pod-gc-threshold is 0: terminated pods are never collected',
    ],
    [
      'with metrics for anyone',
      ['--authorization-always-allow-paths=/healthz,/metrics'],
      'medium always-allow-paths: --authorization-always-allow-paths is /healthz,/metrics: /metrics is served to anyone',
    ],
    [
      'with the gate of rotation off',
      ['--feature-gates=RotateKubeletServerCertificate=false'],
      'low rotate-server-certificate-gate: --feature-gates is {"RotateKubeletServerCertificate":false}: kubelet serving certificates are not renewed',
    ],
    [
      'that signs for ten years',
      ['--cluster-signing-duration=87600h'],
      'low cluster-signing-duration: --cluster-signing-duration is 87600h: a certificate that was lost stays good for that long',
    ],
    [
      'without a cleaner',
      ['--controllers=*,-csrcleaner'],
      'medium controllers: --controllers is *,-csrcleaner: certificatesigningrequest-cleaner-controller is off: certificate signing requests that nobody answered stay open',
    ],
    [
      'with a list of its own',
      ['--controllers=deployment'],
      'medium controllers: --controllers is deployment: serviceaccount-token-controller is off: tokens of service accounts that were deleted stay',
    ],
    [
      'that speaks http',
      ['--master=http://10.0.0.1:8080'],
      'high api-server-address: --master is http://10.0.0.1:8080: the connection to the API server is not encrypted',
    ],
    [
      'that speaks http to itself',
      ['--master=http://127.0.0.1:8080'],
      'low api-server-address: --master is http://127.0.0.1:8080: the connection to the API server is not encrypted, if only on this node',
    ],
    [
      'with a flag that is gone',
      ['--port=0'],
      'medium configuration-problems: --port was removed in v1.24: kube-controller-manager v1.32 does not start with it',
    ],
  ])('%s has that finding alone', (_, change, expected) => {
    expect(findings(configured(change))).toEqual([expected]);
  });

  it('of v1.20 has its insecure port open', () => {
    expect(findings(configured([], 'v1.20.2'))).toEqual([
      'medium insecure-port: port is 10252 (default): metrics, configuration and profiles are served without TLS and authentication',
    ]);
    expect(findings(configured(['--port=0'], 'v1.20.2'))).toEqual([]);
  });
});

describe('verdicts', () => {
  const signer = `${staticPod('kube-controller-manager', [])}${staticPod('kube-apiserver', ['--service-account-signing-endpoint=/run/signer.sock'], 'v1.34.0')}`;
  const joining = staticPod('kube-apiserver', ['--enable-bootstrap-token-auth=true']);
  it.each<[string, string, string]>([
    ['bind-address', staticPod('kube-controller-manager', []), 'fail'],
    ['bind-address', staticPod('kube-controller-manager', ['--bind-address=::1']), 'pass'],
    ['bind-address', staticPod('kube-controller-manager', ['--secure-port=0']), 'not-applicable'],
    ['terminated-pod-gc-threshold', staticPod('kube-controller-manager', []), 'manual'],
    ['insecure-port', configured([], 'v1.23.0'), 'pass'],
    ['insecure-port', configured([], 'v1.24.0'), 'not-applicable'],
    ['service-account-private-key-file', signer, 'not-applicable'],
    ['controllers', configured(['--controllers=*,-csrcleaner,csrcleaner']), 'fail'],
    ['controllers', `${configured()}${joining}`, 'fail'],
    ['controllers', `${configured(['--controllers=*,tokencleaner'])}${joining}`, 'pass'],
    ['api-server-address', configured(['--master=10.0.0.1:6443', '--kubeconfig=/a']), 'unknown'],
    ['controllers', configured(['--controllers=csrcleaner,*,-csrcleaner']), 'pass'],
  ])('%s of %j is %s', (id, text, expected) => {
    expect(verdict(id, text)).toBe(expected);
  });
});
