import { isList, isObject } from '../json.ts';
import { readPod } from '../pod.ts';
import type { PodTemplate, ReadTemplates } from '../pod-template.ts';
import { Reader } from '../reader.ts';
import {
  affordable,
  assemble,
  assembleList,
  fieldOf,
  firstSet,
  implied,
  itemsOf,
  layer,
  type Placed,
  PlacedReader,
  placed,
  placedField,
  withFields,
} from './placed.ts';
import { itemName, joinNames, matches, parsePlace } from './places.ts';
import { anyOf, noPlace, onlySetFields, parameters } from './undecided.ts';

/** Inline templates hold steps with inline templates; nothing real goes deeper. */
const maxInline = 4;

/**
 * The pods of an Argo workflow spec at `place`: one for each template that runs containers. `spec.templateDefaults`
 * lies under every template, and a template's own pod fields replace the workflow's.
 * Source: argoproj/argo-workflows, the fields of WorkflowSpec and Template.
 */
export function argoWorkflow(place: string): ReadTemplates {
  const parsed = parsePlace(place);
  return function* (root) {
    for (const { reader } of matches(root, parsed)) yield* workflowPods(reader, root);
  };
}

function* workflowPods(spec: Reader, root: Reader): Generator<PodTemplate> {
  const defaults = placedField(spec, 'templateDefaults');
  const templates: { name: string; template: Reader }[] = [];
  for (const item of spec.objects('templates')) {
    templates.push(...withInline(item, joinNames('templates', itemName(item, 'name')), maxInline));
  }
  const shared = assemble(
    spec.path,
    ['templateDefaults', 'podMetadata', ...workflowFields].map((field) => [field, placedField(spec, field)]),
  );
  if (!affordable(templates.length, shared, root.malformed)) return;
  const volumes = byName(spec);
  for (const { name, template } of templates) {
    const merged = new PlacedReader(layer(placed(template), defaults), root.malformed);
    if (runsContainers(merged)) yield { name, pod: templatePod({ root, spec, volumes }, merged) };
  }
}

/** A template, and those that its steps and tasks hold inline. */
function* withInline(template: Reader, name: string, depth: number): Generator<{ name: string; template: Reader }> {
  yield { name, template };
  if (depth === 0) return;
  for (const step of [...stepsOf(template), ...template.object('dag').objects('tasks')]) {
    if (!step.has('inline')) continue;
    yield* withInline(step.object('inline'), joinNames(name, itemName(step, 'name')), depth - 1);
  }
}

/** `steps` is a list of lists: what is in an inner list runs in parallel. */
function* stepsOf(template: Reader): Generator<Reader> {
  const groups = template.get('steps');
  if (!isList(groups)) return;
  for (const [group, steps] of groups.entries()) {
    if (!isList(steps)) continue;
    for (const [index, step] of steps.entries()) {
      if (isObject(step)) yield new Reader(step, template.at('steps', group, index), template.malformed);
    }
  }
}

/** Templates of steps, tasks, HTTP requests and plugins make no pod of their own. */
function runsContainers(template: Reader): boolean {
  return template.has('container') || template.has('script') || template.has('containerSet');
}

interface Workflow {
  readonly root: Reader;
  readonly spec: Reader;
  readonly volumes: ReadonlyMap<string, Placed>;
}

/** Pod spec fields that a template takes from the workflow where it does not set them. */
const eitherFields = [
  ...['activeDeadlineSeconds', 'affinity', 'automountServiceAccountToken', 'nodeSelector', 'schedulerName'],
  ...['securityContext', 'serviceAccountName', 'tolerations'],
];

/** Pod spec fields that only the workflow can set. */
const workflowFields = [
  ...eitherFields,
  ...['dnsConfig', 'dnsPolicy', 'hostAliases', 'hostNetwork', 'imagePullSecrets', 'podPriorityClassName'],
];

function templatePod({ root, spec, volumes }: Workflow, template: PlacedReader): PodTemplate['pod'] {
  const own = (field: string): Placed => placedField(template, field);
  const set = template.object('containerSet');
  const mounts = assemble(set.path, [['volumeMounts', placedField(set, 'volumeMounts')]]);
  const setContainers = set.objects('containers').map(placed);
  const containers = [
    ...['container', 'script'].flatMap((field) => mainContainer(template, field)),
    ...(affordable(setContainers.length, mounts, root.malformed)
      ? setContainers.map((container) => layer(container, mounts))
      : setContainers),
    ...template.objects('sidecars').map(placed),
  ];
  const initContainers = template.objects('initContainers').map(placed);
  const aliases = [...spec.objects('hostAliases'), ...template.objects('hostAliases')].map(placed);
  const fields = new Map<string, Placed>();
  for (const field of workflowFields) fields.set(field, placedField(spec, field));
  for (const field of eitherFields) fields.set(field, firstSet(own(field), placedField(spec, field)));
  fields.set('priorityClassName', firstSet(own('priorityClassName'), placedField(spec, 'podPriorityClassName')));
  fields.set('hostAliases', assembleList(spec.at('hostAliases'), aliases));
  const mounted = mountedVolumes([...containers, ...initContainers], byName(template), volumes);
  fields.set('volumes', assembleList(spec.at('volumes'), mounted));
  fields.set('containers', assembleList(template.path, containers));
  fields.set('initContainers', assembleList(own('initContainers').place.path, initContainers));
  const patched = spec.has('podSpecPatch') || template.has('podSpecPatch');
  return readPod(
    new PlacedReader(assemble(template.path, fields), root.malformed),
    new PlacedReader(layer(own('metadata'), placedField(spec, 'podMetadata')), root.malformed),
    anyOf(
      parameters(root.raw, '{{'),
      patched ? onlySetFields(root.raw, 'podSpecPatch') : noPlace(template.path, new Set(fields.keys()), 'workflow'),
    ),
  );
}

/** The controller calls the container of a template `main`, whatever name it is given. */
function mainContainer(template: Reader, field: string): Placed[] {
  if (!template.has(field)) return [];
  const container = template.object(field);
  return [withFields(placed(container), [['name', implied('main', container.at('name'))]])];
}

/** The pod gets the volumes that its containers mount: the template's before the workflow's of the same name. */
function mountedVolumes(
  containers: readonly Placed[],
  own: ReadonlyMap<string, Placed>,
  workflow: ReadonlyMap<string, Placed>,
): readonly Placed[] {
  const mounted = new Map<string, Placed>();
  for (const container of containers) {
    for (const mount of itemsOf(fieldOf(container, 'volumeMounts'))) {
      const name = fieldOf(mount, 'name').value;
      const volume = typeof name === 'string' ? (own.get(name) ?? workflow.get(name)) : undefined;
      if (typeof name === 'string' && volume !== undefined) mounted.set(name, volume);
    }
  }
  return [...mounted.values()];
}

function byName(holder: Reader): ReadonlyMap<string, Placed> {
  return new Map(holder.objects('volumes').map((volume) => [volume.string('name') ?? '', placed(volume)]));
}
