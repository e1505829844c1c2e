import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { planRun } from './collection.ts';
import {
  collectorLabels,
  collectorManifests,
  collectorNamespace,
  collectorPod,
  collectorScripts,
  defaultImage,
  podName,
  runLabel,
} from './manifests.ts';
import { collectorRoleYaml, collectorRules } from './role.ts';

const { run } = planRun(25, { nodeTimeoutMs: 60_000, atOnce: 10, now: () => 0 });

describe('planRun', () => {
  it('ends when the last node has had its time', () => {
    expect(run).toMatchObject({ namespace: 'bulwark-collector', image: defaultImage, timeoutSeconds: 60 });
    // Three rounds of ten, and one more.
    expect(run.expires).toBe('1970-01-01T00:04:00.000Z');
    expect(podName(run, 7)).toMatch(/^collect-[0-9a-f]{8}-7$/);
  });
});

describe('collectorPod', () => {
  const pod = collectorPod(run, { name: 'x', node: 'worker-1' }) as {
    metadata: { labels: object };
    spec: Record<string, unknown> & { containers: Record<string, unknown>[]; volumes: object[] };
  };
  const [container] = pod.spec.containers;

  it('goes to its node whatever its taints, and ends by itself', () => {
    expect(pod.spec).toMatchObject({
      nodeName: 'worker-1',
      tolerations: [{ operator: 'Exists' }],
      restartPolicy: 'Never',
      activeDeadlineSeconds: 60,
    });
    expect(pod.metadata.labels).toEqual({ ...collectorLabels, [runLabel]: run.id });
  });

  it('has what reading takes, and no more', () => {
    expect(pod.spec).toMatchObject({
      hostPID: true,
      automountServiceAccountToken: false,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(Object.keys(pod.spec).filter((key) => /^host(?!PID)/.test(key))).toEqual([]);
    expect(container?.['securityContext']).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH', 'SYS_PTRACE'] },
    });
    expect(container).toHaveProperty('resources.limits');
    const mounts = container?.['volumeMounts'] as { name: string; readOnly?: boolean }[];
    expect(mounts.map(({ name, readOnly }) => `${name} ${readOnly === true ? 'read-only' : 'writable'}`)).toEqual([
      'scripts read-only',
      'work writable',
      'host read-only',
    ]);
    expect(pod.spec.volumes).toContainEqual({ name: 'work', emptyDir: { medium: 'Memory', sizeLimit: '256Mi' } });
  });
});

describe('fields that not every server has', () => {
  it.each([
    [undefined, false],
    [29, false],
    [30, true],
  ])('with minor version %s: %s', (minor, expected) => {
    const pod = JSON.stringify(
      collectorPod({ ...run, ...(minor !== undefined && { minor }) }, { name: 'x', node: 'n' }),
    );
    expect(pod.includes('"appArmorProfile"')).toBe(expected);
    expect(pod.includes('"recursiveReadOnly"')).toBe(expected);
    // Every version takes the annotation.
    expect(pod).toContain('container.apparmor.security.beta.kubernetes.io/collector');
  });
});

describe('collectorManifests', () => {
  it('are the very objects that a run makes', () => {
    expect(loadAll(collectorManifests(run))).toEqual([
      collectorNamespace(run.namespace),
      collectorScripts(run),
      collectorPod(run, { name: podName(run, 0), node: 'NODE' }),
    ]);
  });
});

describe('collectorRoleYaml', () => {
  it('binds the rules in a namespace that admits the pods and is not taken for one of a run', () => {
    const [namespace, role, binding] = loadAll(collectorRoleYaml('ops')) as Record<string, unknown>[];
    expect(namespace).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'ops', labels: expect.not.objectContaining(collectorLabels) },
    });
    expect(role).toMatchObject({
      kind: 'Role',
      metadata: { name: 'bulwark-collect', namespace: 'ops' },
      rules: collectorRules,
    });
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      metadata: { namespace: 'ops' },
      roleRef: { kind: 'Role', name: 'bulwark-collect' },
      subjects: [{ kind: 'ServiceAccount', name: 'bulwark-scan', namespace: 'bulwark' }],
    });
    expect(JSON.stringify(collectorRules)).not.toMatch(/\*|proxy|exec|secrets/);
  });
});
