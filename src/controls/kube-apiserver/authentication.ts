import type { NodeComponent } from '../../model/node-component.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { file } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { presenceOf } from './named-file.ts';
import { apiServer, apiServerOf, kubeadmFile, kubeadmFiles, listOf, settingOf, textOf } from './server-control.ts';

const healthPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/healthz']);

const withAnonymous = (...paths: readonly string[]): string =>
  apiServer('--authentication-config=/etc/kubernetes/authn.yaml', '--authorization-mode=RBAC') +
  file(
    '/etc/kubernetes/authn.yaml',
    `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
${paths.length === 0 ? '' : `  conditions:\n${paths.map((path) => `  - path: ${path}\n`).join('')}`}`,
  );

/**
 * Who is let in by what. Sources: CIS Kubernetes Benchmark 1.12, 1.2.1, 1.2.2, 1.2.25 and 3.1.3; KEP-4633 for the paths
 * that anonymous requests may be limited to.
 */
export default settingControls('kube-apiserver', [
  {
    name: 'anonymous-auth',
    title: 'The API server refuses requests without credentials, but for health checks',
    severity: 'medium',
    why: 'Anonymous requests get what RBAC gives system:anonymous and system:unauthenticated: one careless binding opens the cluster to the network, and every flaw before authorization is open to all.',
    remedy:
      'Set --anonymous-auth=false where nothing probes the server without credentials. From v1.32 on, name an AuthenticationConfiguration with anonymous.enabled: true and conditions for /livez, /readyz and /healthz instead, which keeps the probes of kubeadm working.',
    setting: 'anonymous-auth',
    wrong: (value, server) => {
      if (value !== true) return undefined;
      const paths = listOf(server, 'anonymous-auth.paths');
      const others = paths.filter((path) => !healthPaths.has(path));
      if (paths.length > 0 && others.length === 0) return undefined;
      const says =
        paths.length === 0
          ? 'everyone who reaches the port may ask as system:anonymous'
          : `everyone may ask for ${others.join(', ')} as system:anonymous`;
      const setting = settingOf(server, 'anonymous-auth');
      if (setting.origin.kind !== 'file') return says;
      // The flag has no say then, and the server does not start with both.
      const remedy = `in ${server.onNode(setting.origin.file) ?? setting.origin.file} give anonymous conditions for /livez, /readyz and /healthz alone, or set enabled: false where nothing probes the server without credentials`;
      return settingFailure(server, setting, { says, remedy });
    },
    mend: {
      value: (server) => (settingOf(server, 'anonymous-auth').origin.kind === 'file' ? undefined : false),
      safety: 'may-break',
      first: 'nothing asks without credentials: load balancers, probes, kubeadm join (which reads cluster-info)',
      refusal: anonymousProbes,
    },
    examples: {
      fail: [
        apiServer('--authorization-mode=RBAC'),
        apiServer('--authorization-mode=RBAC', '--anonymous-auth=false', '--anonymous-auth=true'),
        withAnonymous(),
        withAnonymous('/livez', '/metrics'),
      ],
      pass: [apiServer('--anonymous-auth=false'), withAnonymous('/livez', '/readyz', '/healthz')],
    },
  },
  {
    name: 'token-auth-file',
    title: 'The API server takes no static tokens',
    severity: 'high',
    why: 'Static tokens lie in a file in plain text, never expire, and can be changed only by starting the server again.',
    remedy: 'Remove --token-auth-file and give its users certificates, OIDC or service account tokens.',
    setting: 'token-auth-file',
    wrong: (value, server) => (value === '' ? undefined : tokenFileSays(server, value)),
    mend: { value: null, safety: 'may-break', first: 'nobody uses the tokens of the file any more' },
    examples: {
      fail: [
        apiServer('--token-auth-file=/etc/kubernetes/tokens.csv'),
        apiServer('--token-auth-file', '/etc/kubernetes/tokens.csv'),
      ],
      pass: [apiServer()],
    },
  },
  {
    name: 'basic-auth-file',
    title: 'The API server takes no static passwords',
    severity: 'high',
    why: 'Static passwords lie in a file in plain text, never expire, and are sent with each request.',
    remedy: 'Remove --basic-auth-file: v1.19 has it no more.',
    setting: 'basic-auth-file',
    wrong: (value, server) => (value === '' ? undefined : tokenFileSays(server, value)),
    mend: { value: null, safety: 'may-break', first: 'nobody uses the passwords of the file any more' },
    examples: {
      fail: [apiServerOf('1.18', '--basic-auth-file=/etc/kubernetes/users.csv')],
      pass: [apiServerOf('1.18')],
    },
  },
  {
    name: 'client-ca-file',
    title: 'The API server verifies client certificates',
    severity: 'medium',
    why: 'Without a CA no client certificate is accepted: kubelets and the parts of the control plane are left with tokens, which can be stolen and used from anywhere.',
    remedy: 'Set --client-ca-file to the certificate of the CA that signs client certificates.',
    setting: 'client-ca-file',
    wrong: (value) => (value === '' ? 'nobody can log in with a certificate' : undefined),
    mend: {
      value: (server) => kubeadmFile(server, '/etc/kubernetes/pki/ca.crt'),
      safety: 'safe',
      first: 'the CA signs client certificates for this cluster only',
    },
    examples: {
      fail: [apiServer(), apiServer('--client-ca-file='), apiServer() + kubeadmFiles('ca.crt')],
      pass: [apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt')],
    },
  },
  {
    name: 'token-webhook-cache',
    title: 'The API server asks its token webhook again within ten minutes',
    severity: 'low',
    why: 'While an answer is remembered, a token that was revoked goes on working.',
    setting: 'authentication-token-webhook-cache-ttl',
    moot: (server) =>
      textOf(server, 'authentication-token-webhook-config-file') === '' ? 'there is no token webhook' : undefined,
    wrong: (value) => {
      const seconds = durationSeconds(String(value));
      return seconds !== undefined && seconds > 600 ? 'a revoked token goes on working for so long' : undefined;
    },
    mend: { value: '2m0s', safety: 'safe' },
    examples: {
      fail: [
        apiServer(
          '--authentication-token-webhook-config-file=/etc/kubernetes/w',
          '--authentication-token-webhook-cache-ttl=1h',
        ),
      ],
      pass: [apiServer('--authentication-token-webhook-config-file=/etc/kubernetes/w')],
    },
  },
  {
    name: 'token-webhook-version',
    title: 'The API server asks its token webhook with the stable TokenReview',
    severity: 'info',
    why: 'The beta of TokenReview is deprecated, and webhooks stop answering it.',
    setting: 'authentication-token-webhook-version',
    moot: (server) =>
      textOf(server, 'authentication-token-webhook-config-file') === '' ? 'there is no token webhook' : undefined,
    wrong: (value) => (value === 'v1' ? undefined : 'the webhook is asked with a deprecated version'),
    mend: { value: 'v1', safety: 'may-break', first: 'the webhook answers authentication.k8s.io/v1' },
    examples: {
      fail: [apiServer('--authentication-token-webhook-config-file=/etc/kubernetes/w')],
      pass: [
        apiServer(
          '--authentication-token-webhook-config-file=/etc/kubernetes/w',
          '--authentication-token-webhook-version=v1',
        ),
      ],
    },
  },
]);

function tokenFileSays(server: NodeComponent, value: unknown): string {
  const presence = presenceOf(server, String(value));
  return presence.kind === 'missing'
    ? `${presence.reason}, and the server does not start without it`
    : 'whoever reads the file is every user in it, for good';
}

/** The kubelet probes a static pod without credentials: refused, it would start the server again and again. */
function anonymousProbes(server: NodeComponent): string | undefined {
  const { by } = server.start;
  if (by?.kind !== 'static-pod') return undefined;
  const text = server.evidence?.files.find((each) => each.path === by.file && each.process === undefined)?.text;
  if (text === undefined) return `${by.file} was not read: its probes may ask without credentials`;
  if (!/^\s*["']?(?:liveness|readiness|startup)Probe["']?:/m.test(text)) return undefined;
  return `the probes in ${by.file} ask without credentials, and the kubelet would kill a server that refuses them`;
}
