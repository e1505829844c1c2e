import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { deployTexts } from '../../scripts/generate-deploy.mjs';
import type { JsonObject } from '../../src/model/json.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { renderTemplate } from './chart.ts';
import { root, runCli } from './run-cli.ts';

warnIfNoLab('whether an API server takes what deploy/ holds');

const read = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8');
const values = parse(read('chart/values.yaml')) as JsonObject;

interface Release {
  readonly values?: JsonObject;
  readonly name?: string;
  readonly namespace?: string;
  readonly apiVersions?: readonly string[];
}

/** What the chart's own files render to. */
function render(file: string, { name = 'bulwark-webhook', namespace = 'bulwark', ...given }: Release = {}): string {
  return renderTemplate(read(`chart/templates/${file}`), {
    Values: { ...values, ...given.values },
    Release: { Name: name, Namespace: namespace },
    APIVersions: given.apiVersions ?? ['policy/v1'],
  });
}

const everyValue: JsonObject = {
  imagePullSecrets: [{ name: 'registry' }],
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }],
  labels: { team: 'platform' },
  resources: { server: { limits: { memory: '1Gi' } }, keeper: { limits: { memory: '96Mi' } } },
  reads: { podSecurityPolicies: true, accessControl: true, owners: true },
  reports: true,
  clientCaSecret: 'callers',
  clientNames: ['kube-apiserver', 'kube-apiserver-2'],
  exempt: ['calico-system', 'longhorn'],
  enforceInKubeSystem: true,
  webhookTimeoutSeconds: 3,
  certificates: { lifeSeconds: 86_400, authorityLifeSeconds: 2_592_000, overlapSeconds: 600 },
  apiServer: { ports: [16_443], ranges: ['192.0.2.0/24', 'fd00::/64'] },
};

describe('deploy/', () => {
  it.each([...deployTexts()])('%s is what scripts/generate-deploy.mjs writes', (path, text) => {
    expect(read(path)).toBe(text);
  });

  it.each([
    ['webhook.yaml', []],
    // Who has to mend a label that any user may set needs the right to set it.
    ['webhook-1.20.yaml', ['rbac/namespaces-write']],
  ])('passes the scan: %s has no finding above low but what it cannot do without', async (file, above) => {
    const { stdout } = await runCli(['scan', `deploy/manifests/${file}`, '--fail-on', 'medium', '-o', 'json']);
    const { findings } = JSON.parse(stdout) as { findings: readonly { control: string; severity: string }[] };
    const ids = findings.map(({ control }) => control);
    expect(ids.filter((id) => /^(pods|namespaces\/pod-security|reliability\/blocking)/.test(id))).toEqual([]);
    const severe = findings.filter(({ severity }) => !['low', 'info'].includes(severity));
    expect(severe.map(({ control }) => control)).toEqual(above);
  });

  it.each([
    ['manifests/webhook.yaml', ['policy/v1']],
    ['manifests/webhook-1.20.yaml', ['policy/v1beta1']],
  ])('has a chart that renders to %s with its own values', (file, apiVersions) => {
    const rendered = objectsOf(render('webhook.yaml', { apiVersions }));
    const plain = objectsOf(read(file));
    for (const key of ['Namespace/bulwark', 'NetworkPolicy/default-deny']) plain.delete(key);
    const policies = plain.get('ConfigMap/bulwark-webhook-policies');
    expect(rendered.get('ConfigMap/bulwark-webhook-policies')?.['data']).toEqual(policies?.['data']);
    // Rights to namespaces stand in two rules there.
    for (const objects of [rendered, plain]) {
      const role = objects.get('ClusterRole/bulwark-webhook-keeper');
      objects.set('ClusterRole/bulwark-webhook-keeper', { ...role, rules: rightsOf(role?.['rules']) });
    }
    expect(Object.fromEntries(rendered)).toEqual(Object.fromEntries(plain));
    expect(render('service-monitor.yaml', { apiVersions })).not.toContain('kind');
  });

  it('has a chart whose values are obeyed', () => {
    const rendered = render('webhook.yaml', { values: everyValue, name: 'w', namespace: 'n' });
    expect(rendered).not.toContain('<no value>');
    const objects = objectsOf(rendered);
    const rules = JSON.stringify(objects.get('ClusterRole/w')?.['rules']);
    for (const resource of ['podsecuritypolicies', 'clusterrolebindings', 'replicasets', 'policyreports'])
      expect(rules).toContain(resource);
    const server = JSON.stringify(objects.get('Deployment/w'));
    expect(server).toContain(
      '"--reports","--client-ca=/clients/ca.crt","--client-name=kube-apiserver","--client-name=kube-apiserver-2"]',
    );
    expect(server).toContain('{"name":"clients","mountPath":"/clients","readOnly":true}');
    expect(server).toContain('{"name":"clients","secret":{"secretName":"callers","defaultMode":288}}');
    const keeper = JSON.stringify(objects.get('Deployment/w-keeper'));
    expect(keeper).toContain(
      '"--enforce-in-kube-system","--exempt=calico-system","--exempt=longhorn","--webhook-timeout=3",' +
        '"--certificate-life=86400","--authority-life=2592000","--overlap=600"]',
    );
    for (const [pod, memory] of [
      [server, '1Gi'],
      [keeper, '96Mi'],
    ] as const) {
      expect(pod).toContain('"imagePullSecrets":[{"name":"registry"}],"nodeSelector":{"kubernetes.io/os":"linux"}');
      expect(pod).toContain('"tolerations":[{"key":"node-role.kubernetes.io/control-plane","operator":"Exists"}]');
      expect(pod).toContain(`"resources":{"limits":{"memory":"${memory}"}}`);
    }
    for (const [key, object] of objects)
      expect([key, object['metadata']]).toEqual([
        key,
        expect.objectContaining({ labels: expect.objectContaining({ team: 'platform' }) }),
      ]);
    expect(JSON.stringify(objects.get('Service/w')?.['spec'])).not.toContain('platform');
    const toServers = {
      ports: [{ port: 16_443, protocol: 'TCP' }],
      to: [{ ipBlock: { cidr: '192.0.2.0/24' } }, { ipBlock: { cidr: 'fd00::/64' } }],
    };
    for (const name of ['w', 'w-keeper'])
      expect(objects.get(`NetworkPolicy/${name}`)).toMatchObject({
        spec: { egress: expect.arrayContaining([toServers]) },
      });
    const monitor = render('service-monitor.yaml', { values: { ...everyValue, serviceMonitor: true } });
    expect(parse(monitor)).toMatchObject({ kind: 'ServiceMonitor', metadata: { labels: { team: 'platform' } } });
  });

  it('is printed with what the options ask for', async () => {
    const { stdout } = await runCli([
      ...['webhook', 'install', '--policies', 'deploy/policies.yaml', '--exempt', 'a', '--exempt', 'b'],
      ...['--webhook-timeout', '2', '--api-server-port', '16443', '--api-server-range', '192.0.2.1/32'],
      ...['--replicas', '1'],
    ]);
    const objects = objectsOf(stdout);
    expect(JSON.stringify(objects.get('Deployment/bulwark-webhook-keeper'))).toContain(
      '"--exempt=a","--exempt=b","--webhook-timeout=2"]',
    );
    expect(objects.get('PodDisruptionBudget/bulwark-webhook')?.['spec']).toMatchObject({ maxUnavailable: 1 });
    expect(objects.get('NetworkPolicy/bulwark-webhook')).toMatchObject({
      spec: { egress: [{ ports: [{ port: 16_443 }], to: [{ ipBlock: { cidr: '192.0.2.1/32' } }] }, {}] },
    });
  });

  it.each([
    ['--api-server-port', '70000'],
    ['--api-server-range', '10.0.0.0'],
    ['--api-server-range', '10.0.0.0/33'],
    ['--exempt', 'Not_A_Name'],
    ['--webhook-timeout', '31'],
  ])('is not printed for %s %s', async (option, value) => {
    const { code, stderr } = await runCli(['webhook', 'install', '--policies', 'deploy/policies.yaml', option, value]);
    expect(code).toBe(2);
    expect(stderr).toContain(option);
  });
});

describe.skipIf(!labAvailable)('an API server of 1.20', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab({ port: 21_180 });
    await lab.kubectl(['create', 'namespace', 'bulwark']);
  }, 150_000);

  afterAll(() => lab?.stop(), 100_000);

  const dryRun = (text: string): Promise<string> => lab.kubectl(['apply', '--dry-run=server', '-f', '-'], text);
  const taken = (count: number) => expect.stringMatching(new RegExp(`^(.+ \\(server dry run\\)\n){${count}}$`));

  it('takes the plain manifests, as they are shipped', async () => {
    const file = join(root, 'deploy/manifests/webhook-1.20.yaml');
    const said = await lab.kubectl(['apply', '--dry-run=server', '-f', file]);
    expect(said).toEqual(taken(objectsOf(read('manifests/webhook-1.20.yaml')).size));
  }, 60_000);

  it('takes what the chart renders to, with its own values and with every other', async () => {
    const apiVersions = (await lab.kubectl(['api-versions'])).split('\n');
    for (const given of [{}, everyValue]) {
      const text = render('webhook.yaml', { values: given, apiVersions });
      expect(await dryRun(text)).toEqual(taken(parseAllDocuments(text).length));
    }
  }, 60_000);

  it('is asked where pods reach it, and which namespaces are there to be exempt', async () => {
    const env = { KUBECONFIG: lab.kubeconfig };
    const install = ['webhook', 'install', '--policies', 'deploy/policies.yaml', '--exempt', 'kube-public'];
    const dry = await runCli([...install, '--dry-run'], { env });
    expect([dry.code, dry.stdout]).toEqual([0, expect.not.stringContaining('refused')]);
    const applied = await runCli([...install, '--apply'], { env });
    expect([applied.code, applied.stdout.match(/Namespace \S+: labelled/g)]).toEqual([
      0,
      ['kube-system', 'kube-node-lease', 'kube-public'].map((name) => `Namespace ${name}: labelled`),
    ]);
    const policy = parse(await lab.kubectl(['get', 'networkpolicy', '-n', 'bulwark', 'bulwark-webhook', '-o', 'yaml']));
    expect(policy).toMatchObject({ spec: { egress: [{ ports: [{ port: 443 }, { port: 21_180 }] }, {}] } });
  }, 60_000);

  it('takes all but the budget of the manifests for later ones', async () => {
    const [budget, others] = [true, false].map((isBudget) =>
      parseAllDocuments(read('manifests/webhook.yaml'))
        .filter((document) => ((document.toJS() as JsonObject)['kind'] === 'PodDisruptionBudget') === isBudget)
        .map(String)
        .join('---\n'),
    );
    expect(await dryRun(others ?? '')).toContain('server dry run');
    await expect(dryRun(budget ?? '')).rejects.toThrow(
      'no matches for kind "PodDisruptionBudget" in version "policy/v1"',
    );
  }, 60_000);
});

function objectsOf(text: string): Map<string, JsonObject> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as JsonObject);
  return new Map(
    objects.map((object) => [`${object['kind']}/${(object['metadata'] as JsonObject)['name']}`, object] as const),
  );
}

/** Verbs by resource, in whatever rules they stand. */
function rightsOf(rules: unknown): JsonObject {
  const rights = new Map<string, Set<string>>();
  for (const { resources, verbs } of rules as readonly { resources: readonly string[]; verbs: readonly string[] }[])
    for (const resource of resources) rights.set(resource, new Set([...(rights.get(resource) ?? []), ...verbs]));
  return Object.fromEntries([...rights].map(([resource, verbs]) => [resource, [...verbs].toSorted()]));
}
