import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import type { Json, JsonObject } from '../json.ts';
import type { KubeObject } from '../snapshot.ts';
import { readWorkload, type Workload } from '../workload.ts';
import { isKnownCustomWorkload } from './kinds.ts';

/** The pods of a manifest, one line a container; `!` marks that its privileged flag was found where it says so. */
function pods(manifest: string): string[] {
  const object = only(manifest);
  const workload = readWorkload(object);
  const lines = manifest.split('\n');
  return (workload?.templates ?? []).flatMap(({ name, pod }) =>
    pod.containers.map((container) => {
      const label = [name, container.role, container.name, container.image ?? '-'].join(' ').trim();
      if (container.securityContext.privileged !== true) return label;
      const line = object.source.positions?.locate(container.at('securityContext', 'privileged'))?.line ?? 0;
      const text = lines[line - 1] ?? '';
      return text.includes(`privileged: true # ${container.name}`)
        ? `${label} !`
        : `${label} is not at ${line}: ${text}`;
    }),
  );
}

function only(manifest: string): KubeObject {
  const { objects, inputs } = decodeManifest(manifest, 'manifest.yaml');
  const object = objects[0];
  if (object === undefined) throw new Error(`no object: ${inputs[0]?.reason}`);
  return object;
}

function workloadOf(manifest: string): Workload {
  const workload = readWorkload(only(manifest));
  if (workload === undefined) throw new Error('no workload');
  return workload;
}

function lineOf(manifest: string, path: readonly (string | number)[]): string {
  const line = only(manifest).source.positions?.locate(path)?.line ?? 0;
  return (manifest.split('\n')[line - 1] ?? '').trim();
}

/** A pod spec with one privileged container, indented by `by`. */
function podSpec(by: number, name = 'app'): string {
  return indent(
    `containers:
  - name: ${name}
    image: registry.example/${name}:1.0
    securityContext:
      privileged: true # ${name}`,
    by,
  );
}

function indent(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}

function nest(path: string, spec: (by: number) => string): string {
  let text = '';
  let by = 0;
  for (const part of path.split('.')) {
    const list = part.endsWith('[]');
    const field = list ? part.slice(0, -2) : part;
    text += `${' '.repeat(by)}${field}:\n`;
    by += 2;
    if (list) {
      text += `${' '.repeat(by)}- name: one\n${' '.repeat(by)}  groupName: one\n`;
      by += 2;
    }
  }
  return text + spec(by);
}

function manifest(apiVersion: string, kind: string, path: string): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: example\n${nest(path, podSpec)}\n`;
}

const app = 'container app registry.example/app:1.0 !';

describe('kinds with pod templates or pod specs', () => {
  it.each([
    ['argoproj.io/v1alpha1', 'Rollout', 'spec.template.spec', app],
    ['argoproj.io/v1alpha1', 'Experiment', 'spec.templates[].template.spec', `templates/one ${app}`],
    [
      'argoproj.io/v1alpha1',
      'AnalysisTemplate',
      'spec.metrics[].provider.job.spec.template.spec',
      `metrics/one ${app}`,
    ],
    ['v1', 'DeploymentConfig', 'spec.template.spec', app],
    ['apps.openshift.io/v1', 'DeploymentConfig', 'spec.template.spec', app],
    ['apps.kruise.io/v1alpha1', 'CloneSet', 'spec.template.spec', app],
    ['apps.kruise.io/v1beta1', 'StatefulSet', 'spec.template.spec', app],
    [
      'apps.kruise.io/v1alpha1',
      'AdvancedCronJob',
      'spec.template.broadcastJobTemplate.spec.template.spec',
      `broadcastJobTemplate ${app}`,
    ],
    [
      'apps.kruise.io/v1alpha1',
      'UnitedDeployment',
      'spec.template.cloneSetTemplate.spec.template.spec',
      `cloneSetTemplate ${app}`,
    ],
    ['apps.kruise.io/v1alpha1', 'SidecarSet', 'spec', app],
    ['serving.knative.dev/v1', 'Service', 'spec.template.spec', app],
    ['serving.knative.dev/v1', 'Revision', 'spec', app],
    ['keda.sh/v1alpha1', 'ScaledJob', 'spec.jobTargetRef.template.spec', app],
    ['ray.io/v1', 'RayCluster', 'spec.headGroupSpec.template.spec', `headGroupSpec ${app}`],
    ['ray.io/v1alpha1', 'RayCluster', 'spec.workerGroupSpecs[].template.spec', `workerGroupSpecs/one ${app}`],
    ['ray.io/v1', 'RayJob', 'spec.submitterPodTemplate.spec', `submitterPodTemplate ${app}`],
    [
      'ray.io/v1',
      'RayService',
      'spec.rayClusterConfig.workerGroupSpecs[].template.spec',
      `workerGroupSpecs/one ${app}`,
    ],
    ['kubeflow.org/v1', 'TFJob', 'spec.tfReplicaSpecs.Worker.template.spec', `tfReplicaSpecs/Worker ${app}`],
    [
      'kubeflow.org/v1',
      'PyTorchJob',
      'spec.pytorchReplicaSpecs.Master.template.spec',
      `pytorchReplicaSpecs/Master ${app}`,
    ],
    ['kubeflow.org/v1', 'Notebook', 'spec.template.spec', app],
    [
      'trainer.kubeflow.org/v1alpha1',
      'ClusterTrainingRuntime',
      'spec.template.spec.replicatedJobs[].template.spec.template.spec',
      `replicatedJobs/one ${app}`,
    ],
    ['serving.kserve.io/v1beta1', 'InferenceService', 'spec.predictor', `predictor ${app}`],
    [
      'machinelearning.seldon.io/v1',
      'SeldonDeployment',
      'spec.predictors[].componentSpecs[].spec',
      `predictors/one/0 ${app}`,
    ],
    ['batch.volcano.sh/v1alpha1', 'Job', 'spec.tasks[].template.spec', `tasks/one ${app}`],
    [
      'jobset.x-k8s.io/v1alpha2',
      'JobSet',
      'spec.replicatedJobs[].template.spec.template.spec',
      `replicatedJobs/one ${app}`,
    ],
    [
      'leaderworkerset.x-k8s.io/v1',
      'LeaderWorkerSet',
      'spec.leaderWorkerTemplate.workerTemplate.spec',
      `workerTemplate ${app}`,
    ],
    ['agents.x-k8s.io/v1alpha1', 'Sandbox', 'spec.podTemplate.spec', app],
    ['extensions.agents.x-k8s.io/v1alpha1', 'SandboxTemplate', 'spec.podTemplate.spec', app],
    ['flink.apache.org/v1beta1', 'FlinkDeployment', 'spec.jobManager.podTemplate.spec', `jobManager ${app}`],
    ['elasticsearch.k8s.elastic.co/v1', 'Elasticsearch', 'spec.nodeSets[].podTemplate.spec', `nodeSets/one ${app}`],
    ['kibana.k8s.elastic.co/v1', 'Kibana', 'spec.podTemplate.spec', app],
    ['beat.k8s.elastic.co/v1beta1', 'Beat', 'spec.daemonSet.podTemplate.spec', `daemonSet ${app}`],
    ['rabbitmq.com/v1beta1', 'RabbitmqCluster', 'spec.override.statefulSet.spec.template.spec', app],
    ['postgresql.cnpg.io/v1', 'Pooler', 'spec.template.spec', app],
    [
      'cert-manager.io/v1',
      'ClusterIssuer',
      'spec.acme.solvers[].http01.ingress.podTemplate.spec',
      `solvers/http01/ingress/0 ${app}`,
    ],
    ['agones.dev/v1', 'Fleet', 'spec.template.spec.template.spec', app],
    ['actions.github.com/v1alpha1', 'AutoscalingRunnerSet', 'spec.template.spec', app],
  ])('%s %s at %s', (apiVersion, kind, path, expected) => {
    expect(pods(manifest(apiVersion, kind, path))).toEqual([expected]);
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    expect(isKnownCustomWorkload(group, kind)).toBe(true);
  });

  it('tells the templates of one object apart by names that survive reordering', () => {
    const group = (name: string) => `    - groupName: ${name}\n      template:\n        spec:\n${podSpec(10, name)}`;
    const cluster = (groups: string[]) => `apiVersion: ray.io/v1
kind: RayCluster
metadata: { name: example }
spec:
  headGroupSpec:
    template:
      spec:
${podSpec(8, 'head')}
  workerGroupSpecs:
${groups.map(group).join('\n')}
`;
    const head = 'headGroupSpec container head registry.example/head:1.0 !';
    const cpu = 'workerGroupSpecs/cpu container cpu registry.example/cpu:1.0 !';
    const gpu = 'workerGroupSpecs/gpu container gpu registry.example/gpu:1.0 !';
    expect(pods(cluster(['cpu', 'gpu']))).toEqual([head, cpu, gpu]);
    expect(pods(cluster(['gpu', 'cpu']))).toEqual([head, gpu, cpu]);
  });

  it('finds nothing in a Rollout that refers to a Deployment', () => {
    const text = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: example }
spec: { workloadRef: { apiVersion: apps/v1, kind: Deployment, name: app } }
`;
    expect(workloadOf(text)).toMatchObject({ templates: [], malformed: [] });
  });

  it('calls a Knative container that has no name as Knative does', () => {
    const text = `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: example }
spec:
  template:
    metadata: { annotations: { autoscaling.knative.dev/min-scale: "1" } }
    spec:
      serviceAccountName: web
      containers:
        - image: registry.example/web:1.0
          securityContext:
            privileged: true # user-container
`;
    expect(pods(text)).toEqual(['container user-container registry.example/web:1.0 !']);
    const pod = workloadOf(text).templates[0]?.pod;
    expect(pod?.serviceAccountName).toBe('web');
    expect(pod?.annotations.get('autoscaling.knative.dev/min-scale')).toBe('1');
    expect(pod?.undecided).toBeUndefined();
  });

  it('records a field of the wrong type and goes on', () => {
    const text = `apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: { name: example }
spec:
  replicatedJobs:
    - name: broken
      template: nothing
    - name: sound
      template: { spec: { template: { spec: { containers: [{ name: app, image: a }] } } } }
`;
    const workload = workloadOf(text);
    expect(workload.templates.map(({ name }) => name)).toEqual(['replicatedJobs/sound']);
    expect(workload.malformed.map(({ message }) => message)).toEqual([
      'spec.replicatedJobs[0].template must be an object, found a string',
    ]);
  });
});

describe('Strimzi', () => {
  const text = `apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: { name: events }
spec:
  kafka:
    image: registry.example/kafka:3.9
    resources: { limits: { memory: 4Gi } }
    template:
      pod:
        metadata: { labels: { team: data } }
        securityContext:
          runAsUser: 0 # pod
      kafkaContainer:
        securityContext:
          privileged: true # kafkaContainer
      initContainer:
        securityContext: { runAsNonRoot: true }
  entityOperator:
    template:
      topicOperatorContainer:
        securityContext:
          privileged: true # topicOperatorContainer
`;

  it('reads the pods of the components', () => {
    expect(pods(text)).toEqual([
      'kafka init initContainer -',
      'kafka container kafkaContainer registry.example/kafka:3.9 !',
      'entityOperator container topicOperatorContainer - !',
    ]);
    const pod = workloadOf(text).templates[0]?.pod;
    expect(pod?.labels.get('team')).toBe('data');
    expect(lineOf(text, pod?.at('securityContext', 'runAsUser') ?? [])).toBe('runAsUser: 0 # pod');
    const kafka = pod?.containers[1];
    expect(kafka?.resources.limits.get('memory')).toBe('4Gi');
    expect(lineOf(text, kafka?.at('image') ?? [])).toBe('image: registry.example/kafka:3.9');
    expect(kafka?.effective.runAsUser).toBe(0);
  });

  it('reads the build pod of KafkaConnect apart', () => {
    const connect = `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnect
metadata: { name: connect }
spec:
  template:
    connectContainer: { securityContext: { runAsNonRoot: true } }
    buildPod: { securityContext: { runAsUser: 0 } }
    buildContainer:
      securityContext:
        privileged: true # buildContainer
`;
    expect(pods(connect)).toEqual(['container connectContainer -', 'build container buildContainer - !']);
  });
});

describe('kinds that spread a pod over their own fields', () => {
  it('reads a SparkApplication', () => {
    const text = `apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: { name: pi }
spec:
  image: registry.example/spark:3.5
  volumes:
    - name: docker
      hostPath: { path: /var/run/docker.sock }
  driver:
    serviceAccount: spark
    hostNetwork: true
    podSecurityContext:
      runAsUser: 0
    securityContext:
      privileged: true # spark-kubernetes-driver
    sidecars:
      - name: logs
        image: registry.example/logs:1.0
  executor:
    image: registry.example/executor:3.5
    labels: { role: worker }
`;
    expect(pods(text)).toEqual([
      'driver container spark-kubernetes-driver registry.example/spark:3.5 !',
      'driver container logs registry.example/logs:1.0',
      'executor container spark-kubernetes-executor registry.example/executor:3.5',
    ]);
    const [driver, executor] = workloadOf(text).templates;
    expect(driver?.pod).toMatchObject({ serviceAccountName: 'spark', hostNetwork: true });
    expect(driver?.pod.at('securityContext', 'runAsUser')).toEqual([
      'spec',
      'driver',
      'podSecurityContext',
      'runAsUser',
    ]);
    expect(driver?.pod.volumes[0]?.path).toEqual(['spec', 'volumes', 0]);
    expect(driver?.pod.containers[0]?.at('image')).toEqual(['spec', 'image']);
    expect(executor?.pod.labels.get('role')).toBe('worker');
  });

  it.each([
    ['Prometheus', 'prometheus'],
    ['PrometheusAgent', 'prometheus'],
    ['Alertmanager', 'alertmanager'],
    ['ThanosRuler', 'thanos-ruler'],
  ])('reads a %s, where containers are further ones or patches of %s', (kind, main) => {
    const text = `apiVersion: monitoring.coreos.com/v1
kind: ${kind}
metadata: { name: example }
spec:
  image: registry.example/main:1.0
  hostNetwork: true # pod
  containers:
    - name: proxy
      image: registry.example/proxy:1.0
    - name: ${main}
      securityContext:
        privileged: true # ${main}
`;
    expect(pods(text)).toEqual([
      'container proxy registry.example/proxy:1.0',
      `container ${main} registry.example/main:1.0 !`,
    ]);
    const pod = workloadOf(text).templates[0]?.pod;
    expect(lineOf(text, pod?.at('hostNetwork') ?? [])).toBe('hostNetwork: true # pod');
    expect(lineOf(text, pod?.containers[1]?.at('image') ?? [])).toBe('image: registry.example/main:1.0');
    const bare = text.slice(0, text.indexOf('  containers:'));
    expect(pods(bare)).toEqual([`container ${main} registry.example/main:1.0`]);
  });

  it('reads an OpenTelemetryCollector and a RunnerDeployment', () => {
    const collector = `apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: { name: example }
spec:
  hostNetwork: true
  securityContext:
    privileged: true # otc-container
  additionalContainers: [{ name: extra, image: registry.example/extra:1.0 }]
`;
    expect(pods(collector)).toEqual(['container otc-container - !', 'container extra registry.example/extra:1.0']);
    expect(workloadOf(collector).templates[0]?.pod.hostNetwork).toBe(true);
    const runners = `apiVersion: actions.summerwind.dev/v1alpha1
kind: RunnerDeployment
metadata: { name: example }
spec:
  template:
    spec:
      image: registry.example/runner:1.0
      securityContext: { runAsUser: 0 }
      sidecarContainers:
        - name: docker
          image: registry.example/dind:1.0
          securityContext:
            privileged: true # docker
`;
    expect(pods(runners)).toEqual([
      'container runner registry.example/runner:1.0',
      'container docker registry.example/dind:1.0 !',
    ]);
  });
});

describe('what a custom resource does not decide', () => {
  const prometheus = `apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: { name: k8s }
spec:
  podMetadata: { labels: { app: prometheus } }
  securityContext: { fsGroup: 2000 }
  containers:
    - name: prometheus
      securityContext: { privileged: true }
`;

  it('is what a patch for an operator leaves out', () => {
    const pod = workloadOf(prometheus).templates[0]?.pod;
    const container = pod?.containers[0];
    expect(pod?.labels.get('app')).toBe('prometheus');
    const undecided = pod?.undecided;
    if (undecided === undefined || pod === undefined || container === undefined) throw new Error('nothing undecided');
    const reason = 'the object does not set it, so the operator decides it';
    expect(undecided(container.at('securityContext', 'privileged'))).toBeUndefined();
    expect(undecided(pod.at('securityContext', 'fsGroup'))).toBeUndefined();
    expect(undecided(container.at('image'))).toBe(reason);
    expect(undecided(container.at('securityContext', 'runAsNonRoot'))).toBe(reason);
    expect(undecided(container.at('securityContext'))).toBe(reason);
    expect(undecided(container.path)).toBe(reason);
    expect(undecided(pod.path)).toBe(reason);
    expect(undecided(pod.at('hostUsers'))).toBe(reason);
  });

  it('is nothing in a template that is run as it stands, but for what its controller sets', () => {
    expect(
      workloadOf(manifest('argoproj.io/v1alpha1', 'Rollout', 'spec.template.spec')).templates[0]?.pod.undecided,
    ).toBe(undefined);
    const sandbox = manifest('extensions.agents.x-k8s.io/v1alpha1', 'SandboxTemplate', 'spec.podTemplate.spec');
    const pod = workloadOf(sandbox).templates[0]?.pod;
    expect(pod?.undecided?.(pod.at('automountServiceAccountToken'))).toMatch('a default of its own');
    expect(pod?.undecided?.(pod.at('securityContext', 'runAsNonRoot'))).toBeUndefined();
  });
});

describe('any JSON', () => {
  const apiVersions = [
    ...['argoproj.io/v1alpha1/Workflow', 'argoproj.io/v1alpha1/CronWorkflow', 'argoproj.io/v1alpha1/Rollout'],
    ...['tekton.dev/v1/Task', 'tekton.dev/v1/TaskRun', 'tekton.dev/v1/Pipeline', 'tekton.dev/v1/PipelineRun'],
    ...['tekton.dev/v1beta1/StepAction', 'kafka.strimzi.io/v1beta2/Kafka', 'kafka.strimzi.io/v1beta2/KafkaConnect'],
    ...['sparkoperator.k8s.io/v1beta2/SparkApplication', 'serving.knative.dev/v1/Service', 'ray.io/v1/RayJob'],
    ...['kubeflow.org/v1/PyTorchJob', 'monitoring.coreos.com/v1/Prometheus', 'batch.volcano.sh/v1alpha1/Job'],
  ];
  const fields = [
    ...[
      'spec',
      'template',
      'templates',
      'container',
      'containers',
      'containerSet',
      'steps',
      'sidecars',
      'stepTemplate',
    ],
    ...[
      'taskSpec',
      'pipelineSpec',
      'tasks',
      'finally',
      'inline',
      'dag',
      'podTemplate',
      'taskRunTemplate',
      'workflowSpec',
    ],
    ...['templateDefaults', 'securityContext', 'volumes', 'volumeMounts', 'name', 'metadata', 'kafka', 'pod', 'driver'],
    ...[
      'kafkaContainer',
      'script',
      'resources',
      'env',
      'ports',
      'taskRunSpecs',
      'stepSpecs',
      'ref',
      '__proto__',
      'labels',
    ],
    ...['headGroupSpec', 'workerGroupSpecs', 'pytorchReplicaSpecs', 'constructor', 'podMetadata', 'computeResources'],
  ];
  const value = fc.letrec<{ any: Json; object: JsonObject }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 7, withCrossShrink: true },
      fc.constantFrom<Json>(null, true, 0, 'name', '{{x}}', '$(y)'),
      tie('object'),
      fc.array(tie('any'), { maxLength: 3 }),
    ),
    object: fc
      .array(fc.tuple(fc.constantFrom(...fields), tie('any')), { minLength: 1, maxLength: 6 })
      .map((entries): JsonObject => Object.fromEntries(entries)),
  }));

  it('never makes reading throw, and every path that is given leads into the object', () => {
    fc.assert(
      fc.property(fc.constantFrom(...apiVersions), value.object, (kind, spec) => {
        const slash = kind.lastIndexOf('/');
        const object: KubeObject = {
          apiVersion: kind.slice(0, slash),
          kind: kind.slice(slash + 1),
          name: 'any',
          namespace: undefined,
          value: { spec },
          source: { file: '-', document: 0, base: [] },
        };
        for (const { pod } of readWorkload(object)?.templates ?? []) {
          pod.undecided?.(pod.at('securityContext', 'runAsNonRoot'));
          for (const container of pod.containers) {
            expect(['spec', 'metadata']).toContain(container.at('image')[0]);
            pod.undecided?.(container.at('image'));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
