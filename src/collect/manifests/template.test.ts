import { describe, expect, it } from 'vitest';
import { templateLine } from './template.ts';

const deployment = 'apiVersion: apps/v1\nkind: Deployment\n';
const workflow = 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n';
const rule = 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n';
const configMap = 'apiVersion: v1\nkind: ConfigMap\n';

describe('what is a template', () => {
  it.each<[name: string, text: string, line: number]>([
    ['a Helm action on a line of its own', '{{- if .Values.x }}\napiVersion: v1\n{{- end }}', 1],
    ['an action as a value', `${deployment}spec:\n  replicas: {{ .Values.replicas }}`, 4],
    ['a placeholder as a value', `${deployment}spec:\n  replicas: {{replicas}}`, 4],
    ['a placeholder in a name', `${configMap}metadata:\n  name: etcd-{{cell}}`, 4],
    ['a placeholder as a list item', `${configMap}x:\n  - {{ item }}`, 4],
    ['a placeholder as a key', `${configMap}{{ key }}: x`, 3],
    ['a placeholder in flow', `${configMap}x: [a, {{ b }}]`, 3],
    ['Helm values in quotes', `${deployment}image: "{{ .Values.image }}:{{ .Values.tag }}"`, 3],
    ['a Helm function in quotes', `${deployment}name: '{{ include "app.name" . }}'`, 3],
    ['a Helm default in quotes', `${deployment}name: "{{ $x | default "y" }}"`, 3],
    ['Helm values in a custom resource', `${workflow}x: a-{{ .Values.y }}`, 3],
    ['a Helm action after a block scalar', `${configMap}data:\n  a: |\n    x\n{{- end }}`, 6],
    ['Jinja', '{% if x %}\napiVersion: v1\n{% endif %}', 1],
    ['trimmed action in a plain scalar', `${deployment}name: x-{{- .y }}`, 3],
  ])('%s', (_, text, line) => {
    expect(templateLine(text)).toBe(line);
  });

  it.each<[name: string, text: string]>([
    ['an Argo parameter in quotes', `${workflow}args: ["{{inputs.parameters.message}}"]`],
    ['an Argo parameter in a plain scalar', `${workflow}name: build-{{inputs.parameters.x}}`],
    ['an Argo name in a core object', `${configMap}x: a-{{workflow.name}}`],
    ['a Prometheus template in quotes', `${rule}summary: "Instance {{ $labels.instance }} is down for {{ $value }}"`],
    ['a Prometheus template in a plain scalar', `${rule}summary: Instance {{ $labels.instance }} down`],
    ['an Alertmanager template in quotes', `${configMap}x: '{{ range .Alerts }}{{ .Labels.a }}{{ end }}'`],
    [
      'a Go template in a block scalar',
      `${configMap}data:\n  t: |\n    {{- if .Values.x }}\n    {% y %}\n  u: >-\n    {{ .x }}`,
    ],
    ['a block scalar in a list', `${configMap}x:\n- |\n  {{ .Values.x }}\n- a: |-\n    {{ .Values.y }}\n  b: 1`],
    ['a comment', `${configMap}# {{ .Values.x }}\nx: 1 # {{ y }}`],
    [
      'an ApplicationSet parameter',
      'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nname: app-{{path.basename}}',
    ],
    [
      'a Kyverno variable',
      'apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nkey: "{{ request.operation || \'BACKGROUND\' }}"',
    ],
    ['a quote inside a plain scalar', `${configMap}x: it's\ny: "{{ z }}"`],
    ['quotes over several lines', `${configMap}x: "a\n  {{ b }}\n  c"`],
    ['JSON', '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"{{ .x }}","b":"{% y %}"}}'],
    ['no template at all', configMap],
  ])('YAML: %s', (_, text) => {
    expect(templateLine(text)).toBeUndefined();
  });

  it('stays linear', () => {
    const started = performance.now();
    templateLine(`x: "${'{{ a '.repeat(200_000)}"\ny: ${'{{ '.repeat(200_000)}`);
    templateLine(`${workflow}x: ${'a{{ b '.repeat(200_000)}`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
