import { describe, expect, it } from 'vitest';
import { factsOf } from '../facts/facts.ts';
import type { JsonObject } from '../model/json.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { labelSteps } from '../report/plan-psa-steps.ts';
import { type NamespacePlan, planPodSecurity } from './plan-pod-security.ts';

function kube(apiVersion: string, kind: string, value: JsonObject, namespace: string | undefined = 'shop'): KubeObject {
  const metadata = value.metadata as JsonObject;
  const name = String(metadata.name);
  return {
    apiVersion,
    kind,
    name,
    namespace,
    value: { apiVersion, kind, ...value },
    source: { file: 'x', document: 0, base: [] },
  };
}

function plan(objects: readonly KubeObject[], minor = 33): NamespacePlan {
  const snapshot = {
    schema: 'bulwark.snapshot/v1',
    takenAt: '',
    objects,
    inputs: [],
    gaps: [],
    cluster: { server: '', version: `v1.${minor}.0` },
  } as const;
  const [first] = planPodSecurity(factsOf(snapshot)).namespaces;
  if (first === undefined) throw new Error('no namespace');
  return first;
}

const good = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

function shop(labels: JsonObject = {}): KubeObject {
  return kube('v1', 'Namespace', { metadata: { name: 'shop', labels } }, undefined);
}

function deployment(securityContext: JsonObject, spec: JsonObject = {}): KubeObject {
  return kube('apps/v1', 'Deployment', {
    metadata: { name: 'web', uid: 'd' },
    spec: { template: { metadata: {}, spec: { containers: [{ name: 'app', securityContext }], ...spec } } },
  });
}

function podOf(securityContext: JsonObject, annotations: JsonObject = {}): KubeObject {
  return kube('v1', 'Pod', {
    metadata: {
      name: 'web-1',
      annotations,
      ownerReferences: [{ controller: true, uid: 'd', kind: 'Deployment', name: 'web' }],
    },
    spec: { containers: [{ name: 'app', securityContext }] },
  });
}

const label = 'pod-security.kubernetes.io/';

function steps(of: NamespacePlan, minor = 33): string[] {
  return labelSteps(of, minor).map(({ why, labels }) => {
    return `${why} [${[...labels].map(([key, value]) => `${key.slice(label.length)}=${value}`).join(' ')}]`;
  });
}

describe('planPodSecurity', () => {
  it('lets an empty namespace be as strict as can be', () => {
    const found = plan([shop()]);
    expect(found).toMatchObject({ reachable: 'restricted', next: undefined, counts: { pods: 0, templates: 0 } });
    expect(steps(found)).toEqual([
      'warn whoever creates what restricted would refuse [warn=restricted warn-version=latest]',
      'note in the audit log what restricted would refuse [audit=restricted audit-version=latest]',
      'enforce restricted, which everything passes [enforce=restricted enforce-version=v1.33]',
    ]);
  });

  it.each([20, 21])('plans for the first version that has it where the server is v1.%i', (minor) => {
    // Refused by rules that came with v1.34, and not by those that are pinned.
    const probe = { httpGet: { host: '10.0.0.1', port: 80 } };
    const web = deployment(good, { containers: [{ name: 'app', securityContext: good, livenessProbe: probe }] });
    const found = plan([shop(), web], minor);
    expect(found.reachable).toBe('restricted');
    expect(steps(found, minor).at(-1)).toBe(
      'enforce restricted, which everything passes [enforce=restricted enforce-version=v1.22]',
    );
    expect(plan([shop(), web], 34).reachable).toBe('privileged');
  });

  it('finds the strictest level that templates pass, and a patch for the next', () => {
    const found = plan([
      shop(),
      deployment({ capabilities: { add: ['CHOWN'] }, runAsUser: 0 }, { securityContext: { fsGroup: 1 } }),
    ]);
    expect(found.reachable).toBe('baseline');
    const [blocker] = found.next?.blockers ?? [];
    expect(blocker?.where).toBe('template');
    expect(blocker?.results.map(({ check }) => check)).toEqual([
      'allowPrivilegeEscalation',
      'capabilities_restricted',
      'runAsNonRoot',
      'runAsUser',
      'seccompProfile_restricted',
    ]);
    expect(blocker?.remedy?.left.map(({ check }) => check)).toEqual(['runAsUser']);
    const at = '/spec/template/spec';
    expect(blocker?.remedy?.patch).toEqual([
      { op: 'remove', path: `${at}/containers/0/securityContext/capabilities/add` },
      { op: 'add', path: `${at}/containers/0/securityContext/capabilities/drop`, value: ['ALL'] },
      { op: 'add', path: `${at}/containers/0/securityContext/allowPrivilegeEscalation`, value: false },
      { op: 'add', path: `${at}/securityContext/runAsNonRoot`, value: true },
      { op: 'add', path: `${at}/securityContext/seccompProfile`, value: { type: 'RuntimeDefault' } },
    ]);
    expect(steps(found).slice(2)).toEqual([
      'enforce baseline, which everything passes [enforce=baseline enforce-version=v1.33]',
      'once nothing is in its way any more, enforce restricted [enforce=restricted enforce-version=v1.33]',
    ]);
  });

  it('counts templates that make no pods at the moment, and pods besides their templates', () => {
    const cronJob = kube('batch/v1', 'CronJob', {
      metadata: { name: 'nightly' },
      spec: { suspend: true, jobTemplate: { spec: { template: { spec: { hostPID: true, containers: [] } } } } },
    });
    expect(plan([shop(), cronJob]).reachable).toBe('privileged');
    const injected = plan([
      shop(),
      deployment(good),
      podOf({ ...good, privileged: true, allowPrivilegeEscalation: true }),
    ]);
    expect(injected.reachable).toBe('privileged');
    expect(injected.next?.blockers.map(({ object, where, remedy }) => [object.name, where, remedy])).toEqual([
      ['web', 'pods', undefined],
    ]);
  });

  it('does not go back behind what is enforced', () => {
    const found = plan([
      shop({ [`${label}enforce`]: 'restricted' }),
      deployment({ ...good, privileged: true, allowPrivilegeEscalation: true }),
    ]);
    expect(found.reachable).toBe('privileged');
    expect(found.next?.level).toBe('restricted');
    expect(steps(found)).toEqual([
      expect.stringContaining('[audit=restricted'),
      'it enforces restricted already: what does not pass runs on, and cannot be made anew []',
    ]);
  });

  it('tells what a PodSecurityPolicy set, and what pods pass only for that', () => {
    const found = plan([shop(), deployment({}), podOf(good, { 'kubernetes.io/psp': 'strict' })], 24);
    const [mutated] = found.mutated;
    expect(mutated).toMatchObject({ policy: 'strict', gives: 'restricted' });
    expect(mutated?.changes.map(({ path }) => formatPath(path))).toEqual([
      'spec.containers[0].securityContext.allowPrivilegeEscalation',
      'spec.containers[0].securityContext.capabilities',
      'spec.containers[0].securityContext.runAsNonRoot',
      'spec.containers[0].securityContext.seccompProfile',
    ]);
    expect(found.reachable).toBe('baseline');
  });

  it('leaves the namespaces of Kubernetes alone', () => {
    const found = plan([kube('v1', 'Namespace', { metadata: { name: 'kube-system' } }, undefined)]);
    expect(found.isSystem).toBe(true);
    expect(labelSteps(found, 33)).toEqual([]);
  });

  it('says what a policy fits', () => {
    const psp = kube(
      'policy/v1beta1',
      'PodSecurityPolicy',
      { metadata: { name: 'open' }, spec: { privileged: true } },
      undefined,
    );
    const snapshot = { schema: 'bulwark.snapshot/v1', takenAt: '', objects: [psp], inputs: [], gaps: [] } as const;
    expect(planPodSecurity(factsOf(snapshot)).policies).toMatchObject([
      { level: 'privileged', object: { name: 'open' } },
    ]);
  });
});
