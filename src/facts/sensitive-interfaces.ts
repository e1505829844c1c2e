import type { ImageReference } from '../model/image-reference.ts';

/** A program whose interface administers something or runs what it is given. */
export interface SensitiveInterface {
  readonly name: string;
  /** What it asks of whoever reaches it, as it is shipped. */
  readonly asks: 'nothing' | 'login';
}

const row = (name: string, asks: SensitiveInterface['asks'], ...paths: string[]): [string, SensitiveInterface][] =>
  paths.map((path) => [path, { name, asks }]);

/**
 * By the path of the image in its registry, which copies mostly keep. Sources: the projects' documentation on access
 * control, as they are shipped.
 */
const programs: ReadonlyMap<string, SensitiveInterface> = new Map([
  ...row('Prometheus', 'nothing', 'prometheus/prometheus', 'prom/prometheus'),
  ...row('Alertmanager', 'nothing', 'prometheus/alertmanager', 'prom/alertmanager'),
  ...row('Jaeger', 'nothing', 'jaegertracing/all-in-one', 'jaegertracing/jaeger-query', 'jaegertracing/jaeger'),
  ...row('Longhorn', 'nothing', 'longhornio/longhorn-ui'),
  ...row('Weave Scope', 'nothing', 'weaveworks/scope'),
  ...row('Ollama', 'nothing', 'ollama/ollama'),
  ...row('vLLM', 'nothing', 'vllm/vllm-openai'),
  ...row('Text Generation Inference', 'nothing', 'huggingface/text-generation-inference'),
  ...row('Ray', 'nothing', 'rayproject/ray', 'rayproject/ray-ml'),
  ...row('MLflow', 'nothing', 'mlflow/mlflow'),
  ...row('TensorBoard', 'nothing', 'tensorflow/tensorboard'),
  ...row('Langflow', 'nothing', 'langflowai/langflow'),
  ...row('Flowise', 'nothing', 'flowiseai/flowise'),
  ...row('Apache Flink', 'nothing', 'library/flink', 'apache/flink'),
  ...row('Kafka UI', 'nothing', 'provectuslabs/kafka-ui', 'kafbat/kafka-ui'),
  ...row('mongo-express', 'nothing', 'library/mongo-express'),
  ...row('Redis Commander', 'nothing', 'rediscommander/redis-commander'),
  ...row('Apache Zeppelin', 'nothing', 'apache/zeppelin'),
  ...row('Kubecost', 'nothing', 'kubecost1/frontend', 'kubecost/frontend'),
  ...row('OpenCost', 'nothing', 'opencost/opencost-ui'),
  ...row('Consul', 'nothing', 'hashicorp/consul', 'library/consul'),
  ...row('Argo Workflows', 'nothing', 'argoproj/argocli'),
  ...row('Tekton Dashboard', 'nothing', 'tektoncd/dashboard'),
  ...row('Kubernetes Dashboard', 'login', 'kubernetesui/dashboard', 'kubernetesui/dashboard-web'),
  ...row('Headlamp', 'login', 'headlamp-k8s/headlamp'),
  ...row('Rancher', 'login', 'rancher/rancher'),
  ...row('Portainer', 'login', 'portainer/portainer-ce', 'portainer/portainer-ee'),
  ...row('Argo CD', 'login', 'argoproj/argocd'),
  ...row('Jenkins', 'login', 'jenkins/jenkins'),
  ...row('JupyterHub', 'login', 'jupyterhub/k8s-hub', 'jupyterhub/jupyterhub'),
  ...row('Jupyter', 'login', 'jupyter/base-notebook', 'jupyter/minimal-notebook', 'jupyter/scipy-notebook'),
  ...row('Apache Airflow', 'login', 'apache/airflow'),
  ...row('Apache Superset', 'login', 'apache/superset'),
  ...row('Kiali', 'login', 'kiali/kiali'),
  ...row('Kibana', 'login', 'kibana/kibana'),
  ...row('phpMyAdmin', 'login', 'library/phpmyadmin', 'phpmyadmin/phpmyadmin'),
  ...row('Adminer', 'login', 'library/adminer'),
  ...row('pgAdmin', 'login', 'dpage/pgadmin4'),
  ...row('n8n', 'login', 'n8nio/n8n'),
  ...row('Spinnaker', 'login', 'spinnaker/deck', 'spinnaker/gate'),
  ...row('Vault', 'login', 'hashicorp/vault', 'library/vault'),
  ...row('Open WebUI', 'login', 'open-webui/open-webui'),
]);

/** The program of an image, where its interface is one that few should reach. */
export function sensitiveInterface({ path }: ImageReference): SensitiveInterface | undefined {
  const steps = path.split('/');
  // A mirror keeps the end; what is Docker Hub's own has a name that others have, too.
  return programs.get(path) ?? (steps.at(-2) === 'library' ? undefined : programs.get(steps.slice(-2).join('/')));
}

/** Ports that are one program's own, whose name its Service mostly has. */
const ownPorts: ReadonlyMap<number, string> = new Map([
  [2746, 'Argo Workflows'],
  [3100, 'Loki'],
  [5601, 'Kibana'],
  [8265, 'Ray'],
  [8500, 'Consul'],
  [9090, 'Prometheus'],
  [9093, 'Alertmanager'],
  [9097, 'Tekton Dashboard'],
  [9200, 'Elasticsearch'],
  [11434, 'Ollama'],
  [16686, 'Jaeger'],
]);

/**
 * The program that a Service stands for by its name and port together, where what it leads to was not read: neither
 * alone would say it.
 */
export function interfaceByName(name: string, ports: readonly number[]): string | undefined {
  const words = name.toLowerCase();
  for (const port of ports) {
    const program = ownPorts.get(port);
    if (program !== undefined && words.includes(program.toLowerCase().replaceAll(' ', '-'))) return program;
  }
  return undefined;
}
