import type { FlatPod } from './flat.ts';

/* Kinds that spread a pod over fields of their own, as data. Sources: the CRDs of the projects named. */

const containerFields = {
  args: 'args',
  env: 'env',
  image: 'image',
  imagePullPolicy: 'imagePullPolicy',
  lifecycle: 'lifecycle',
  ports: 'ports',
  resources: 'resources',
  volumeMounts: 'volumeMounts',
} as const;

const podFields = {
  affinity: 'affinity',
  hostAliases: 'hostAliases',
  hostNetwork: 'hostNetwork',
  nodeSelector: 'nodeSelector',
  tolerations: 'tolerations',
  volumes: 'volumes',
} as const;

/** A driver or executor of kubeflow/spark-operator. Image, pull policy and volumes may stand in the spec they share. */
function sparkPod(at: string, role: 'driver' | 'executor'): FlatPod {
  return {
    at: `${at}.${role}`,
    shared: at,
    main: {
      name: `spark-kubernetes-${role}`,
      fields: { ...containerFields, securityContext: 'securityContext' },
    },
    pod: {
      ...podFields,
      priorityClassName: 'priorityClassName',
      securityContext: 'podSecurityContext',
      serviceAccountName: 'serviceAccount',
      shareProcessNamespace: 'shareProcessNamespace',
    },
    containers: ['sidecars'],
    initContainers: ['initContainers'],
  };
}

/** SparkApplication, and ScheduledSparkApplication below `spec.template`. */
export function sparkPods(at: string): Readonly<Record<string, FlatPod>> {
  return { driver: sparkPod(at, 'driver'), executor: sparkPod(at, 'executor') };
}

/** open-telemetry/opentelemetry-operator, OpenTelemetryCollector. */
export const openTelemetryCollector: FlatPod = {
  at: 'spec',
  main: { name: 'otc-container', fields: { ...containerFields, securityContext: 'securityContext' } },
  pod: {
    ...podFields,
    hostPID: 'hostPID',
    priorityClassName: 'priorityClassName',
    securityContext: 'podSecurityContext',
    serviceAccountName: 'serviceAccount',
    shareProcessNamespace: 'shareProcessNamespace',
  },
  containers: ['additionalContainers'],
  initContainers: ['initContainers'],
};

/** actions/actions-runner-controller, the runner of Runner and RunnerDeployment. */
export function runner(at: string): FlatPod {
  return {
    at,
    main: { name: 'runner', fields: containerFields },
    pod: {
      ...podFields,
      automountServiceAccountToken: 'automountServiceAccountToken',
      priorityClassName: 'priorityClassName',
      runtimeClassName: 'runtimeClassName',
      securityContext: 'securityContext',
      serviceAccountName: 'serviceAccountName',
    },
    containers: ['containers', 'sidecarContainers'],
    initContainers: ['initContainers'],
  };
}

/**
 * prometheus-operator/prometheus-operator: Prometheus, PrometheusAgent, Alertmanager, ThanosRuler. Their `containers`
 * are patches of those that the operator makes, or further ones.
 */
export function monitoring(name: string): FlatPod {
  const same = ['affinity', 'automountServiceAccountToken', 'hostAliases', 'hostNetwork', 'hostUsers', 'nodeSelector'];
  same.push('priorityClassName', 'securityContext', 'serviceAccountName', 'tolerations', 'volumes');
  return {
    at: 'spec',
    metadata: 'podMetadata',
    main: {
      name,
      fields: {
        image: 'image',
        imagePullPolicy: 'imagePullPolicy',
        resources: 'resources',
        volumeMounts: 'volumeMounts',
      },
    },
    pod: Object.fromEntries(same.map((field) => [field, field])),
    containers: ['containers'],
    initContainers: ['initContainers'],
  };
}
