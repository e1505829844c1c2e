import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

const manifests = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {hostPID: true, containers: [{name: app, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: good, namespace: shop}
spec: {containers: [{name: app, image: nginx}]}
`;

const policy = `apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
metadata: {name: house}
spec:
  images: {forbidTags: [latest]}
  hardening: {fields: [seccompProfile], namespaces: all}
  exceptions: [{control: images/tag, object: {kind: Pod, name: good}, reason: tests, owner: anne, expires: 2027-01-31}]
`;

const psp = `apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: guide}
spec: {volumes: ['*'], runAsUser: {rule: RunAsAny}, seLinux: {rule: RunAsAny}, fsGroup: {rule: RunAsAny}, supplementalGroups: {rule: RunAsAny}}
`;

const configuration = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: restricted}
    exemptions: {namespaces: [shop]}
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-admit-'));
  const files = { 'web.yaml': manifests, 'policy.yaml': policy, 'psp.yaml': psp, 'config.yaml': configuration };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));

async function bulwark(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    ...{ cwd: folder, env: {}, outIsTty: false, errIsTty: false, width: 100 },
    out: async (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: async () => Buffer.alloc(0),
    now: () => new Date('2026-11-21T12:00:00Z'),
  };
  const code = await createProgram(terminal, 'bulwark').run(args);
  return { code, out, err };
}

describe('bulwark admit', () => {
  it('tells what would be said, and what becomes of the pods of what is let in', async () => {
    const { code, out } = await bulwark('admit', 'web.yaml', '--server-version', '1.33');
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      'Admission of v1.33, asked by kubernetes-admin (system:masters, system:authenticated)',
      '',
      'Namespace shop: let in  web.yaml:1',
      '',
      'Deployment shop/web: let in  web.yaml:5',
      '  PodSecurity (validating)',
      '    warns: would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
      '  its pods, made by system:serviceaccount:kube-system:replicaset-controller: refused by PodSecurity',
      '    PodSecurity (validating)',
      '      refuses: pods "web-simulated-" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
      '',
      'Pod shop/good: let in  web.yaml:14',
      '',
      '3 objects: 2 let in, 0 refused, 1 let in whose pods would be refused',
      '',
    ]);
  });

  it('asks the policies of a file, with their exceptions and what they set', async () => {
    const { code, out } = await bulwark(
      'admit',
      'web.yaml',
      '--policies',
      'policy.yaml',
      '--server-version',
      '1.33',
      '-o',
      'json',
    );
    expect(code).toBe(1);
    const [, deployment, pod] = JSON.parse(out).objects;
    expect(deployment.answer).toEqual({
      stage: 'the webhook of Bulwark',
      policy: 'policy images/tag',
      message: 'container app: image nginx has no tag, which means latest',
      code: 403,
      reason: 'Forbidden',
      container: 'app',
    });
    expect(pod.allowed).toBe(true);
    const [mutating, , validating] = pod.steps;
    expect(mutating.patch).toEqual([
      { op: 'add', path: '/spec/securityContext', value: { seccompProfile: { type: 'RuntimeDefault' } } },
    ]);
    expect(validating.notes).toEqual(['images/tag is excepted: tests']);
  });

  it('notes the exceptions that have run out: those of a Deployment hold for its pods', async () => {
    const exception = (name: string, kind: string, expires: string): string =>
      `    - {control: "*", object: {kind: ${kind}, name: ${name}}, reason: r, owner: o, expires: ${expires}}\n`;
    const head = 'apiVersion: bulwark.dev/v1\nkind: AdmissionPolicy\nspec:\n';
    const spec = `  podSecurity: {defaults: {enforce: baseline}}\n  exceptions:\n`;
    const made = '{spec: {hostNetwork: true, containers: [{name: app, image: x}]}}';
    await writeFile(
      join(folder, 'held.yaml'),
      `${head}${spec}${exception('web', 'Deployment', '2999-12-31')}${exception('old', 'Pod', '2001-12-31')}`,
    );
    await writeFile(
      join(folder, 'host.yaml'),
      `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: ${made}}}\n---\n${made.replace('{', '{apiVersion: v1, kind: Pod, metadata: {name: old}, ')}`,
    );
    const { out, err } = await bulwark('admit', 'host.yaml', '--policies', 'held.yaml', '--server-version', '1.33');
    const lapsed = 'the exception for * (o, held.yaml:7:7) has run out on 2001-12-31';
    expect(err).toContain('held.yaml:7:7: the exception for * (o) has run out on 2001-12-31, and does not hold');
    expect(out).toContain(`(hostNetwork=true)\n    ${lapsed}\n`);
    expect(out).toContain('pod-security/hostNamespaces is excepted: r');
    expect(out).toContain('2 objects: 1 let in, 1 refused');
  });

  it('says what is wrong with a policy file, and where', async () => {
    await writeFile(join(folder, 'bad.yaml'), policy.replace('forbidTags', 'forbidTag'));
    const { code, err } = await bulwark('admit', 'web.yaml', '--policies', 'bad.yaml');
    expect(code).toBe(2);
    expect(err).toContain('bad.yaml:5:12: spec.images has no field "forbidTag": did you mean forbidTags?');
  });

  it('explains the trap of a cluster with PodSecurityPolicies', async () => {
    const { code, out } = await bulwark(
      'admit',
      'web.yaml',
      '--from',
      'psp.yaml',
      '--server-version',
      '1.20',
      '--as',
      'anne',
    );
    expect(code).toBe(1);
    expect(out).toContain(
      'unable to admit pod: [] (neither service account shop/default nor user anne may use the only policy',
    );
    expect(out).toContain('bulwark generate psp --namespace shop --service-account default writes one');
    expect(out).toContain('note: the PodSecurityPolicy plugin is taken to be on, as there are policies');
    const later = await bulwark('admit', 'web.yaml', '--from', 'psp.yaml', '--server-version', '1.25', '--psp', 'on');
    expect(later.out).toContain(
      'note: v1.25 has no PodSecurityPolicy plugin: with it among its flags the API server would not start',
    );
  });

  it('takes the configuration of the PodSecurity plugin', async () => {
    const exempt = await bulwark('admit', 'web.yaml', '--pod-security-config', 'config.yaml');
    expect(exempt.code).toBe(0);
    expect(exempt.out).toContain(
      'is exempt from Pod Security, and the policy (enforce=baseline:latest) will be ignored',
    );
    await writeFile(join(folder, 'wrong.yaml'), configuration.replace('restricted', 'strict'));
    const wrong = await bulwark('admit', 'web.yaml', '--pod-security-config', 'wrong.yaml');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('defaults.enforce: "strict" must be one of privileged, baseline, restricted');
  });

  it('does not call a set of broken manifests admitted', async () => {
    await writeFile(join(folder, 'broken.yaml'), 'kind: [');
    const { code, err } = await bulwark('admit', 'broken.yaml');
    expect(code).toBe(3);
    expect(err).toContain('broken.yaml:2: unexpected end of the stream');
  });
});

describe('bulwark plan psa', () => {
  it('tells how far each namespace is, and how it gets further', async () => {
    const { code, out } = await bulwark('plan', 'psa', 'web.yaml', '--server-version', '1.33');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'Namespace shop  enforce=baseline:latest, warn=baseline:latest; 1 pod, 1 template',
      '  Not everything in it passes baseline.',
      '  In the way of baseline:',
      '    Deployment shop/web (web.yaml:5)',
      '      host namespaces: hostPID=true',
      `      mended by: kubectl patch deployment.apps web -n shop --type=json -p '[{"op":"remove","path":"/spec/template/spec/hostPID"}]'`,
      '  Steps:',
      '    1. note in the audit log what baseline would refuse',
      '       kubectl label --overwrite namespace shop pod-security.kubernetes.io/audit=baseline pod-security.kubernetes.io/audit-version=latest',
      '    2. it enforces baseline already: what does not pass runs on, and cannot be made anew',
      '',
      'The patches take away what a program may rely on: try them where it matters least.',
      '1 namespace besides those of Kubernetes: 0 at restricted, 0 at baseline, 1 at privileged',
      '',
    ]);
  });

  it('writes the labels of the steps as YAML, and the plan as JSON', async () => {
    await writeFile(
      join(folder, 'good.yaml'),
      manifests.replace('hostPID: true, ', '').replace('baseline', 'privileged'),
    );
    const { out } = await bulwark('plan', 'psa', 'good.yaml', '--server-version', '1.33', '-o', 'yaml');
    expect(out).toContain(`# step 3: enforce baseline, which everything passes
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/enforce-version: v1.33
`);
    const json = JSON.parse((await bulwark('plan', 'psa', 'good.yaml', '-o', 'json')).out);
    expect(json).toMatchObject({
      schema: 'bulwark.plan-psa/v1',
      namespaces: [{ name: 'shop', reachable: 'baseline' }],
    });
  });

  it('plans ahead for a cluster that has no Pod Security yet', async () => {
    const { out } = await bulwark('plan', 'psa', 'psp.yaml', 'web.yaml', '--server-version', '1.20');
    expect(out).toContain('v1.20 has no Pod Security admission.');
    expect(out).toContain('guide: what it lets in fits privileged');
  });
});

describe('names that a terminal would act on', () => {
  it('are spelt out', async () => {
    const name = '"e\\u001b[31mvil"';
    await writeFile(
      join(folder, 'evil.yaml'),
      manifests.replace('name: app', `name: ${name}`).replace('name: web', `name: ${name}`),
    );
    for (const args of [
      ['admit', 'evil.yaml', '--policies', 'policy.yaml'],
      ['plan', 'psa', 'evil.yaml'],
    ]) {
      const { out, err } = await bulwark(...args);
      expect(out).toContain('e\\u001b[31mvil');
      expect(out + err).not.toContain('\u001b');
    }
  });

  it('lists the controls that judge requests, and why others do not', async () => {
    const chosen = policy.replace(/spec:[^]*/, 'spec: {controls: [{control: rbac/*, mode: warn}]}\n');
    await writeFile(join(folder, 'rbac.yaml'), chosen);
    const short = await bulwark('admit', 'web.yaml', '--policies', 'rbac.yaml');
    expect(short.err).toContain('bulwark: rbac/*: 4 of the ');
    expect(short.err).not.toContain('rbac/full-wildcard');
    const { err } = await bulwark('admit', 'web.yaml', '--policies', 'rbac.yaml', '--verbose');
    expect(err).toMatch(
      /^ {2}rbac\/full-wildcard: warn, with the cluster's rbac\.authorization\.k8s\.io\/ClusterRole, /m,
    );
    expect(err).toContain('4 controls are left out:\n  rbac/dangling-role: what it looks for may be created after');
  });
});
