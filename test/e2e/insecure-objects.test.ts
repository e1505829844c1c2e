import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCluster } from '../../src/collect/cluster/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { exampleCertificates } from '../../src/controls/certificates/example-certificates.ts';
import { controls } from '../../src/controls/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('test/e2e/insecure-objects.test.ts');

type Fields = Record<string, unknown>;

interface Row {
  readonly object: Fields;
  /** What a default scan of the live cluster says of it: this, and nothing else. */
  readonly found: readonly string[];
}

const namespace = 'lab';

function object(apiVersion: string, kind: string, name: string, fields: Fields): Fields {
  const { metadata, ...rest } = fields as { metadata?: Fields };
  return { apiVersion, kind, metadata: { name, namespace, ...metadata }, ...rest };
}

/** A pod that no control has anything against, but for what is changed in its spec and its container. */
function pod(name: string, { container = {}, ...spec }: { container?: Fields; [field: string]: unknown }): Fields {
  const { securityContext = {}, ...rest } = container as { securityContext?: Fields };
  const { securityContext: ofPod = {}, ...more } = spec as { securityContext?: Fields };
  return object('v1', 'Pod', name, {
    metadata: {
      labels: { app: name },
      annotations: { 'container.apparmor.security.beta.kubernetes.io/app': 'runtime/default' },
    },
    spec: {
      serviceAccountName: 'app',
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
        ...ofPod,
      },
      containers: [
        {
          name: 'app',
          image: `registry.example/app:1.0@sha256:${'0a'.repeat(32)}`,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
            ...securityContext,
          },
          resources: { limits: { cpu: '1', memory: '64Mi', 'ephemeral-storage': '1Gi' } },
          ...rest,
        },
      ],
      ...more,
    },
  });
}

function service(name: string, spec: Fields): Fields {
  return object('v1', 'Service', name, { spec: { ports: [{ port: 8000 }], selector: { app: name }, ...spec } });
}

function ingress(name: string, annotations: Fields, spec: Fields): Fields {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  const rule = { host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } };
  return object('networking.k8s.io/v1', 'Ingress', name, {
    metadata: { annotations },
    spec: { rules: [rule], ...spec },
  });
}

const withTls = (name: string) => ({ tls: [{ hosts: [`${name}.example.com`], secretName: name }] });
const mounted = (volume: Fields, mount: Fields = {}) => ({
  volumes: [{ name: 'v', ...volume }],
  container: { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] },
});

/** A webhook that no namespace is selected for, so that it cannot get in the way. */
function webhook(name: string, fields: Fields): Fields {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'guard.example.com',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        clientConfig: { service: { name: 'guard', namespace, port: 443 }, caBundle },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'none' } },
        ...fields,
      },
    ],
  };
}

const caBundle = Buffer.from(exampleCertificates.authority).toString('base64');

const rows: readonly Row[] = [
  { object: pod('careful', {}), found: [] },
  {
    object: pod('privileged', { container: { securityContext: { privileged: true, allowPrivilegeEscalation: true } } }),
    found: ['pods/privileged'],
  },
  { object: pod('host-pid', { hostPID: true }), found: ['pods/host-pid'] },
  { object: pod('host-ipc', { hostIPC: true }), found: ['pods/host-ipc'] },
  {
    object: pod('host-port', { container: { ports: [{ containerPort: 80, hostPort: 80 }] } }),
    found: ['pods/host-port'],
  },
  {
    object: pod('socket', mounted({ hostPath: { path: '/run/containerd/containerd.sock' } })),
    found: ['container-runtime/socket-mounted'],
  },
  { object: pod('host-etc', mounted({ hostPath: { path: '/etc/kubernetes' } })), found: ['pods/host-path-sensitive'] },
  {
    object: pod('admin', {
      container: {
        securityContext: { allowPrivilegeEscalation: true, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } },
      },
    }),
    found: ['pods/capabilities-sys-admin'],
  },
  {
    object: pod('escalating', { container: { securityContext: { allowPrivilegeEscalation: true } } }),
    found: ['pods/allow-privilege-escalation'],
  },
  {
    object: pod('all-capabilities', { container: { securityContext: { capabilities: {} } } }),
    found: ['pods/capabilities-drop-all'],
  },
  {
    object: pod('root', { securityContext: { runAsNonRoot: false, runAsUser: 0 } }),
    found: ['container-runtime/root-user'],
  },
  {
    object: pod('unconfined', { securityContext: { seccompProfile: { type: 'Unconfined' } } }),
    found: ['container-runtime/seccomp-unconfined'],
  },
  {
    object: pod('writable', { container: { securityContext: { readOnlyRootFilesystem: false } } }),
    found: ['container-runtime/read-only-root-filesystem'],
  },
  {
    object: pod('unlimited', { container: { resources: { limits: { cpu: '1', 'ephemeral-storage': '1Gi' } } } }),
    found: ['container-runtime/memory-limit'],
  },
  {
    object: pod('latest', { container: { image: 'registry.example/app:latest' } }),
    found: ['container-runtime/image-tag'],
  },
  {
    object: pod('sysctl', { securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1024' }] } }),
    found: ['pods/unsafe-sysctls'],
  },
  { object: pod('shared-processes', { shareProcessNamespace: true }), found: ['pods/share-process-namespace'] },
  { object: pod('token', { automountServiceAccountToken: true }), found: ['service-accounts/pod-token'] },
  {
    object: pod(
      'long-token',
      mounted({ projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 86_400 } }] } }),
    ),
    found: ['service-accounts/projected-token'],
  },
  {
    object: pod('from-secret', {
      container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'a' } } }] },
    }),
    found: ['secrets/environment'],
  },
  {
    object: pod('in-environment', { container: { env: [{ name: 'DB_PASSWORD', value: 'correct-horse' }] } }),
    found: ['secrets/environment-credential'],
  },
  {
    object: pod('in-arguments', { container: { args: ['--db-password=correct-horse'] } }),
    found: ['secrets/arguments-credential'],
  },
  {
    object: pod('open-secret', mounted({ secret: { secretName: 'a', defaultMode: 0o777 } })),
    found: ['secrets/volume-mode'],
  },
  { object: service('inside', {}), found: [] },
  { object: service('node-port', { type: 'NodePort' }), found: ['services/node-port'] },
  {
    object: service('database', { type: 'LoadBalancer', ports: [{ port: 5432 }] }),
    found: ['services/load-balancer-open'],
  },
  { object: service('claiming', { externalIPs: ['203.0.113.7'] }), found: ['services/external-ips'] },
  { object: service('ssh', { ports: [{ port: 22 }] }), found: ['services/ssh'] },
  {
    object: object('v1', 'Service', 'loopback', { spec: { type: 'ExternalName', externalName: 'localhost' } }),
    found: ['services/external-name'],
  },
  { object: ingress('careful', {}, withTls('careful')), found: [] },
  { object: ingress('plain', {}, {}), found: ['ingresses/tls'] },
  {
    object: ingress(
      'snippet',
      { 'nginx.ingress.kubernetes.io/configuration-snippet': 'add_header X-A b;' },
      withTls('snippet'),
    ),
    found: ['ingresses/snippets'],
  },
  {
    object: ingress('injected', { 'nginx.ingress.kubernetes.io/auth-url': 'http://a/#;\nb' }, withTls('injected')),
    found: ['ingresses/injected-annotations'],
  },
  { object: object('v1', 'ConfigMap', 'careful', { data: { DB_HOST: 'db' } }), found: [] },
  {
    object: object('v1', 'ConfigMap', 'password', { data: { DB_PASSWORD: 'correct-horse' } }),
    found: ['secrets/config-map-credential'],
  },
  {
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'node-folder' },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/srv/data' } },
    },
    found: ['storage/host-path-volume'],
  },
  { object: webhook('careful', {}), found: [] },
  { object: webhook('fail-open', { failurePolicy: 'Ignore' }), found: ['admission/fail-open'] },
  {
    object: webhook('labelled', { objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] } }),
    found: ['admission/user-labels'],
  },
  {
    object: webhook('outside', { clientConfig: { url: 'https://guard.example.com/', caBundle } }),
    found: ['admission/webhook-address'],
  },
  {
    object: webhook('unverified', { clientConfig: { service: { name: 'guard', namespace } } }),
    found: ['admission/webhook-authority'],
  },
  {
    object: {
      apiVersion: 'policy/v1beta1',
      kind: 'PodSecurityPolicy',
      metadata: { name: 'lab' },
      spec: {
        ...Object.fromEntries(
          ['seLinux', 'runAsUser', 'fsGroup', 'supplementalGroups'].map((field) => [field, { rule: 'RunAsAny' }]),
        ),
      },
    },
    found: ['admission/pod-security-policy'],
  },
];

/** What everything else stands on: a namespace with policies and bounds, and an account without a token. */
const ground: readonly Fields[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  object('v1', 'ServiceAccount', 'app', { automountServiceAccountToken: false }),
  object('v1', 'ResourceQuota', 'all', { spec: { hard: { pods: '100' } } }),
  object('networking.k8s.io/v1', 'NetworkPolicy', 'deny', {
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  }),
];

const keyOf = (kind: unknown, name: unknown) => `${kind} ${name}`;

describe.skipIf(!labAvailable)('insecure objects in a live cluster', () => {
  let lab: Lab;
  const found = new Map<string, string[]>();

  beforeAll(async () => {
    lab = await startLab({ port: 21_300 });
    const apply = (objects: readonly Fields[]) =>
      lab.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await apply(ground);
    await apply(rows.map((row) => row.object));
    const snapshot = assembleSnapshot([await collectCluster({ kubeconfig: lab.kubeconfig })], '2026-11-21T00:00:00Z');
    for (const { control, subject } of judge(snapshot, { controls }).findings) {
      const key = keyOf(subject.object.kind, subject.object.name);
      found.set(key, [...(found.get(key) ?? []), control.id]);
    }
  }, 240_000);

  afterAll(() => lab?.stop(), 120_000);

  it.each(rows.map((row) => [keyOf(row.object.kind, (row.object.metadata as Fields).name), row.found] as const))(
    '%s: %j',
    (key, expected) => {
      expect([...new Set(found.get(key) ?? [])].sort()).toEqual(expected);
    },
  );
});
