import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { withImage } from '../container-runtime/with-image.ts';
import { configMap } from './examples.ts';
import insecureConfiguration from './insecure-configuration.ts';
import insecureProgram from './insecure-program.ts';

describe('a program that keeps metrics or logs', () => {
  const elastic = 'docker.elastic.co/elasticsearch/elasticsearch:8.17.0';
  const prometheus = 'my.mirror/prom/prometheus:v3.1.0';
  it.each<[image: string, fields: string, found: readonly string[]]>([
    [
      'grafana/grafana:11.4.0',
      'env: [{ name: GF_AUTH_ANONYMOUS_ENABLED, value: "true" }, { name: GF_AUTH_ANONYMOUS_ORG_ROLE, value: Admin }]',
      ['high: GF_AUTH_ANONYMOUS_ENABLED of container app lets anybody into Grafana without a login, as Admin'],
    ],
    [
      elastic,
      'env: [{ name: xpack.security.enabled, value: "false" }]',
      ['high: xpack.security.enabled of container app turns off logins and TLS of Elasticsearch'],
    ],
    [elastic, 'env: [{ name: xpack.security.enabled, value: "true" }]', []],
    [
      prometheus,
      'args: ["--web.enable-admin-api", "--web.enable-lifecycle"]',
      [
        'medium: --web.enable-admin-api of container app lets whoever reaches Prometheus delete what it has recorded',
        'info: --web.enable-lifecycle of container app lets whoever reaches Prometheus stop it',
      ],
    ],
    [
      prometheus,
      'args: ["--web.enable-admin-api", "--no-web.enable-lifecycle", "web.enable-lifecycle"]',
      ['medium: --web.enable-admin-api of container app lets whoever reaches Prometheus delete what it has recorded'],
    ],
    ['my.mirror/team/prometheus:v3.1.0', 'args: ["--web.enable-admin-api"]', []],
    [
      'grafana/loki:3.3.0',
      'args: ["-auth.enabled=false"]',
      ['medium: --auth.enabled of container app lets anybody read and write the logs of Loki'],
    ],
  ])('%s with %s', (image, fields, found) => {
    const told = judgeExample(insecureProgram, withImage(image, fields));
    expect(told.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(found);
  });
});

describe('a configuration of metrics or logs', () => {
  const output = (...lines: readonly string[]): string =>
    ['[INPUT]', 'Name tail', '[OUTPUT]', ...lines, ''].join('\n    ');
  it.each<[files: Record<string, string>, found: readonly string[]]>([
    [
      { 'config.yaml': 'auth_enabled: false\nschema_config: {}\n' },
      [
        'line 1 of config.yaml of ConfigMap c: auth_enabled is false: whoever reaches Loki reads and writes the logs of everybody',
      ],
    ],
    [
      { 'elasticsearch.yml': 'a: b\nxpack.security.enabled: false\n' },
      [
        'line 2 of elasticsearch.yml of ConfigMap c: xpack.security.enabled is false: Elasticsearch has neither logins nor TLS',
      ],
    ],
    [
      { 'grafana.ini': '[auth.basic]\nenabled = true\n[auth.anonymous]\nenabled = true\n' },
      ['line 4 of grafana.ini of ConfigMap c: anonymous access is on: anybody is let into Grafana without a login'],
    ],
    [{ 'grafana.ini': '[auth.basic]\nenabled = true\n[auth.anonymous]\nenabled = false\n' }, []],
    [
      { 'out.conf': output('Name es', 'tls Off') },
      ['line 5 of out.conf of ConfigMap c: tls is off: Fluent Bit sends logs in plain text'],
    ],
    [
      { 'out.conf': output('Name es', 'tls On', 'tls.verify Off') },
      ['line 6 of out.conf of ConfigMap c: tls.verify is off: Fluent Bit hands its logs to whoever answers'],
    ],
    [{ 'out.conf': output('Name es', 'tls On') }, []],
    [
      { 'falco_rules.yaml': '' },
      ['line 1 of falco_rules.yaml of ConfigMap c: it holds no rule: Falco notices nothing of what it is shipped with'],
    ],
    [{ 'falco_rules.yaml': '- rule: a\n' }, []],
    [{ 'other.yaml': 'auth_enabled: false\ntls Off\n' }, []],
  ])('%j', (files, found) => {
    expect(judgeExample(insecureConfiguration, configMap('c', files)).map(({ message }) => message)).toEqual(found);
  });

  it.each<[what: string, text: string, found: readonly string[]]>([
    [
      'Elasticsearch',
      'apiVersion: elasticsearch.k8s.elastic.co/v1\nkind: Elasticsearch\nmetadata: {name: a}\nspec: {nodeSets: [{config: {xpack.security.enabled: false}}]}\n',
      ['spec.nodeSets[0].config'],
    ],
    [
      'Grafana',
      'apiVersion: grafana.integreatly.org/v1beta1\nkind: Grafana\nmetadata: {name: a}\nspec: {config: {auth.anonymous: {enabled: "true"}}}\n',
      ['spec.config["auth.anonymous"].enabled'],
    ],
    [
      'Prometheus',
      'apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: a}\nspec: {enableAdminAPI: true}\n',
      ['spec.enableAdminAPI'],
    ],
    [
      'PodMonitor',
      'apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: a}\nspec: {podMetricsEndpoints: [{}, {tlsConfig: {insecureSkipVerify: true}}]}\n',
      ['spec.podMetricsEndpoints[1].tlsConfig.insecureSkipVerify'],
    ],
    [
      'another kind of the name',
      'apiVersion: example.com/v1\nkind: Prometheus\nmetadata: {name: a}\nspec: {enableAdminAPI: true}\n',
      [],
    ],
  ])('of %s', (_, text, places) => {
    expect(judgeExample(insecureConfiguration, text).map(({ place }) => place)).toEqual(places);
  });
});
