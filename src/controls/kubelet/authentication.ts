import type { NodeComponent } from '../../model/node-component.ts';
import { isLoopback } from '../../semantics/node/listen-address.ts';
import { kubeletConfig, unit } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';

/** Who reaches the kubelet's API, and as whom. Sources: CIS Kubernetes Benchmark 1.12, 4.2.1 to 4.2.4. */
export default settingControls('kubelet', [
  {
    name: 'anonymous-auth',
    title: 'The kubelet refuses requests without credentials',
    severity: 'high',
    why: 'The kubelet runs commands in the containers of its node for those whom it lets in: a caller without a name should never get as far as being asked for rights.',
    setting: 'authentication.anonymous.enabled',
    moot: noServer,
    wrong: (value, subject) => {
      if (value === false) return undefined;
      const setting = subject.config.get('authentication.anonymous.enabled');
      if (setting === undefined || subject.config.get('authorization.mode')?.value !== 'AlwaysAllow') {
        return 'requests without credentials are answered with the rights of system:anonymous';
      }
      return settingFailure(subject, setting, {
        says: 'whoever reaches its port runs commands in every container, without credentials',
        severity: 'critical',
        changes: [{ kind: 'setting', component: 'kubelet', name: setting.name, value: false }],
      });
    },
    mend: { value: false, safety: 'may-break', first: 'who reads its metrics or health sends a certificate or token' },
    examples: {
      fail: [
        kubeletConfig('authentication:', '  anonymous: {enabled: true}'),
        unit('kubelet', ['--authorization-mode=Webhook']),
      ],
      pass: [kubeletConfig(), unit('kubelet', ['--anonymous-auth=true', '--anonymous-auth=false'])],
    },
  },
  {
    name: 'authorization-mode',
    title: 'The kubelet asks the API server what a caller may do',
    severity: 'critical',
    why: 'With AlwaysAllow everyone who can authenticate, every pod by its token included, reads the logs and runs commands in every container of the node.',
    setting: 'authorization.mode',
    moot: noServer,
    wrong: (value) => {
      if (value === 'Webhook') return undefined;
      if (value === 'AlwaysAllow') return 'every caller who authenticates may do everything on this node';
      return 'is no mode that the kubelet knows, and it does not start with it';
    },
    mend: {
      value: 'Webhook',
      safety: 'may-break',
      first: "the API server's kubelet client certificate has the rights of system:kubelet-api-admin",
    },
    examples: {
      fail: [kubeletConfig('authorization: {mode: AlwaysAllow}'), unit('kubelet', ['--anonymous-auth=false'])],
      pass: [kubeletConfig(), unit('kubelet', ['--authorization-mode', 'Webhook'])],
    },
  },
  {
    name: 'webhook-authentication',
    title: 'The kubelet lets the API server verify tokens',
    severity: 'low',
    why: 'Without it no token is accepted, so that whoever reads metrics needs a client certificate, which nobody can revoke, or anonymous access.',
    setting: 'authentication.webhook.enabled',
    moot: noServer,
    wrong: (value) => (value === true ? undefined : 'tokens of service accounts authenticate nobody'),
    mend: { value: true, safety: 'safe' },
    examples: {
      fail: [
        kubeletConfig('authentication:', '  webhook: {enabled: false}'),
        unit('kubelet', ['--anonymous-auth=false']),
      ],
      pass: [kubeletConfig(), unit('kubelet', ['--authentication-token-webhook'])],
    },
  },
  {
    name: 'client-ca-file',
    title: 'The kubelet verifies client certificates',
    severity: 'medium',
    why: "Without a CA no certificate authenticates anyone, the API server's own included: logs and exec then work only if anonymous requests are let in.",
    setting: 'authentication.x509.clientCAFile',
    moot: noServer,
    wrong: (value) => (value === '' ? "client certificates, the API server's included, are not verified" : undefined),
    mend: {
      value: kubeadmCa,
      safety: 'may-break',
      first: "the CA signed the API server's kubelet client certificate",
    },
    examples: {
      fail: [kubeletConfig(), kubeletConfig('authentication:', '  x509: {clientCAFile: ""}')],
      pass: [
        kubeletConfig('authentication:', '  x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}'),
        unit('kubelet', ['--client_ca_file=/etc/kubernetes/pki/ca.crt']),
      ],
    },
  },
  {
    name: 'read-only-port',
    title: 'The read-only port of the kubelet is closed',
    severity: 'high',
    why: 'It serves the specification of every pod of the node, environment variables included, and metrics, without TLS and authentication.',
    setting: 'readOnlyPort',
    wrong: (value) => (value === 0 ? undefined : 'pod specifications and metrics are served to anyone, without TLS'),
    mend: { value: 0, safety: 'may-break', first: 'what read metrics there reads them from port 10250 with a token' },
    examples: {
      fail: [kubeletConfig('readOnlyPort: 10255'), unit('kubelet', ['--anonymous-auth=false'])],
      pass: [kubeletConfig(), unit('kubelet', ['--read-only-port=0'])],
    },
  },
  {
    name: 'cadvisor-port',
    title: 'The port of cAdvisor is closed',
    severity: 'medium',
    why: 'Kubelets before v1.12 served the containers of the node and what they use there, without TLS and authentication.',
    setting: 'cadvisor-port',
    wrong: (value) => (value === 0 ? undefined : 'containers and their metrics are served to anyone'),
    mend: { value: 0, safety: 'may-break' },
    examples: {
      fail: [`${unit('kubelet', ['--cadvisor-port=4194'])}${oldScheduler()}`],
      pass: [`${unit('kubelet', ['--cadvisor-port=0'])}${oldScheduler()}`],
    },
  },
  {
    name: 'healthz-bind-address',
    title: "The kubelet's health is served on loopback only",
    severity: 'low',
    why: 'The port has neither TLS nor authentication, and is only for the supervisor on the same node.',
    setting: 'healthzBindAddress',
    moot: ({ config }) => (config.get('healthzPort')?.value === 0 ? 'healthzPort is 0: it is not served' : undefined),
    wrong: (value) =>
      typeof value === 'string' && isLoopback(value) ? undefined : 'its health is open to the network of the node',
    mend: { value: '127.0.0.1', safety: 'may-break', first: 'no load balancer or monitor asks the node on port 10248' },
    examples: {
      fail: [kubeletConfig('healthzBindAddress: 0.0.0.0')],
      pass: [kubeletConfig(), kubeletConfig('healthzBindAddress: "::1"'), kubeletConfig('healthzBindAddress: ""')],
    },
  },
]);

function noServer({ config }: NodeComponent): string | undefined {
  return config.get('enableServer')?.value === false ? 'enableServer is false: the kubelet serves no API' : undefined;
}

/** kubeadm's CA of the cluster, where the kubelet finds it. */
function kubeadmCa(subject: NodeComponent): string | undefined {
  const path = '/etc/kubernetes/pki/ca.crt';
  return subject.readFile(path) === undefined ? undefined : path;
}

/** A scheduler of v1.11, whose image tells the version of the node. */
function oldScheduler(): string {
  return `# file: /etc/kubernetes/manifests/kube-scheduler.yaml
apiVersion: v1
kind: Pod
metadata: {name: kube-scheduler}
spec:
  containers:
    - {name: kube-scheduler, image: "k8s.gcr.io/kube-scheduler:v1.11.0", command: [kube-scheduler]}
`;
}
