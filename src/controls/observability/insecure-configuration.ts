import { isObject, type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { configMap } from './examples.ts';

const noKind = notApplicable('it configures no program that keeps metrics or logs');

/** As `observability/insecure-program`, of what is set in files and in objects of the programs' operators. */
export default control({
  id: 'observability/insecure-configuration',
  title: 'The configuration of metrics and logs asks who is there, and encrypts',
  severity: 'medium',
  subject: 'object',
  kinds: ['ConfigMap', 'Elasticsearch', 'Grafana', 'Prometheus', 'ServiceMonitor', 'PodMonitor'],
  why: 'Metrics and logs tell an attacker what there is and what has been noticed; whoever may write them covers their tracks.',
  remedy: 'Turn logins and TLS on, and let rules of detection be what their maker ships or stricter.',
  check: ({ object }) => {
    const judge = judges.get(groupKind(object));
    return judge === undefined ? noKind : judge(object);
  },
  examples: {
    fail: [
      configMap('loki', { 'loki.yaml': 'auth_enabled: false\nserver:\n  http_listen_port: 3100\n' }),
      configMap('fluent-bit', { 'fluent-bit.conf': '[OUTPUT]\n    Name  es\n    Host  logs.example\n    tls   Off\n' }),
      configMap('grafana', { 'grafana.ini': '[auth.anonymous]\nenabled = true\n' }),
      configMap('falco-rules', { 'falco_rules.yaml': '# nothing\n' }),
      monitor('tlsConfig: {insecureSkipVerify: true}'),
    ],
    pass: [
      configMap('loki', { 'loki.yaml': 'auth_enabled: true\nserver:\n  http_listen_port: 3100\n' }),
      configMap('fluent-bit', {
        'fluent-bit.conf':
          '[INPUT]\n    Name tcp\n    tls Off\n[OUTPUT]\n    Name es\n    Host logs.example\n    tls On\n',
      }),
      configMap('settings', { 'app.yaml': 'auth_enabled: false\n' }),
      monitor('tlsConfig: {caFile: /etc/ca.crt}'),
    ],
  },
});

const judges: ReadonlyMap<string, (object: KubeObject) => readonly Failure[]> = new Map([
  ['/ConfigMap', judgeConfigMap],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', judgeElasticsearch],
  ['grafana.integreatly.org/Grafana', judgeGrafana],
  ['monitoring.coreos.com/Prometheus', judgePrometheus],
  ['monitoring.coreos.com/ServiceMonitor', judgeMonitor('endpoints')],
  ['monitoring.coreos.com/PodMonitor', judgeMonitor('podMetricsEndpoints')],
]);

interface FileRule {
  readonly key: string;
  /** What tells the file, by its name or by its text. */
  readonly isOf: (name: string, text: string) => boolean;
  /** The number of the line that opens it, from 1. */
  readonly line: (lines: readonly string[]) => number | undefined;
  readonly says: string;
  readonly severity?: Severity;
}

/** Sources: the documentation of each project on its settings. */
const files: readonly FileRule[] = [
  {
    key: 'loki',
    isOf: (_, text) =>
      /^auth_enabled:/m.test(text) &&
      /^(?:schema_config|ingester|limits_config|server|common|storage_config):/m.test(text),
    line: matching(/^auth_enabled:\s*(?:false|no|off)\s*(?:#.*)?$/i),
    says: 'auth_enabled is false: whoever reaches Loki reads and writes the logs of everybody',
  },
  {
    key: 'elasticsearch',
    isOf: (name) => name === 'elasticsearch.yml' || name === 'elasticsearch.yaml',
    line: matching(/^\s*xpack\.security\.enabled:\s*["']?false\b/),
    says: 'xpack.security.enabled is false: Elasticsearch has neither logins nor TLS',
    severity: 'high',
  },
  {
    key: 'opensearch',
    isOf: (name) => name === 'opensearch.yml' || name === 'opensearch.yaml',
    line: matching(/^\s*plugins\.security\.disabled:\s*["']?true\b/),
    says: 'plugins.security.disabled is true: OpenSearch has neither logins nor TLS',
    severity: 'high',
  },
  {
    key: 'grafana',
    isOf: (name) => name === 'grafana.ini' || name === 'custom.ini',
    line: inSection('auth.anonymous', /^\s*enabled\s*=\s*true\b/i),
    says: 'anonymous access is on: anybody is let into Grafana without a login',
  },
  {
    key: 'fluent-bit',
    isOf: (_, text) => /^\s*\[OUTPUT\]/im.test(text),
    line: inSection('output', /^\s*tls\s+(?:off|false|no)\s*$/i),
    says: 'tls is off: Fluent Bit sends logs in plain text',
  },
  {
    key: 'fluent-bit-verify',
    isOf: (_, text) => /^\s*\[OUTPUT\]/im.test(text),
    line: inSection('output', /^\s*tls\.verify\s+(?:off|false|no)\s*$/i),
    says: 'tls.verify is off: Fluent Bit hands its logs to whoever answers',
  },
  {
    key: 'falco',
    isOf: (name) => name === 'falco_rules.yaml',
    line: (lines) => (lines.some((line) => /^\s*-/.test(line)) ? undefined : 1),
    says: 'it holds no rule: Falco notices nothing of what it is shipped with',
    severity: 'high',
  },
];

/** Longer texts are no configuration that people keep. */
const longest = 500_000;

function judgeConfigMap(object: KubeObject): readonly Failure[] {
  const data = own(object.value, 'data');
  if (!isObject(data)) return [];
  return Object.entries(data).flatMap(([name, text]): readonly Failure[] => {
    if (typeof text !== 'string' || text.length > longest) return [];
    return files.flatMap(({ key, isOf, line, says, severity }): readonly Failure[] => {
      if (!isOf(name, text)) return [];
      const found = line(text.split('\n'));
      if (found === undefined) return [];
      const message = `line ${found} of ${name} of ConfigMap ${object.name}: ${says}`;
      return [fail(message, ['data', name], { key: `${name} ${key}`, ...(severity !== undefined && { severity }) })];
    });
  });
}

function matching(pattern: RegExp): FileRule['line'] {
  return (lines) => numbered(lines.findIndex((line) => pattern.test(line)));
}

/** A line of `[section]`, as INI and Fluent Bit have it. */
function inSection(section: string, pattern: RegExp): FileRule['line'] {
  return (lines) => {
    let current = '';
    return numbered(
      lines.findIndex((line) => {
        const [, name] = /^\s{0,64}\[([^\]]{1,128})\]/.exec(line) ?? [];
        if (name !== undefined) current = name.toLowerCase();
        return current === section && pattern.test(line);
      }),
    );
  };
}

function numbered(index: number): number | undefined {
  return index === -1 ? undefined : index + 1;
}

function judgeElasticsearch({ name, value }: KubeObject): readonly Failure[] {
  return objectsIn(valueAt(value, ['spec', 'nodeSets'])).flatMap((set, index): readonly Failure[] => {
    const config = own(set, 'config');
    if (!isObject(config)) return [];
    const given = own(config, 'xpack.security.enabled') ?? valueAt(config, ['xpack', 'security', 'enabled']);
    if (given !== false && given !== 'false') return [];
    const message = `xpack.security.enabled of Elasticsearch ${name} is false: it has neither logins nor TLS`;
    return [fail(message, ['spec', 'nodeSets', index, 'config'], { key: String(index), severity: 'high' })];
  });
}

function judgeGrafana({ name, value }: KubeObject): readonly Failure[] {
  const at = ['spec', 'config', 'auth.anonymous', 'enabled'];
  const given = valueAt(value, at);
  if (given !== true && given !== 'true') return [];
  return [fail(`anonymous access of Grafana ${name} is on: anybody is let in without a login`, at)];
}

function judgePrometheus({ name, value }: KubeObject): readonly Failure[] {
  const at = ['spec', 'enableAdminAPI'];
  if (valueAt(value, at) !== true) return [];
  return [fail(`enableAdminAPI of Prometheus ${name} lets whoever reaches it delete what it has recorded`, at)];
}

function judgeMonitor(field: string): (object: KubeObject) => readonly Failure[] {
  return ({ kind, name, value }) =>
    objectsIn(valueAt(value, ['spec', field])).flatMap((endpoint: JsonObject, index): readonly Failure[] => {
      if (valueAt(endpoint, ['tlsConfig', 'insecureSkipVerify']) !== true) return [];
      const message = `${kind} ${name} scrapes without looking who answers, and hands its token to whoever does`;
      const at = ['spec', field, index, 'tlsConfig', 'insecureSkipVerify'];
      return [fail(message, at, { key: String(index), severity: 'low' })];
    });
}

function monitor(endpoint: string): string {
  return `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: app, namespace: monitoring}
spec: {endpoints: [{port: https, scheme: https, ${endpoint}}]}
`;
}
