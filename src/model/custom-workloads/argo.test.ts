import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import type { Path } from '../path.ts';
import type { Pod } from '../pod.ts';
import { readWorkload, type Workload } from '../workload.ts';

const workflow = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: build-
spec:
  entrypoint: main
  serviceAccountName: builder
  hostNetwork: true # workflow
  podPriorityClassName: batch
  podMetadata: { labels: { team: ci } }
  securityContext:
    runAsNonRoot: true # workflow
  volumes:
    - name: docker
      hostPath: { path: /var/run/docker.sock } # docker
    - name: unused
      hostPath: { path: / }
  templates:
    - name: main
      steps:
        - - name: first
            template: build
          - name: inner
            inline:
              container:
                image: registry.example/inner:1.0
    - name: build
      metadata: { labels: { step: build } }
      serviceAccountName: template
      securityContext:
        runAsUser: 0 # template
      initContainers:
        - name: fetch
          image: registry.example/git:1.0
      container:
        name: ignored
        image: registry.example/builder:1.0
        securityContext:
          privileged: true # main
        volumeMounts: [{ name: docker, mountPath: /var/run/docker.sock }]
      sidecars:
        - name: cache
          image: registry.example/cache:1.0
    - name: script
      script:
        image: "{{inputs.parameters.image}}"
        source: echo hello
    - name: set
      containerSet:
        volumeMounts: [{ name: work, mountPath: /work }]
        containers:
          - name: one
            image: registry.example/one:1.0
          - name: two
            image: registry.example/two:1.0
      volumes:
        - name: work
          hostPath: { path: /work }
`;

function read(manifest: string): { workload: Workload; line: (path: Path) => string } {
  const object = decodeManifest(manifest, 'workflow.yaml').objects[0];
  const workload = object && readWorkload(object);
  if (workload === undefined) throw new Error('no workload');
  const lines = manifest.split('\n');
  return {
    workload,
    line: (path) => (lines[(workload.object.source.positions?.locate(path)?.line ?? 0) - 1] ?? '').trim(),
  };
}

function podOf(workload: Workload, name: string): Pod {
  const template = workload.templates.find((candidate) => candidate.name === name);
  if (template === undefined) throw new Error(`no template ${name}`);
  return template.pod;
}

describe('Argo workflows', () => {
  const { workload, line } = read(workflow);

  it('have a pod for each template that runs containers', () => {
    expect(
      workload.templates.map(({ name, pod }) => [name, ...pod.containers.map((c) => `${c.role} ${c.name}`)]),
    ).toEqual([
      ['templates/main/inner', 'container main'],
      ['templates/build', 'init fetch', 'container main', 'container cache'],
      ['templates/script', 'container main'],
      ['templates/set', 'container one', 'container two'],
    ]);
    expect(workload.malformed).toEqual([]);
  });

  it('take pod fields from the template, else from the workflow, each where it stands', () => {
    const build = podOf(workload, 'templates/build');
    expect(build).toMatchObject({ hostNetwork: true, serviceAccountName: 'template', priorityClassName: 'batch' });
    expect([...build.labels]).toEqual([
      ['step', 'build'],
      ['team', 'ci'],
    ]);
    expect(line(build.at('hostNetwork'))).toBe('hostNetwork: true # workflow');
    expect(build.securityContext).toMatchObject({ runAsUser: 0, runAsNonRoot: undefined });
    expect(line(build.at('securityContext', 'runAsUser'))).toBe('runAsUser: 0 # template');
    const main = build.containers[1];
    expect(line(main?.at('securityContext', 'privileged') ?? [])).toBe('privileged: true # main');
    const script = podOf(workload, 'templates/script');
    expect(script.serviceAccountName).toBe('builder');
    expect(line(script.at('securityContext', 'runAsNonRoot'))).toBe('runAsNonRoot: true # workflow');
  });

  it('have the volumes that their containers mount', () => {
    const build = podOf(workload, 'templates/build');
    expect(build.volumes.map(({ name, path }) => [name, line([...path, 'hostPath', 'path'])])).toEqual([
      ['docker', 'hostPath: { path: /var/run/docker.sock } # docker'],
    ]);
    const set = podOf(workload, 'templates/set');
    expect(set.volumes.map(({ path }) => path)).toEqual([['spec', 'templates', 3, 'volumes', 0]]);
    expect(set.containers.map(({ volumeMounts }) => volumeMounts[0]?.path)).toEqual([
      ['spec', 'templates', 3, 'containerSet', 'volumeMounts', 0],
      ['spec', 'templates', 3, 'containerSet', 'volumeMounts', 0],
    ]);
  });

  it('leave parameters, and what a workflow has no field for, undecided', () => {
    const script = podOf(workload, 'templates/script');
    const undecided = script.undecided ?? (() => undefined);
    const container = script.containers[0];
    expect(undecided(container?.at('image') ?? [])).toBe('a parameter decides it when the object is run');
    expect(undecided(script.at('hostUsers'))).toBe('a workflow has no field for it');
    expect(undecided(script.at('securityContext', 'fsGroup'))).toBeUndefined();
    expect(undecided(container?.at('securityContext', 'allowPrivilegeEscalation') ?? [])).toBeUndefined();
  });

  it('decide only what they set where they carry a podSpecPatch', () => {
    const patched = read(workflow.replace('  entrypoint: main', "  podSpecPatch: 'hostPID: false'"));
    const build = podOf(patched.workload, 'templates/build');
    const main = build.containers[1];
    expect(build.undecided?.(main?.at('securityContext', 'privileged') ?? [])).toBeUndefined();
    expect(build.undecided?.(main?.at('securityContext', 'allowPrivilegeEscalation') ?? [])).toMatch('podSpecPatch');
  });

  it('lay templateDefaults under every template', () => {
    const text = `apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: { name: nightly }
spec:
  workflowSpec:
    templateDefaults:
      container:
        securityContext:
          privileged: true # defaults
          runAsUser: 0
    templates:
      - name: report
        container:
          image: registry.example/report:1.0
          securityContext:
            runAsUser: 1000 # template
`;
    const cron = read(text);
    const [container] = podOf(cron.workload, 'templates/report').containers;
    expect(container?.securityContext).toMatchObject({ privileged: true, runAsUser: 1000 });
    expect(cron.line(container?.at('securityContext', 'privileged') ?? [])).toBe('privileged: true # defaults');
    expect(cron.line(container?.at('securityContext', 'runAsUser') ?? [])).toBe('runAsUser: 1000 # template');
    expect(container?.at('securityContext', 'runAsNonRoot')).toEqual([
      ...['spec', 'workflowSpec', 'templates', 0, 'container', 'securityContext', 'runAsNonRoot'],
    ]);
  });

  it('do not copy a huge field into thousands of pods', () => {
    const templates = Array.from({ length: 3000 }, (_, index) => ({ name: `t${index}`, container: { image: 'a' } }));
    const sysctls = Array.from({ length: 3000 }, (_, index) => ({ name: `net.${index}`, value: '1' }));
    const bomb = read(
      JSON.stringify({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Workflow',
        metadata: { name: 'bomb' },
        spec: { securityContext: { sysctls }, templates },
      }),
    );
    expect(bomb.workload.templates).toEqual([]);
    expect(bomb.workload.malformed.map(({ message }) => message)).toEqual([
      'spec is too large to be applied to 3000 pods or containers',
    ]);
  });
});
