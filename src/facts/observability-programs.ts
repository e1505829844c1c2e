/** What a program that watches over a cluster is there for. */
export type WatchRole = 'metrics' | 'alerts' | 'logs' | 'behaviour';

export interface WatchProgram {
  readonly name: string;
  readonly roles: readonly WatchRole[];
  /** Ends of the repositories of its images, which copies mostly keep. */
  readonly images: readonly string[];
  /** Values of the labels by which it is known: `app.kubernetes.io/name`, `app`, `k8s-app`, `name`. */
  readonly labels: readonly string[];
  /** API groups of its own kinds. */
  readonly groups: readonly string[];
}

const program = (
  name: string,
  roles: readonly WatchRole[],
  { images, labels, groups = [] }: { images: readonly string[]; labels: readonly string[]; groups?: readonly string[] },
): WatchProgram => ({ name, roles, images, labels, groups });

/** Sources: the charts and manifests that each project publishes. */
export const watchPrograms: readonly WatchProgram[] = [
  program('Prometheus', ['metrics'], {
    images: [
      'prometheus/prometheus',
      'prom/prometheus',
      'bitnami/prometheus',
      'gke-release/prometheus-engine/prometheus',
    ],
    labels: ['prometheus', 'prometheus-server', 'collector'],
    groups: ['monitoring.coreos.com', 'monitoring.googleapis.com'],
  }),
  program('VictoriaMetrics', ['metrics'], {
    images: [
      'victoriametrics/victoria-metrics',
      'victoriametrics/vmagent',
      'victoriametrics/vmsingle',
      'victoriametrics/vmstorage',
    ],
    labels: ['vmagent', 'vmsingle', 'vmstorage', 'victoria-metrics-single', 'victoria-metrics-agent'],
    groups: ['operator.victoriametrics.com'],
  }),
  program('Alertmanager', ['alerts'], {
    images: ['prometheus/alertmanager', 'prom/alertmanager', 'bitnami/alertmanager'],
    labels: ['alertmanager', 'prometheus-alertmanager'],
  }),
  program('vmalert', ['alerts'], {
    images: ['victoriametrics/vmalert'],
    labels: ['vmalert', 'victoria-metrics-alert'],
  }),
  program('Grafana', ['alerts'], {
    images: ['grafana/grafana', 'grafana/grafana-enterprise', 'bitnami/grafana'],
    labels: ['grafana'],
    groups: ['grafana.integreatly.org'],
  }),
  program('Fluentd', ['logs'], {
    images: [
      'fluent/fluentd',
      'fluent/fluentd-kubernetes-daemonset',
      'fluentd_elasticsearch/fluentd',
      'bitnami/fluentd',
    ],
    labels: ['fluentd', 'fluentd-logging', 'fluentd-es', 'fluentd-elasticsearch'],
    groups: ['logging.banzaicloud.io', 'fluentd.fluent.io'],
  }),
  program('Fluent Bit', ['logs'], {
    images: [
      'fluent/fluent-bit',
      'bitnami/fluent-bit',
      'aws-observability/aws-for-fluent-bit',
      'amazon/aws-for-fluent-bit',
      'gke-release/fluent-bit',
    ],
    labels: ['fluent-bit', 'fluentbit', 'fluentbit-gke', 'aws-for-fluent-bit', 'fluent-bit-logging'],
    groups: ['fluentbit.fluent.io'],
  }),
  program('Vector', ['logs'], { images: ['timberio/vector'], labels: ['vector'] }),
  program('Promtail', ['logs'], { images: ['grafana/promtail'], labels: ['promtail'] }),
  program('Alloy', ['metrics', 'logs'], {
    images: ['grafana/alloy', 'grafana/agent'],
    labels: ['alloy', 'grafana-agent'],
  }),
  program('Logstash', ['logs'], {
    images: ['logstash/logstash', 'library/logstash'],
    labels: ['logstash'],
    groups: ['logstash.k8s.elastic.co'],
  }),
  program('Filebeat', ['logs'], { images: ['beats/filebeat'], labels: ['filebeat'], groups: ['beat.k8s.elastic.co'] }),
  program('Elastic Agent', ['metrics', 'logs'], {
    images: ['beats/elastic-agent', 'elastic-agent/elastic-agent'],
    labels: ['elastic-agent'],
    groups: ['agent.k8s.elastic.co'],
  }),
  program('OpenTelemetry Collector', ['metrics', 'logs'], {
    images: [
      'otel/opentelemetry-collector',
      'otel/opentelemetry-collector-contrib',
      'otel/opentelemetry-collector-k8s',
      'signalfx/splunk-otel-collector',
    ],
    labels: ['opentelemetry-collector', 'otel-collector', 'splunk-otel-collector'],
    groups: ['opentelemetry.io'],
  }),
  program('Datadog Agent', ['metrics', 'alerts', 'logs', 'behaviour'], {
    images: ['datadog/agent', 'datadoghq/agent'],
    labels: ['datadog', 'datadog-agent', 'datadog-agent-deployment'],
    groups: ['datadoghq.com'],
  }),
  program('Azure Monitor', ['metrics', 'alerts', 'logs'], {
    images: ['azuremonitor/containerinsights/ciprod'],
    labels: ['ama-logs-agent', 'omsagent', 'ama-logs'],
  }),
  program('CloudWatch Agent', ['metrics', 'alerts', 'logs'], {
    images: ['cloudwatch-agent/cloudwatch-agent', 'amazon/cloudwatch-agent'],
    labels: ['cloudwatch-agent'],
    groups: ['cloudwatch.aws.amazon.com'],
  }),
  program('Falco', ['behaviour'], {
    images: ['falcosecurity/falco', 'falcosecurity/falco-no-driver'],
    labels: ['falco'],
    groups: ['instance.falcosecurity.dev', 'artifact.falcosecurity.dev'],
  }),
  program('Tetragon', ['behaviour'], { images: ['cilium/tetragon'], labels: ['tetragon'] }),
  program('Tracee', ['behaviour'], { images: ['aquasec/tracee'], labels: ['tracee'], groups: ['tracee.aquasec.com'] }),
  program('KubeArmor', ['behaviour'], {
    images: ['kubearmor/kubearmor', 'kubearmor/stable'],
    labels: ['kubearmor'],
    groups: ['security.kubearmor.com', 'operator.kubearmor.com'],
  }),
  program('NeuVector', ['behaviour'], {
    images: ['neuvector/enforcer'],
    labels: ['neuvector-enforcer-pod'],
    groups: ['neuvector.com'],
  }),
  program('StackRox', ['behaviour'], {
    images: ['stackrox-io/collector', 'advanced-cluster-security/rhacs-collector-rhel8'],
    labels: ['collector'],
    groups: ['platform.stackrox.io'],
  }),
  program('Sysdig Agent', ['metrics', 'alerts', 'behaviour'], {
    images: ['sysdig/agent', 'sysdig/agent-slim'],
    labels: ['sysdig-agent', 'sysdig', 'agent'],
  }),
  program('Wazuh', ['logs', 'behaviour'], { images: ['wazuh/wazuh-agent'], labels: ['wazuh-agent'] }),
  program('CrowdStrike Falcon', ['behaviour'], {
    images: ['falcon-sensor/us-1/release/falcon-sensor', 'crowdstrike/falcon-sensor', 'release/falcon-sensor'],
    labels: ['falcon-sensor'],
    groups: ['falcon.crowdstrike.com'],
  }),
];
