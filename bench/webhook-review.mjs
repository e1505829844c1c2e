// Reviews as an API server sends them.

const uid = '705ab4f5-6393-11e8-b7cc-000000000000';

/** The creation of a pod of a ReplicaSet that restricted allows: 9 KB. */
export function podReview() {
  const labels = { app: 'web', 'pod-template-hash': '5d8f6c7b9', 'app.kubernetes.io/name': 'web', team: 'shop' };
  const container = (name) => ({
    name,
    image: `registry.example.com/shop/${name}@sha256:${'ab'.repeat(32)}`,
    args: ['--listen=:8080', '--log-format=json', `--name=${name}`],
    env: Array.from({ length: 14 }, (_, index) => ({ name: `SETTING_${index}`, value: `value of setting ${index}` })),
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    resources: { limits: { cpu: '1', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    livenessProbe: { httpGet: { path: '/livez', port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'http', scheme: 'HTTP' }, periodSeconds: 5, timeoutSeconds: 1 },
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'kube-api-access-x2b4c', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
  });
  const fields = (depth) =>
    depth === 0 ? {} : Object.fromEntries(['a', 'b', 'c'].map((key) => [`f:${key}${depth}`, fields(depth - 1)]));
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-5d8f6c7b9-x7k2p',
      generateName: 'web-5d8f6c7b9-',
      namespace: 'shop',
      uid: '2145669f-92bb-4457-81c6-729d04c1e581',
      creationTimestamp: '2026-11-21T18:43:09Z',
      labels,
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080', checksum: 'cd'.repeat(32) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'web-5d8f6c7b9',
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: fields(4),
        },
      ],
    },
    spec: {
      volumes: [
        { name: 'tmp', emptyDir: {} },
        {
          name: 'kube-api-access-x2b4c',
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            ],
            defaultMode: 420,
          },
        },
      ],
      initContainers: [container('migrate')],
      containers: [container('web'), container('proxy')],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'web',
      serviceAccount: 'web',
      automountServiceAccountToken: false,
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      schedulerName: 'default-scheduler',
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
  return review(object);
}

/** The same pod with an annotation that makes it so large. */
export function largeReview(bytes) {
  const whole = podReview();
  const { object } = whole.request;
  return review({
    ...object,
    metadata: { ...object.metadata, annotations: { large: 'x'.repeat(bytes - JSON.stringify(whole).length) } },
  });
}

function review(object) {
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      requestKind: { group: '', version: 'v1', kind: 'Pod' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        uid: '4711',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      },
      object,
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}
