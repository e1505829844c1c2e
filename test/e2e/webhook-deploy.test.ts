import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { manifestsText, templateText } from '../../scripts/generate-deploy.mjs';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { root, runCli } from './run-cli.ts';

const read = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8');

describe('deploy/', () => {
  it('is what scripts/generate-deploy.mjs writes', () => {
    expect(read('manifests/webhook.yaml')).toBe(manifestsText());
    expect(read('chart/templates/webhook.yaml')).toBe(templateText());
  });

  it('passes the scan: no finding above low, and nothing against Pod Security', async () => {
    const { code, stdout } = await runCli(['scan', 'deploy/manifests', '--fail-on', 'medium', '-o', 'json']);
    const { findings } = JSON.parse(stdout) as { findings: readonly { control: string }[] };
    expect(findings.map(({ control }) => control).filter((id) => /^(pods|namespaces\/pod-security)/.test(id))).toEqual(
      [],
    );
    expect(code).toBe(0);
  });

  it('has a chart that renders to the manifests with its own values', () => {
    const values = { ...(parse(read('chart/values.yaml')) as JsonObject) };
    const rendered = render(read('chart/templates/webhook.yaml'), {
      Values: values,
      Release: { Name: 'bulwark-webhook', Namespace: 'bulwark' },
    });
    const plain = objectsOf(read('manifests/webhook.yaml'));
    for (const key of ['Namespace/bulwark', 'NetworkPolicy/default-deny']) plain.delete(key);
    const policies = plain.get('ConfigMap/bulwark-webhook-policies');
    expect(objectsOf(rendered).get('ConfigMap/bulwark-webhook-policies')?.['data']).toEqual(policies?.['data']);
    expect(Object.fromEntries(objectsOf(rendered))).toEqual(Object.fromEntries(plain));
    expect(render(read('chart/templates/service-monitor.yaml'), { Values: values, Release: {} })).not.toContain('kind');
  });

  it('has a chart whose values are obeyed', () => {
    const values = {
      ...(parse(read('chart/values.yaml')) as JsonObject),
      reports: true,
      enforceInKubeSystem: true,
      clientCaSecret: 'callers',
      clientName: 'kube-apiserver',
      reads: { podSecurityPolicies: true, accessControl: true, owners: true },
    };
    const scope = { Values: values, Release: { Name: 'w', Namespace: 'n' } };
    const objects = objectsOf(render(read('chart/templates/webhook.yaml'), scope));
    const rules = JSON.stringify(objects.get('ClusterRole/w')?.['rules']);
    for (const resource of ['podsecuritypolicies', 'clusterrolebindings', 'replicasets', 'policyreports'])
      expect(rules).toContain(resource);
    expect(JSON.stringify(objects.get('Deployment/w'))).toContain('"--reports"');
    const server = JSON.stringify(objects.get('Deployment/w'));
    expect(server).toContain('"--client-ca=/clients/ca.crt","--client-name=kube-apiserver"');
    expect(server).toContain('{"name":"clients","mountPath":"/clients","readOnly":true}');
    expect(server).toContain('{"name":"clients","secret":{"secretName":"callers","defaultMode":288}}');
    expect(JSON.stringify(objects.get('Deployment/w-keeper'))).toContain('"--enforce-in-kube-system"');
  });
});

function objectsOf(text: string): Map<string, JsonObject> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as JsonObject);
  return new Map(
    objects.map((object) => [`${object['kind']}/${(object['metadata'] as JsonObject)['name']}`, object] as const),
  );
}

/** As much of Helm's language as the chart uses: values, if without else on lines of their own, toYaml with nindent. */
function render(template: string, scope: JsonObject): string {
  const valueOf = (path: string): Json | undefined =>
    path
      .slice(1)
      .split('.')
      .reduce<Json | undefined>((value, key) => (value as JsonObject | undefined)?.[key], scope);
  return template
    .replaceAll(/[ ]*\{\{- if (\.[\w.]+) \}\}\n([\s\S]*?)[ ]*\{\{- end \}\}\n/g, (_, path: string, body: string) =>
      valueOf(path) === true || (typeof valueOf(path) === 'string' && valueOf(path) !== '') ? body : '',
    )
    .replaceAll(/\{\{ if \.Capabilities\S* "[^"]*" \}\}([^{]*)\{\{ else \}\}[^{]*\{\{ end \}\}/g, '$1')
    .replaceAll(/[ ]*\{\{- toYaml (\.[\w.]+) \| nindent (\d+) \}\}/g, (_, path: string, by: string) =>
      stringify(valueOf(path), { lineWidth: 0 })
        .trimEnd()
        .replace(/^(?=.)/gm, ' '.repeat(Number(by))),
    )
    .replaceAll(/\{\{ (\.[\w.]+) \}\}/g, (_, path: string) => String(valueOf(path)));
}
