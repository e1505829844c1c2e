import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { runProgram } from '../run-program.ts';

warnIfNoLab('test/e2e/live-evidence.test.ts');

const password = 'correct-horse-battery-staple';
const token = `ghp_${'a1B2c3D4e5'.repeat(4)}`;
const objects = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {backend: {serviceName: web, servicePort: 80}}
---
apiVersion: discovery.k8s.io/v1beta1
kind: EndpointSlice
metadata: {name: web, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{name: http, port: 80, protocol: TCP}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  application.properties: "db.password=${password}"
  token: ${token}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1.0
          args: ["--password=${password}"]
          env: [{name: GITHUB, value: ${token}}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: k8sallowedrepos.constraints.gatekeeper.sh}
spec:
  group: constraints.gatekeeper.sh
  scope: Cluster
  names: {plural: k8sallowedrepos, singular: k8sallowedrepos, kind: K8sAllowedRepos}
  versions:
    - name: v1beta1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
const constraint = `
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: repositories}
spec: {match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}, parameters: {repos: ["registry.example/app"]}}
`;
const role = `
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
`;

interface Report {
  readonly findings: readonly { readonly control: string; readonly message: string }[];
}

describe.skipIf(!labAvailable)('what a live cluster shows of itself', () => {
  let lab: Lab;
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-live-'));
  beforeAll(async () => {
    lab = await startLab({ port: 21200 });
    await lab.kubectl(['apply', '-f', '-'], objects);
    await lab.kubectl(['create', '--field-manager', 'legacy-operator', '-f', '-'], role);
    const established = ['--for=condition=Established', 'crd/k8sallowedrepos.constraints.gatekeeper.sh'];
    await lab.kubectl(['wait', ...established, '--timeout=30s']);
    await lab.kubectl(['apply', '-f', '-'], constraint);
  }, 180_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await lab?.stop();
  }, 120_000);

  const scan = async (...args: string[]): Promise<Report> => {
    const { out, err, code } = await runProgram(['scan', ...args, '--no-config', '-o', 'json'], { cwd: folder });
    expect([0, 1], err).toContain(code);
    return JSON.parse(out);
  };

  it('is found live, and the same in a snapshot of it', async () => {
    const saved = join(folder, 'cluster.json');
    const live = await scan('--cluster', '--kubeconfig', lab.kubeconfig, '--save', saved);
    const inShop = live.findings.map(({ control, message }) => `${control}: ${message}`);
    const day = new Date().toISOString().slice(0, 10);
    for (const expected of [
      `api-lifecycle/served-version: Ingress web was written by kubectl-client-side-apply on ${day} in networking.k8s.io/v1beta1, which`,
      `api-lifecycle/served-version: Role reader was written by legacy-operator on ${day} in rbac.authorization.k8s.io/v1beta1, which`,
      'services/endpoint-addresses: an endpoint is 127.0.0.1',
      'admission/repository-prefix: ',
      'secrets/arguments-credential: ',
      'secrets/config-map-credential: ',
      'secrets/environment-credential: ',
    ]) {
      expect(
        inShop.filter((text) => text.startsWith(expected)),
        expected,
      ).not.toEqual([]);
    }
    const text = readFileSync(saved, 'utf8');
    for (const secret of [password, token, token.slice(0, 12)]) expect(text).not.toContain(secret);
    expect((await scan('--from', saved)).findings).toEqual(live.findings);
  }, 60_000);
});
