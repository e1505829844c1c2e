// Pods of the size and shape that a busy cluster holds: with managedFields, a sidecar, and statuses.

/** The pod of that number as the API server would send it: about 9 kB of JSON. */
export function podObject(index) {
  const name = `web-${index}`;
  const fields = {};
  for (let field = 0; field < 60; field += 1) {
    fields[`f:field-${field}`] = {
      'f:value': {},
      'f:name': {},
      [`k:{"name":"item-${field}"}`]: { '.': {}, 'f:name': {} },
    };
  }
  return {
    metadata: {
      name,
      namespace: `team-${index % 50}`,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: String(100_000 + index),
      labels: { app: `web-${index % 500}`, 'app.kubernetes.io/part-of': 'shop', 'pod-template-hash': '5d4f8c7b9' },
      annotations: { 'prometheus.io/scrape': 'true', 'checksum/config': 'a'.repeat(64) },
      managedFields: [{ manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'v1', fieldsV1: fields }],
    },
    spec: podSpec(index),
    status: {
      phase: 'Running',
      podIP: `10.${index % 200}.${index % 250}.7`,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: '2026-11-20T20:06:38Z',
      })),
      containerStatuses: [
        { name: 'web', ready: true, restartCount: 0, image: 'web', imageID: `sha256:${'b'.repeat(64)}` },
      ],
    },
  };
}

/** Every fourth is hardened, every tenth privileged, the rest as people write them. */
export function podSpec(index) {
  const hardened = index % 4 === 0;
  const securityContext = hardened
    ? {
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      }
    : index % 10 === 1
      ? { privileged: true }
      : {};
  return {
    serviceAccountName: 'web',
    ...(hardened && { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
    containers: [
      {
        name: 'web',
        image: `registry.example/shop/web:${index % 40}.2.1`,
        ports: [{ containerPort: 8080, protocol: 'TCP' }],
        env: [
          { name: 'MODE', value: 'production' },
          { name: 'REGION', value: 'eu-1' },
        ],
        resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
        securityContext,
        livenessProbe: { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/web' },
          { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
        ],
      },
      {
        name: 'proxy',
        image: 'registry.example/mesh/proxy:1.19.4',
        securityContext: { ...securityContext, runAsUser: 1337 },
      },
    ],
    volumes: [
      { name: 'config', configMap: { name: 'web', defaultMode: 420 } },
      {
        name: 'kube-api-access',
        projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }] },
      },
    ],
  };
}
