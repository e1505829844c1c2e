import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import { planFixes } from '../../fix/plan.ts';
import { applyEditsToValue } from '../../model/apply-edit.ts';
import type { AnyControl } from '../control.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const controls: AnyControl[] = [];
for (const file of readdirSync(folder)) {
  if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
  const { default: control } = (await import(join(folder, file))) as { default?: AnyControl };
  if (control !== undefined) controls.push(control);
}

const spec = (pod: object, metadata: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', ...metadata }, spec: pod });

function judged(id: string, pod: object, metadata: object = {}): string[] {
  const control = controls.find((candidate) => candidate.id === `container-runtime/${id}`);
  if (control === undefined) throw new Error(`no control ${id}`);
  return judgeExample(control, spec(pod, metadata)).map(({ severity, message }) => `${severity}: ${message}`);
}

const hardened = {
  runAsNonRoot: true,
  runAsUser: 10001,
  seccompProfile: { type: 'RuntimeDefault' },
  appArmorProfile: { type: 'RuntimeDefault' },
};
const app = { name: 'app', image: 'quay.io/team/app:1' };

describe('peers get these wrong', () => {
  it('polaris: a port of the registry is no tag', () => {
    expect(judged('image-tag', { containers: [{ ...app, image: 'registry:5000/img' }] })).toEqual([
      'medium: container app runs registry:5000/img, without a tag, which means latest',
    ]);
  });

  it('polaris: one dropped capability is no hardening', () => {
    const securityContext = { capabilities: { drop: ['NET_RAW'] } };
    expect(judged('kernel-hardening', { containers: [{ ...app, securityContext }] })).toEqual([
      'medium: container app has no seccomp, AppArmor or SELinux setting, and drops no capabilities',
    ]);
  });

  it("checkov: RuntimeDefault of the pod does not excuse a container's Unconfined", () => {
    const securityContext = { seccompProfile: { type: 'Unconfined' } };
    const pod = { securityContext: hardened, containers: [{ ...app, securityContext }] };
    expect(judged('seccomp-unconfined', pod)).toEqual(['high: container app sets seccompProfile.type: Unconfined']);
    expect(judged('seccomp-profile', pod)).toEqual([]);
  });

  it('checkov: a Localhost profile is a profile', () => {
    const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile: 'app.json' } };
    expect(judged('seccomp-profile', { securityContext, containers: [app] })).toEqual([]);
    expect(judged('seccomp-unconfined', { securityContext, containers: [app] })).toEqual([]);
  });

  it.each(['/run/docker.sock', '/run/containerd/containerd.sock', '/var/run', '/var/run/docker.sock/'])(
    'checkov, kubesec: %s is a way to the socket',
    (path) => {
      const pod = { containers: [app], volumes: [{ name: 'v', hostPath: { path } }] };
      expect(judged('socket-mounted', pod)).toEqual([
        `critical: volume v gives ${path} of the node, and with it the runtime's socket`,
      ]);
    },
  );

  it('kubescape: a pod with runAsNonRoot passes without a runAsGroup', () => {
    expect(judged('run-as-non-root', { securityContext: { runAsNonRoot: true }, containers: [app] })).toEqual([]);
  });

  it('kubescape: only the exact repository is a platform component, and of every kind of workload', () => {
    expect(
      judged('image-eol-component', { containers: [{ ...app, image: 'quay.io/my/ingress-controller:1' }] }),
    ).toEqual([]);
    expect(
      judged('image-eol-component', {
        containers: [{ ...app, image: 'registry.k8s.io/ingress-nginx/controller:v1.11.10' }],
      }),
    ).toEqual([
      'high: container app runs registry.k8s.io/ingress-nginx/controller:v1.11.10: ingress-nginx controller is no longer maintained since 2026-03-31; use a Gateway API implementation, or an ingress controller that is maintained',
    ]);
  });

  it('kubescape: versions are numbers, so v1.11.10 has what v1.11.5 mended', () => {
    const image = (tag: string) => ({
      containers: [{ ...app, image: `registry.k8s.io/ingress-nginx/controller:${tag}` }],
    });
    expect(judged('image-eol-component', image('v1.11.4'))[0]).toMatch(/^critical: .*CVE-2025-1974/);
    expect(judged('image-eol-component', image('v1.11.10'))[0]).toMatch(/^high: .*no longer maintained/);
    expect(judged('image-eol-component', image('v1.9.6'))[0]).toMatch(/^critical: .*CVE-2025-1974/);
    expect(judged('image-eol-component', image('v1.12.0-beta.0'))[0]).toMatch(/^critical: .*CVE-2025-1974/);
  });

  it('kubescape: k8s.gcr.io is frozen in every namespace', () => {
    expect(judged('image-deprecated-registry', { containers: [{ ...app, image: 'k8s.gcr.io/pause:3.5' }] })).toEqual([
      'medium: container app runs k8s.gcr.io/pause:3.5 from k8s.gcr.io: it is frozen: no new image or fix has gone there; use registry.k8s.io',
    ]);
  });

  it('monokle: runAsNonRoot of the pod counts for its containers', () => {
    const pod = { securityContext: { runAsNonRoot: true }, initContainers: [{ ...app, name: 'a' }], containers: [app] };
    expect(judged('run-as-non-root', pod)).toEqual([]);
  });

  it('monokle: an AppArmor annotation is found under the name of its container', () => {
    const key = 'container.apparmor.security.beta.kubernetes.io/app';
    expect(judged('apparmor-unconfined', { containers: [app] }, { annotations: { [key]: 'unconfined' } })).toEqual([
      `high: annotation ${key} sets the AppArmor profile unconfined`,
    ]);
  });

  it('trivy: the AppArmor field counts as the annotation does', () => {
    const securityContext = { appArmorProfile: { type: 'Unconfined' } };
    expect(judged('apparmor-unconfined', { securityContext, containers: [app] })).toEqual([
      'high: the pod sets appArmorProfile.type: Unconfined',
    ]);
  });

  it('trivy: container_engine_t is an allowed SELinux type', () => {
    const securityContext = { seLinuxOptions: { type: 'container_engine_t' } };
    expect(judged('selinux-options', { securityContext, containers: [app] })).toEqual([]);
  });

  it('kube-score: Unconfined is no seccomp profile', () => {
    const securityContext = { seccompProfile: { type: 'Unconfined' } };
    expect(judged('seccomp-unconfined', { containers: [{ ...app, securityContext }] })).toHaveLength(1);
  });

  it('polaris, kube-score: an image with a digest needs no pull policy', () => {
    const image = `nginx@sha256:${'0a'.repeat(32)}`;
    expect(judged('image-pull-policy', { containers: [{ ...app, image, imagePullPolicy: 'Never' }] })).toEqual([]);
  });
});

describe('the fields of the pod and those of a container', () => {
  it('reports a pod-level root once, and lighter where no container takes it', () => {
    const [second, own] = [{ ...app, name: 'b' }, { securityContext: { runAsUser: 1 } }];
    const securityContext = { runAsUser: 0 };
    expect(judged('root-user', { securityContext, containers: [app, second] })).toEqual([
      'high: the pod sets runAsUser: 0',
    ]);
    expect(judged('root-user', { securityContext, containers: [{ ...app, ...own }] })).toEqual([
      'low: the pod sets runAsUser: 0; its containers override it, but those that are added later do not',
    ]);
  });

  it('asks for runAsNonRoot beside a numeric user, as the restricted standard does', () => {
    expect(judged('run-as-non-root', { securityContext: { runAsUser: 1000 }, containers: [app] })).toEqual([
      'low: container app runs as user 1000, but nothing sets runAsNonRoot: true',
    ]);
  });

  it('takes no annotation amiss that an old server wrote after the field', () => {
    const annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' };
    expect(judged('seccomp-annotation', { securityContext: hardened, containers: [app] }, { annotations })).toEqual([]);
    expect(judged('seccomp-annotation', { containers: [app] }, { annotations })).toEqual([
      'low: annotation seccomp.security.alpha.kubernetes.io/pod (runtime/default) has no effect since v1.27',
    ]);
  });

  it('gives the same verdict in whichever list a container is', () => {
    // Limits are left out: the API allows none for ephemeral containers, and init containers are let be.
    const symmetric = controls.filter(({ id }) => !id.endsWith('-limit'));
    const securityContext = fc.record(
      {
        runAsNonRoot: fc.boolean(),
        runAsUser: fc.constantFrom(0, 1000, 10001),
        runAsGroup: fc.constantFrom(0, 1000, 10001),
        readOnlyRootFilesystem: fc.boolean(),
        seccompProfile: fc.record({ type: fc.constantFrom('RuntimeDefault', 'Unconfined', 'Localhost', '') }),
        appArmorProfile: fc.record({ type: fc.constantFrom('RuntimeDefault', 'Unconfined') }),
        seLinuxOptions: fc.record({ type: fc.constantFrom('', 'spc_t', 'container_t') }),
        capabilities: fc.record({ drop: fc.constantFrom(['ALL'], ['NET_RAW'], []) }),
      },
      { requiredKeys: [] },
    );
    const container = fc.record({
      name: fc.constant('app'),
      image: fc.constantFrom('nginx', 'a:1', '<x>'),
      securityContext,
    });
    fc.assert(
      fc.property(container, securityContext, (one, ofPod) => {
        const inList = (list: string) =>
          symmetric.map((control) =>
            judgeExample(control, spec({ securityContext: ofPod, [list]: [one] })).map((f) => f.message),
          );
        const expected = inList('containers');
        expect(inList('initContainers')).toEqual(expected);
        expect(inList('ephemeralContainers')).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('limits', () => {
  const limited = (limits: object) => ({ ...app, resources: { limits } });

  it.each([['0'], [0], ['0Mi'], ['0.0'], ['.0'], ['0e3']])('%j is no limit', (memory) => {
    expect(judged('memory-limit', { containers: [limited({ memory })] })).toEqual([
      `medium: container app sets a memory limit of ${memory}, which limits nothing`,
    ]);
  });

  it('takes a limit of the whole pod, which ephemeral storage cannot have', () => {
    const pod = { resources: { limits: { memory: '1Gi', cpu: 1, 'ephemeral-storage': '1Gi' } }, containers: [app] };
    expect(judged('memory-limit', pod)).toEqual([]);
    expect(judged('cpu-limit', pod)).toEqual([]);
    expect(judged('ephemeral-storage-limit', pod)).toEqual(['low: no ephemeral-storage limit for app']);
  });

  it('asks sidecars for limits, and neither init nor ephemeral containers', () => {
    const pod = {
      initContainers: [
        { ...app, name: 'setup' },
        { ...app, name: 'proxy', restartPolicy: 'Always' },
      ],
      ephemeralContainers: [{ ...app, name: 'debug' }],
      containers: [limited({ cpu: 1 })],
    };
    expect(judged('cpu-limit', pod)).toEqual(['low: container proxy has no CPU limit']);
    expect(judged('ephemeral-storage-limit', pod)).toEqual(['low: no ephemeral-storage limit for proxy, app']);
  });

  it('reports an emptyDir that nothing bounds', () => {
    const volumes = [
      { name: 'disk', emptyDir: {} },
      { name: 'shm', emptyDir: { medium: 'Memory' } },
      { name: 'small', emptyDir: { sizeLimit: '1Mi' } },
      { name: 'none' },
    ];
    expect(judged('ephemeral-storage-limit', { containers: [app], volumes })).toEqual([
      'low: no ephemeral-storage limit for app',
      'low: emptyDir disk has no sizeLimit, and nothing else bounds what it takes',
      'low: emptyDir shm has no sizeLimit, and nothing else bounds the memory it takes',
      'low: emptyDir none has no sizeLimit, and nothing else bounds what it takes',
    ]);
    expect(
      judged('ephemeral-storage-limit', { containers: [limited({ 'ephemeral-storage': '1Gi' })], volumes }),
    ).toEqual(['low: emptyDir shm has no sizeLimit, and nothing else bounds the memory it takes']);
  });
});

describe('fixes', () => {
  const mendable = controls.filter((control) => control.fix !== undefined);

  it.each(mendable.map((control) => [control.id, control] as const))('%s mends its failing examples', (_, control) => {
    for (const text of control.examples.fail) {
      const mended = mend(control, text);
      expect(judgeExample(control, mended), text).toEqual([]);
      expect(mend(control, mended), text).toBe(mended);
    }
  });

  it('migrates a seccomp annotation to the field, and keeps the profile it named', () => {
    const control = controls.find(({ id }) => id === 'container-runtime/seccomp-annotation') as AnyControl;
    const key = 'container.seccomp.security.alpha.kubernetes.io/app';
    const text = spec({ containers: [app] }, { annotations: { [key]: 'localhost/app.json' } });
    const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile: 'app.json' } };
    expect(JSON.parse(mend(control, text)).spec.containers).toEqual([{ ...app, securityContext }]);
  });
});

/** The objects of a text with the fixes of one control made, as JSON documents. */
function mend(control: AnyControl, text: string): string {
  const judgement = judgeText([control], text);
  const fixes = [...planFixes(judgement, { allow: 'may-break' }).fixes.values()].flat();
  const mended = judgement.snapshot.objects.map((object) => {
    const edits = fixes.filter(({ place }) => place.object === object).flatMap((fix) => fix.edits);
    return JSON.stringify(applyEditsToValue(object.value, edits));
  });
  return mended.join('\n---\n');
}
