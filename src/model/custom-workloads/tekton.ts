import type { Path } from '../path.ts';
import { type Pod, readPod, type Undecided } from '../pod.ts';
import type { ReadTemplates } from '../pod-template.ts';
import type { Reader } from '../reader.ts';
import {
  affordable,
  assemble,
  assembleList,
  fieldOf,
  firstSet,
  itemsOf,
  layer,
  type Placed,
  PlacedReader,
  placed,
  placedField,
  withFields,
} from './placed.ts';
import { itemName, joinNames } from './places.ts';
import { anyOf, noPlace, onlyContainers, onlySetFields, parameters } from './undecided.ts';

/*
 * Tekton's steps and sidecars are the containers of one pod, `stepTemplate` lies under every step, and the pod's own
 * fields come from the run. Source: tektoncd/pipeline, the fields of TaskSpec, PodTemplate and the run specs, v1 and
 * v1beta1.
 */

/** What a run says of the pod of a task. Where several places say it, the first wins. */
interface Run {
  readonly podTemplates: readonly Placed[];
  readonly serviceAccountNames: readonly Placed[];
  /** By the name of a step or sidecar. */
  readonly resources: ReadonlyMap<string, Placed>;
  /** Resources of the whole task, which its steps share. */
  readonly taskResources: readonly Placed[];
}

interface Task {
  readonly spec: Reader;
  readonly metadata: Reader;
  /** Undefined for a task that no run in the same object uses. */
  readonly run: Run | undefined;
}

/** Pipelines hold tasks that hold pipelines; nothing real goes deeper. */
const maxNesting = 4;

/** Pod spec fields that a run's pod template can set, beside `volumes`. */
const podTemplateFields = [
  ...['affinity', 'automountServiceAccountToken', 'dnsConfig', 'dnsPolicy', 'enableServiceLinks', 'hostAliases'],
  ...['hostNetwork', 'hostUsers', 'imagePullSecrets', 'nodeSelector', 'priorityClassName', 'runtimeClassName'],
  ...['schedulerName', 'securityContext', 'tolerations', 'topologySpreadConstraints'],
];

const homes: ReadonlySet<string> = new Set([...podTemplateFields, 'serviceAccountName']);

/** Task, ClusterTask: whoever runs it decides what it leaves out. */
export const tektonTask: ReadTemplates = function* (root) {
  if (!root.has('spec')) return;
  const spec = root.object('spec');
  yield { name: '', pod: taskPod(root, { spec, metadata: root.object('metadata'), run: undefined }) };
};

export const tektonTaskRun: ReadTemplates = function* (root) {
  const spec = root.object('spec');
  const metadata = root.object('metadata');
  const run: Run = {
    podTemplates: [placedField(spec, 'podTemplate')],
    serviceAccountNames: [placedField(spec, 'serviceAccountName')],
    resources: stepResources(spec),
    taskResources: [placedField(spec, 'computeResources')],
  };
  const inline = spec.has('taskSpec');
  yield {
    name: '',
    pod: inline ? taskPod(root, { spec: spec.object('taskSpec'), metadata, run }) : podOfRun(root, spec, run),
  };
};

/** Pipeline: its tasks' pods, as far as the tasks are written in it. */
export const tektonPipeline: ReadTemplates = function* (root) {
  for (const { name, spec } of inlineTasks(root.object('spec'), '', maxNesting)) {
    yield { name, pod: taskPod(root, { spec, metadata: spec.object('metadata'), run: undefined }) };
  }
};

export const tektonPipelineRun: ReadTemplates = function* (root) {
  const spec = root.object('spec');
  const template = spec.object('taskRunTemplate');
  // v1 keeps them in taskRunTemplate, v1beta1 in the spec itself.
  const podTemplate = firstSet(placedField(template, 'podTemplate'), placedField(spec, 'podTemplate'));
  const account = firstSet(placedField(template, 'serviceAccountName'), placedField(spec, 'serviceAccountName'));
  const tasks = [...inlineTasks(spec.object('pipelineSpec'), '', maxNesting)];
  if (!affordable(tasks.length, podTemplate, root.malformed)) return;
  const byTask = new Map(spec.objects('taskRunSpecs').map((own) => [own.string('pipelineTaskName'), own]));
  for (const { name, pipelineTask, spec: task } of tasks) {
    const own = byTask.get(pipelineTask);
    const run: Run = {
      podTemplates: [...fieldsOf(own, 'podTemplate', 'taskPodTemplate'), podTemplate],
      serviceAccountNames: [...fieldsOf(own, 'serviceAccountName', 'taskServiceAccountName'), account],
      resources: own === undefined ? new Map() : stepResources(own),
      taskResources: fieldsOf(own, 'computeResources'),
    };
    yield { name, pod: taskPod(root, { spec: task, metadata: task.object('metadata'), run }) };
  }
  if (spec.has('pipelineSpec')) return;
  const run: Run = {
    podTemplates: [podTemplate],
    serviceAccountNames: [account],
    resources: new Map(),
    taskResources: [],
  };
  yield { name: '', pod: podOfRun(root, spec, run) };
};

/** A step that tasks refer to: one container, of which the step that refers to it decides the rest. */
export const tektonStepAction: ReadTemplates = function* (root) {
  if (!root.has('spec')) return;
  const spec = root.object('spec');
  const metadata = root.object('metadata');
  const container = withFields(placed(spec), [['name', placedField(metadata, 'name')]]);
  const pod = assemble(spec.path, [['containers', assembleList(spec.path, [container])]]);
  const undecided = anyOf(parameters(root.raw, '$('), onlySetFields(root.raw, 'the task that uses it'));
  yield { name: '', pod: readPod(new PlacedReader(pod, root.malformed), metadata, undecided) };
};

/** Tasks that a pipeline spells out. `pipelineTask` is the name that a run's `taskRunSpecs` use. */
function* inlineTasks(
  pipeline: Reader,
  prefix: string,
  depth: number,
): Generator<{ name: string; pipelineTask: string; spec: Reader }> {
  for (const list of ['tasks', 'finally']) {
    for (const item of pipeline.objects(list)) {
      const pipelineTask = itemName(item, 'name');
      const name = joinNames(prefix, list, pipelineTask);
      const spec = item.object('taskSpec');
      // A custom task has an apiVersion and a kind of its own, and no steps.
      if (spec.has('steps')) yield { name, pipelineTask, spec };
      if (item.has('pipelineSpec') && depth > 0) yield* inlineTasks(item.object('pipelineSpec'), name, depth - 1);
    }
  }
}

/** What a run says of the pods of a task or pipeline that stands elsewhere. */
function podOfRun(root: Reader, spec: Reader, run: Run): Pod {
  return readPod(
    new PlacedReader(assemble(spec.path, podFields(spec, run)), root.malformed),
    root.object('metadata'),
    anyOf(parameters(root.raw, '$('), onlySetFields(root.raw, 'what it refers to')),
  );
}

function taskPod(root: Reader, { spec, metadata, run }: Task): Pod {
  const steps = spec.objects('steps');
  const template = placedField(spec, 'stepTemplate');
  const applied = affordable(steps.length, template, root.malformed);
  const containers: Placed[] = [];
  for (const [index, step] of steps.entries()) {
    const container = applied ? layer(placed(step), template) : placed(step);
    containers.push(asContainer(container, step.string('name') || `unnamed-${index}`, run));
  }
  for (const [index, sidecar] of spec.objects('sidecars').entries()) {
    containers.push(asContainer(placed(sidecar), sidecar.string('name') || `unnamed-sidecar-${index}`, run));
  }
  const pod = assemble(spec.path, [
    ...podFields(spec, run),
    ['containers', assembleList(spec.at('steps'), containers)],
  ]);
  const undecided = [parameters(root.raw, '$('), noPlace(spec.path, homes, 'task'), stepActions(root, steps)];
  if (run === undefined) undecided.push(untilRun(root, containers));
  return readPod(new PlacedReader(pod, root.malformed), metadata, anyOf(...undecided));
}

/** What a task leaves out is for the run that uses it to say. */
function untilRun(root: Reader, containers: readonly Placed[]): Undecided {
  const paths = containers.map(({ place }) => place.path);
  const overridable = new Set(['computeResources', 'resources']);
  return onlyContainers(root.raw, paths, { who: 'the run of the task', overridable });
}

/** Steps that refer to a step action take from it what they do not set. */
function stepActions(root: Reader, steps: readonly Reader[]): Undecided {
  const referring = new Set(steps.filter((step) => step.has('ref')).map(({ path }) => pathKey(path)));
  const depth = steps[0]?.path.length ?? 0;
  const onlySet = onlySetFields(root.raw, 'the step action');
  return (at) => (referring.has(pathKey(at.slice(0, depth))) ? onlySet(at) : undefined);
}

/** A step or sidecar as a container: v1 calls `resources` `computeResources`, and the run may override them. */
function asContainer(step: Placed, name: string, run: Run | undefined): Placed {
  const own = firstSet(fieldOf(step, 'computeResources'), fieldOf(step, 'resources'));
  const ofStep = run?.resources.get(name);
  const resources = firstSet(own, ...(run?.taskResources ?? []));
  return withFields(step, [
    ['name', { ...fieldOf(step, 'name'), value: name }],
    ['resources', ofStep === undefined ? resources : firstSet(ofStep, resources)],
  ]);
}

/** What a run says of the resources of single steps and sidecars, v1 first. */
function stepResources(run: Reader): ReadonlyMap<string, Placed> {
  const resources = new Map<string, Placed>();
  for (const list of ['stepSpecs', 'stepOverrides', 'sidecarSpecs', 'sidecarOverrides']) {
    for (const item of run.objects(list)) {
      const set = firstSet(placedField(item, 'computeResources'), placedField(item, 'resources'));
      if (set.value !== undefined) resources.set(item.string('name') ?? '', set);
    }
  }
  return resources;
}

function podFields(spec: Reader, run: Run | undefined): [string, Placed][] {
  const templates = run?.podTemplates ?? [];
  const fields: [string, Placed][] = podTemplateFields.flatMap((field) =>
    namedField(
      field,
      templates.map((template) => fieldOf(template, field)),
    ),
  );
  fields.push(...namedField('serviceAccountName', run?.serviceAccountNames ?? []));
  const [volumes, ...others] = templates.map((template) => fieldOf(template, 'volumes'));
  const ofRun = volumes === undefined ? [] : itemsOf(firstSet(volumes, ...others));
  fields.push(['volumes', assembleList(spec.at('volumes'), [...spec.objects('volumes').map(placed), ...ofRun])]);
  return fields;
}

function namedField(name: string, [first, ...others]: readonly Placed[]): [string, Placed][] {
  return first === undefined ? [] : [[name, firstSet(first, ...others)]];
}

function fieldsOf(reader: Reader | undefined, ...names: readonly string[]): readonly Placed[] {
  return reader === undefined ? [] : names.map((name) => placedField(reader, name));
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}
