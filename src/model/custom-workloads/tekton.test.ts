import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import type { Path } from '../path.ts';
import { readWorkload, type Workload } from '../workload.ts';

function read(manifest: string): { workload: Workload; line: (path: Path | undefined) => string } {
  const object = decodeManifest(manifest, 'tekton.yaml').objects[0];
  const workload = object && readWorkload(object);
  if (workload === undefined) throw new Error('no workload');
  const lines = manifest.split('\n');
  return {
    workload,
    line: (path) => (lines[(workload.object.source.positions?.locate(path ?? [])?.line ?? 0) - 1] ?? '').trim(),
  };
}

function names(workload: Workload): string[] {
  return workload.templates.flatMap(({ name, pod }) =>
    pod.containers.map((c) => [name, c.role, c.name, c.image ?? '-'].join(' ').trim()),
  );
}

const task = `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: build }
spec:
  stepTemplate:
    image: registry.example/base:1.0 # template
    env: [{ name: HOME, value: /tekton/home }, { name: MODE, value: slow }]
    securityContext:
      privileged: true # template
      runAsUser: 0
  steps:
    - name: compile
      env: [{ name: MODE, value: fast }]
      securityContext:
        runAsUser: 1000 # compile
      computeResources:
        limits: { memory: 1Gi } # compile
    - image: $(params.image)
      securityContext:
        privileged: false
    - name: shared
      ref: { name: clone }
  sidecars:
    - name: docker
      image: registry.example/dind:1.0
      securityContext:
        privileged: true # docker
  volumes:
    - name: socket
      hostPath: { path: /var/run/docker.sock }
`;

describe('Tekton tasks', () => {
  const { workload, line } = read(task);
  const pod = workload.templates[0]?.pod;
  const [compile, unnamed, shared, docker] = pod?.containers ?? [];
  const undecided = pod?.undecided ?? (() => undefined);

  it('have steps and sidecars as containers', () => {
    expect(names(workload)).toEqual([
      'container compile registry.example/base:1.0',
      'container unnamed-1 $(params.image)',
      'container shared registry.example/base:1.0',
      'container docker registry.example/dind:1.0',
    ]);
    expect(pod?.volumes.map(({ type, path }) => [type, path])).toEqual([['hostPath', ['spec', 'volumes', 0]]]);
  });

  it('lay the step template under every step, each field where it stands', () => {
    expect(compile?.securityContext).toMatchObject({ privileged: true, runAsUser: 1000 });
    expect(line(compile?.at('securityContext', 'privileged'))).toBe('privileged: true # template');
    expect(line(compile?.at('securityContext', 'runAsUser'))).toBe('runAsUser: 1000 # compile');
    expect(line(compile?.at('image'))).toBe('image: registry.example/base:1.0 # template');
    expect(compile?.env.map(({ name, value }) => `${name}=${value}`)).toEqual(['MODE=fast', 'HOME=/tekton/home']);
    expect(compile?.env[1]?.path).toEqual(['spec', 'stepTemplate', 'env', 0]);
    expect(compile?.resources.limits.get('memory')).toBe('1Gi');
    expect(line(compile?.at('resources', 'limits', 'memory'))).toBe('limits: { memory: 1Gi } # compile');
    expect(unnamed?.securityContext.privileged).toBe(false);
    expect(docker?.securityContext).toMatchObject({ privileged: true, runAsUser: undefined });
  });

  it('leave the pod, and what containers take from it, to the run', () => {
    const byRun = 'the object does not set it, so the run of the task decides it';
    expect(undecided(pod?.at('hostNetwork') ?? [])).toBe(byRun);
    expect(undecided(docker?.at('securityContext', 'runAsNonRoot') ?? [])).toBe(byRun);
    expect(undecided(docker?.at('resources', 'limits', 'cpu') ?? [])).toBe(byRun);
    expect(undecided(docker?.at('securityContext', 'privileged') ?? [])).toBeUndefined();
    expect(undecided(docker?.at('securityContext', 'allowPrivilegeEscalation') ?? [])).toBeUndefined();
    expect(undecided(unnamed?.at('image') ?? [])).toBe('a parameter decides it when the object is run');
    expect(undecided(shared?.at('securityContext', 'readOnlyRootFilesystem') ?? [])).toMatch('the step action');
    expect(undecided(pod?.at('hostPID') ?? [])).toBe('a task has no field for it');
  });
});

describe('Tekton runs', () => {
  it('give the pod of the task that they spell out', () => {
    const text = `apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { name: run }
spec:
  serviceAccountName: builder
  computeResources: { limits: { cpu: "2" } }
  podTemplate:
    hostNetwork: true # run
    securityContext: { runAsNonRoot: true }
    volumes: [{ name: host, hostPath: { path: / } }]
  stepSpecs: [{ name: two, computeResources: { limits: { cpu: "1" } } }]
  taskSpec:
    volumes: [{ name: work, emptyDir: {} }]
    steps: [{ name: one, image: a }, { name: two, image: b, computeResources: { limits: { cpu: "4" } } }]
`;
    const { workload, line } = read(text);
    const pod = workload.templates[0]?.pod;
    expect(pod).toMatchObject({ hostNetwork: true, serviceAccountName: 'builder' });
    expect(line(pod?.at('hostNetwork'))).toBe('hostNetwork: true # run');
    expect(pod?.volumes.map(({ path }) => path)).toEqual([
      ['spec', 'taskSpec', 'volumes', 0],
      ['spec', 'podTemplate', 'volumes', 0],
    ]);
    expect(pod?.containers.map((c) => [c.name, c.effective.runAsNonRoot, c.resources.limits.get('cpu')])).toEqual([
      ['one', true, '2'],
      ['two', true, '1'],
    ]);
    expect(pod?.undecided?.(pod.at('automountServiceAccountToken'))).toBeUndefined();
  });

  it('give what they say of the pod of a task that stands elsewhere', () => {
    const text = `apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata: { name: run }
spec:
  pipelineRef: { name: release }
  podTemplate:
    hostNetwork: true # run
`;
    const { workload, line } = read(text);
    const pod = workload.templates[0]?.pod;
    expect(pod?.containers).toEqual([]);
    expect(line(pod?.at('hostNetwork'))).toBe('hostNetwork: true # run');
    expect(pod?.undecided?.(pod.at('hostNetwork'))).toBeUndefined();
    expect(pod?.undecided?.(pod.at('securityContext', 'runAsNonRoot'))).toMatch('what it refers to decides it');
  });

  it('let taskRunSpecs win over taskRunTemplate, field by field', () => {
    const text = `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { name: run }
spec:
  taskRunTemplate:
    serviceAccountName: everyone
    podTemplate: { hostNetwork: true, securityContext: { runAsUser: 1000 } }
  taskRunSpecs:
    - pipelineTaskName: deploy
      serviceAccountName: deployer
      podTemplate: { securityContext: { runAsUser: 0 } }
  pipelineSpec:
    tasks:
      - name: build
        taskSpec: { steps: [{ name: s, image: a }] }
      - name: elsewhere
        taskRef: { name: t }
    finally:
      - name: deploy
        taskSpec: { steps: [{ name: s, image: b }] }
`;
    const { workload } = read(text);
    expect(names(workload)).toEqual(['tasks/build container s a', 'finally/deploy container s b']);
    expect(workload.templates.map(({ pod }) => [pod.serviceAccountName, pod.securityContext.runAsUser])).toEqual([
      ['everyone', 1000],
      ['deployer', 0],
    ]);
    const deploy = workload.templates[1]?.pod;
    expect(deploy?.hostNetwork).toBe(true);
    expect(deploy?.at('securityContext', 'runAsUser')).toEqual([
      ...['spec', 'taskRunSpecs', 0, 'podTemplate', 'securityContext', 'runAsUser'],
    ]);
  });
});

describe('Tekton pipelines and step actions', () => {
  it('show the tasks that a pipeline spells out', () => {
    const text = `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: release }
spec:
  tasks:
    - name: build
      taskSpec:
        metadata: { labels: { step: build } }
        steps:
          - name: s
            image: a
            securityContext:
              privileged: true # build
    - name: custom
      taskSpec: { apiVersion: example.dev/v1, kind: Wait, spec: {} }
    - name: nested
      pipelineSpec: { tasks: [{ name: inner, taskSpec: { steps: [{ name: s, image: b }] } }] }
`;
    const { workload, line } = read(text);
    expect(names(workload)).toEqual(['tasks/build container s a', 'tasks/nested/tasks/inner container s b']);
    const pod = workload.templates[0]?.pod;
    expect(pod?.labels.get('step')).toBe('build');
    expect(line(pod?.containers[0]?.at('securityContext', 'privileged'))).toBe('privileged: true # build');
  });

  it('show the one container of a step action, and no more', () => {
    const text = `apiVersion: tekton.dev/v1beta1
kind: StepAction
metadata: { name: clone }
spec:
  image: registry.example/git:latest
  securityContext:
    privileged: true # clone
`;
    const { workload, line } = read(text);
    expect(names(workload)).toEqual(['container clone registry.example/git:latest']);
    const pod = workload.templates[0]?.pod;
    const container = pod?.containers[0];
    expect(line(container?.at('securityContext', 'privileged'))).toBe('privileged: true # clone');
    expect(pod?.undecided?.(container?.at('resources', 'limits') ?? [])).toMatch('the task that uses it decides it');
  });
});
