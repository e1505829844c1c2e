import type { ReadTemplates } from '../pod-template.ts';
import { argoWorkflow } from './argo.ts';
import { flatPods } from './flat.ts';
import { knative, podTemplates, specPatches, templatePatches } from './pods.ts';
import { monitoring, openTelemetryCollector, runner, sparkPods } from './shapes.ts';
import { strimzi } from './strimzi.ts';
import { tektonPipeline, tektonPipelineRun, tektonStepAction, tektonTask, tektonTaskRun } from './tekton.ts';

/** Whether Bulwark knows where a kind of custom resource keeps its pods. The API version does not matter. */
export function isKnownCustomWorkload(group: string, kind: string): boolean {
  return kinds.has(`${group}/${kind}`);
}

/** Every kind that is known, as `group/Kind`. */
export function customWorkloadKinds(): Iterable<string> {
  return kinds.keys();
}

/** How to read objects of a kind, by `group/Kind`. */
export function customWorkload(groupKind: string): ReadTemplates | undefined {
  return kinds.get(groupKind);
}

const template = podTemplates({ '': 'spec.template' });
const templatePatch = templatePatches({ '': 'spec.podTemplate' });
const jobTemplate = 'jobTemplate.spec.template';

function ray(at: string): Record<string, string> {
  return {
    headGroupSpec: `${at}.headGroupSpec.template`,
    workerGroupSpecs: `${at}.workerGroupSpecs[groupName].template`,
  };
}

function replicaSpecs(field: string): ReadTemplates {
  return podTemplates({ [field]: `spec.${field}{}.template` });
}

const acmeSolver = {
  'solvers/http01/ingress': 'spec.acme.solvers[].http01.ingress.podTemplate',
  'solvers/http01/gatewayHTTPRoute': 'spec.acme.solvers[].http01.gatewayHTTPRoute.podTemplate',
};

const analysis = podTemplates({ metrics: 'spec.metrics[name].provider.job.spec.template' });

/**
 * Kinds by `group/Kind`. The source of each place is the CRD that the project publishes. Templates are read in full
 * where the controller runs them as they are, and as patches where an operator adds containers or defaults.
 */
const kinds: ReadonlyMap<string, ReadTemplates> = new Map([
  // Argo
  ['argoproj.io/Rollout', template],
  ['argoproj.io/Experiment', podTemplates({ templates: 'spec.templates[name].template' })],
  ['argoproj.io/AnalysisTemplate', analysis],
  ['argoproj.io/ClusterAnalysisTemplate', analysis],
  ['argoproj.io/AnalysisRun', analysis],
  ['argoproj.io/Workflow', argoWorkflow('spec')],
  ['argoproj.io/WorkflowTemplate', argoWorkflow('spec')],
  ['argoproj.io/ClusterWorkflowTemplate', argoWorkflow('spec')],
  ['argoproj.io/CronWorkflow', argoWorkflow('spec.workflowSpec')],
  // OpenShift; the first is the legacy API without a group.
  ['/DeploymentConfig', template],
  ['apps.openshift.io/DeploymentConfig', template],
  // OpenKruise
  ['apps.kruise.io/CloneSet', template],
  ['apps.kruise.io/StatefulSet', template],
  ['apps.kruise.io/DaemonSet', template],
  ['apps.kruise.io/BroadcastJob', template],
  [
    'apps.kruise.io/AdvancedCronJob',
    podTemplates({
      jobTemplate: `spec.template.${jobTemplate}`,
      broadcastJobTemplate: 'spec.template.broadcastJobTemplate.spec.template',
    }),
  ],
  [
    'apps.kruise.io/UnitedDeployment',
    podTemplates({
      statefulSetTemplate: 'spec.template.statefulSetTemplate.spec.template',
      advancedStatefulSetTemplate: 'spec.template.advancedStatefulSetTemplate.spec.template',
      cloneSetTemplate: 'spec.template.cloneSetTemplate.spec.template',
      deploymentTemplate: 'spec.template.deploymentTemplate.spec.template',
    }),
  ],
  ['apps.kruise.io/SidecarSet', specPatches({ '': 'spec' })],
  // Knative
  ['serving.knative.dev/Service', knative('spec.template')],
  ['serving.knative.dev/Configuration', knative('spec.template')],
  ['serving.knative.dev/Revision', knative('')],
  ['sources.knative.dev/ContainerSource', podTemplates({ '': 'spec.template' })],
  ['sinks.knative.dev/JobSink', podTemplates({ '': 'spec.job.spec.template' })],
  // KEDA
  ['keda.sh/ScaledJob', podTemplates({ '': 'spec.jobTargetRef.template' })],
  // Tekton
  ['tekton.dev/Task', tektonTask],
  ['tekton.dev/ClusterTask', tektonTask],
  ['tekton.dev/TaskRun', tektonTaskRun],
  ['tekton.dev/Pipeline', tektonPipeline],
  ['tekton.dev/PipelineRun', tektonPipelineRun],
  ['tekton.dev/StepAction', tektonStepAction],
  ['triggers.tekton.dev/EventListener', templatePatches({ '': 'spec.resources.kubernetesResource.spec.template' })],
  // Strimzi
  [
    'kafka.strimzi.io/Kafka',
    strimzi({
      kafka: { at: 'spec.kafka', main: 'kafkaContainer' },
      zookeeper: { at: 'spec.zookeeper', main: 'zookeeperContainer' },
      entityOperator: { at: 'spec.entityOperator', main: undefined },
      cruiseControl: { at: 'spec.cruiseControl', main: 'cruiseControlContainer' },
      kafkaExporter: { at: 'spec.kafkaExporter', main: 'container' },
    }),
  ],
  ['kafka.strimzi.io/KafkaNodePool', strimzi({ '': { at: 'spec', main: 'kafkaContainer' } })],
  ['kafka.strimzi.io/KafkaConnect', strimzi({ '': { at: 'spec', main: 'connectContainer' } })],
  ['kafka.strimzi.io/KafkaMirrorMaker2', strimzi({ '': { at: 'spec', main: 'connectContainer' } })],
  ['kafka.strimzi.io/KafkaMirrorMaker', strimzi({ '': { at: 'spec', main: 'mirrorMakerContainer' } })],
  ['kafka.strimzi.io/KafkaBridge', strimzi({ '': { at: 'spec', main: 'bridgeContainer' } })],
  // Prometheus Operator
  ['monitoring.coreos.com/Prometheus', flatPods({ '': monitoring('prometheus') })],
  ['monitoring.coreos.com/PrometheusAgent', flatPods({ '': monitoring('prometheus') })],
  ['monitoring.coreos.com/Alertmanager', flatPods({ '': monitoring('alertmanager') })],
  ['monitoring.coreos.com/ThanosRuler', flatPods({ '': monitoring('thanos-ruler') })],
  // Ray
  ['ray.io/RayCluster', podTemplates(ray('spec'))],
  ['ray.io/RayJob', podTemplates({ ...ray('spec.rayClusterSpec'), submitterPodTemplate: 'spec.submitterPodTemplate' })],
  [
    'ray.io/RayCronJob',
    podTemplates({
      ...ray('spec.jobTemplate.rayClusterSpec'),
      submitterPodTemplate: 'spec.jobTemplate.submitterPodTemplate',
    }),
  ],
  ['ray.io/RayService', podTemplates(ray('spec.rayClusterConfig'))],
  // Kubeflow
  ['kubeflow.org/TFJob', replicaSpecs('tfReplicaSpecs')],
  ['kubeflow.org/PyTorchJob', replicaSpecs('pytorchReplicaSpecs')],
  ['kubeflow.org/MPIJob', replicaSpecs('mpiReplicaSpecs')],
  ['kubeflow.org/XGBoostJob', replicaSpecs('xgbReplicaSpecs')],
  ['kubeflow.org/MXJob', replicaSpecs('mxReplicaSpecs')],
  ['kubeflow.org/PaddleJob', replicaSpecs('paddleReplicaSpecs')],
  ['kubeflow.org/JAXJob', replicaSpecs('jaxReplicaSpecs')],
  ['kubeflow.org/Notebook', template],
  [
    'trainer.kubeflow.org/TrainingRuntime',
    templatePatches({ replicatedJobs: 'spec.template.spec.replicatedJobs[name].template.spec.template' }),
  ],
  [
    'trainer.kubeflow.org/ClusterTrainingRuntime',
    templatePatches({ replicatedJobs: 'spec.template.spec.replicatedJobs[name].template.spec.template' }),
  ],
  // KServe and Seldon
  [
    'serving.kserve.io/InferenceService',
    specPatches({ predictor: 'spec.predictor', transformer: 'spec.transformer', explainer: 'spec.explainer' }),
  ],
  ['serving.kserve.io/ServingRuntime', specPatches({ '': 'spec' })],
  ['serving.kserve.io/ClusterServingRuntime', specPatches({ '': 'spec' })],
  [
    'machinelearning.seldon.io/SeldonDeployment',
    templatePatches({ predictors: 'spec.predictors[name].componentSpecs[]' }),
  ],
  // Batch and groups of pods
  ['batch.volcano.sh/Job', podTemplates({ tasks: 'spec.tasks[name].template' })],
  ['batch.volcano.sh/CronJob', podTemplates({ tasks: 'spec.jobTemplate.spec.tasks[name].template' })],
  ['flow.volcano.sh/JobTemplate', podTemplates({ tasks: 'spec.tasks[name].template' })],
  ['jobset.x-k8s.io/JobSet', podTemplates({ replicatedJobs: 'spec.replicatedJobs[name].template.spec.template' })],
  [
    'leaderworkerset.x-k8s.io/LeaderWorkerSet',
    podTemplates({
      leaderTemplate: 'spec.leaderWorkerTemplate.leaderTemplate',
      workerTemplate: 'spec.leaderWorkerTemplate.workerTemplate',
    }),
  ],
  // Sandboxes for agents
  ['agents.x-k8s.io/Sandbox', podTemplates({ '': 'spec.podTemplate' })],
  [
    'extensions.agents.x-k8s.io/SandboxTemplate',
    podTemplates({ '': 'spec.podTemplate' }, ['automountServiceAccountToken']),
  ],
  // Spark and Flink
  ['sparkoperator.k8s.io/SparkApplication', flatPods(sparkPods('spec'))],
  ['sparkoperator.k8s.io/ScheduledSparkApplication', flatPods(sparkPods('spec.template'))],
  [
    'spark.apache.org/SparkApplication',
    templatePatches({ driver: 'spec.driverSpec.podTemplateSpec', executor: 'spec.executorSpec.podTemplateSpec' }),
  ],
  [
    'flink.apache.org/FlinkDeployment',
    templatePatches({
      podTemplate: 'spec.podTemplate',
      jobManager: 'spec.jobManager.podTemplate',
      taskManager: 'spec.taskManager.podTemplate',
    }),
  ],
  // Elastic Cloud on Kubernetes
  ['elasticsearch.k8s.elastic.co/Elasticsearch', templatePatches({ nodeSets: 'spec.nodeSets[name].podTemplate' })],
  ['kibana.k8s.elastic.co/Kibana', templatePatch],
  ['apm.k8s.elastic.co/ApmServer', templatePatch],
  ['enterprisesearch.k8s.elastic.co/EnterpriseSearch', templatePatch],
  ['logstash.k8s.elastic.co/Logstash', templatePatch],
  ['maps.k8s.elastic.co/ElasticMapsServer', templatePatch],
  [
    'beat.k8s.elastic.co/Beat',
    templatePatches({ deployment: 'spec.deployment.podTemplate', daemonSet: 'spec.daemonSet.podTemplate' }),
  ],
  [
    'agent.k8s.elastic.co/Agent',
    templatePatches({
      deployment: 'spec.deployment.podTemplate',
      daemonSet: 'spec.daemonSet.podTemplate',
      statefulSet: 'spec.statefulSet.podTemplate',
    }),
  ],
  // Databases and queues
  ['rabbitmq.com/RabbitmqCluster', templatePatches({ '': 'spec.override.statefulSet.spec.template' })],
  ['postgresql.cnpg.io/Pooler', templatePatches({ '': 'spec.template' })],
  ['cassandra.datastax.com/CassandraDatacenter', templatePatches({ '': 'spec.podTemplateSpec' })],
  ['mongodbcommunity.mongodb.com/MongoDBCommunity', templatePatches({ '': 'spec.statefulSet.spec.template' })],
  // Platforms
  ['grafana.integreatly.org/Grafana', templatePatches({ '': 'spec.deployment.spec.template' })],
  ['opentelemetry.io/OpenTelemetryCollector', flatPods({ '': openTelemetryCollector })],
  ['cert-manager.io/Issuer', templatePatches(acmeSolver)],
  ['cert-manager.io/ClusterIssuer', templatePatches(acmeSolver)],
  ['pkg.crossplane.io/DeploymentRuntimeConfig', templatePatches({ '': 'spec.deploymentTemplate.spec.template' })],
  ['agones.dev/GameServer', template],
  ['agones.dev/GameServerSet', podTemplates({ '': 'spec.template.spec.template' })],
  ['agones.dev/Fleet', podTemplates({ '': 'spec.template.spec.template' })],
  // GitHub runners
  ['actions.github.com/AutoscalingRunnerSet', templatePatches({ '': 'spec.template' })],
  ['actions.github.com/EphemeralRunnerSet', templatePatches({ '': 'spec.ephemeralRunnerSpec' })],
  ['actions.github.com/EphemeralRunner', templatePatches({ '': 'spec' })],
  ['actions.summerwind.dev/Runner', flatPods({ '': runner('spec') })],
  ['actions.summerwind.dev/RunnerDeployment', flatPods({ '': runner('spec.template.spec') })],
]);
