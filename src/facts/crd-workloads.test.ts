import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import type { Json } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Workload } from '../model/workload.ts';
import { crdWorkloads, podPlaces } from './crd-workloads.ts';
import { factsOf } from './facts.ts';
import { workloadOf } from './workloads.ts';

function workloadsIn(snapshot: Snapshot): Workload[] {
  const read = factsOf(snapshot).get(workloadOf);
  return snapshot.objects.flatMap((object) => read(object) ?? []);
}

function snapshotOf(...manifests: string[]): Snapshot {
  const objects = manifests.flatMap((text, index) => decodeManifest(text, `${index}.yaml`).objects);
  return { schema: 'bulwark.snapshot/v1', takenAt: '2026-01-01T00:00:00Z', objects, inputs: [], gaps: [] };
}

const string = { type: 'string' };
const container = { type: 'object', properties: { name: string, image: string, securityContext: { type: 'object' } } };
const podSpec = {
  type: 'object',
  properties: { containers: { type: 'array', items: container }, hostNetwork: { type: 'boolean' } },
};
const template = { type: 'object', properties: { metadata: { type: 'object' }, spec: podSpec } };

function object(properties: Record<string, Json>): Json {
  return { type: 'object', properties };
}

function list(items: Json, more: Record<string, Json> = {}): Json {
  return { type: 'array', items, ...more };
}

describe('places that a schema shows', () => {
  it.each<[string, Json, string[]]>([
    ['a pod template', object({ spec: object({ template }) }), [' template spec.template']],
    ['a pod spec', object({ spec: object({ pod: podSpec }) }), [' spec spec.pod']],
    ['a whole spec that is a pod spec', object({ spec: podSpec }), [' spec spec']],
    [
      'lists in lists, told apart by their names',
      object({ spec: object({ groups: list(object({ name: string, sets: list(object({ template })) })) }) }),
      ['groups/sets template spec.groups[name].sets[].template'],
    ],
    [
      'a list that says its key',
      object({
        spec: object({ nodes: list(object({ id: string, template }), { 'x-kubernetes-list-map-keys': ['id'] }) }),
      }),
      ['nodes template spec.nodes[id].template'],
    ],
    [
      'a map',
      object({ spec: object({ roles: { type: 'object', additionalProperties: template } }) }),
      ['roles template spec.roles{}'],
    ],
    [
      'several places',
      object({ spec: object({ head: object({ template }), workers: list(object({ groupName: string, template })) }) }),
      ['head template spec.head.template', 'workers template spec.workers[groupName].template'],
    ],
    ['nothing in the status', object({ status: object({ template }) }), []],
    [
      'nothing in a list of images',
      object({ spec: object({ containers: list(object({ name: string, image: string })) }) }),
      [],
    ],
    [
      'nothing where anything goes',
      object({ spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }),
      [],
    ],
    ['nothing in what is no schema', 'nonsense', []],
    ['nothing where properties is a list', { properties: [template] }, []],
  ])('%s', (_, schema, expected) => {
    const found = podPlaces(schema).map(({ name, holds, place }) => {
      const steps = place.map((step) =>
        'field' in step ? step.field : 'list' in step ? `${step.list}[${step.key ?? ''}]` : `${step.map}{}`,
      );
      return `${name} ${holds} ${steps.join('.')}`;
    });
    expect(found).toEqual(expected);
  });

  it('ends in a schema that is deeper and wider than any real one', () => {
    let deep: Json = object({ template });
    for (let level = 0; level < 200; level += 1) deep = object({ a: deep });
    expect(podPlaces(deep)).toEqual([]);
    // 2^40 nodes by sharing: what a YAML document with aliases could make.
    let wide: Json = object({ end: string });
    for (let level = 0; level < 30; level += 1) wide = object({ a: wide, b: wide });
    expect(podPlaces(wide)).toEqual([]);
  });

  it('does not throw on any JSON', () => {
    const keys = fc.constantFrom(
      ...['properties', 'items', 'additionalProperties', 'spec', 'containers', 'name', 'image', '__proto__', 'type'],
    );
    const { any } = fc.letrec<{ any: Json }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom<Json>(null, true, 'x', 1),
        fc.array(fc.tuple(keys, tie('any')), { maxLength: 4 }).map((entries): Json => Object.fromEntries(entries)),
        fc.array(tie('any'), { maxLength: 2 }),
      ),
    }));
    fc.assert(
      fc.property(any, (schema) => {
        expect(podPlaces(schema).length).toBeLessThanOrEqual(64);
      }),
      { numRuns: 200 },
    );
  });
});

const definition = (api: 'v1' | 'v1beta1', schema: Json) =>
  JSON.stringify({
    apiVersion: `apiextensions.k8s.io/${api}`,
    kind: 'CustomResourceDefinition',
    metadata: { name: 'machines.farm.example.com' },
    spec: {
      group: 'farm.example.com',
      names: { kind: 'Machine', plural: 'machines' },
      ...(api === 'v1'
        ? {
            versions: [
              { name: 'v1', schema: { openAPIV3Schema: schema } },
              { name: 'v2', schema: {} },
            ],
          }
        : { version: 'v1', validation: { openAPIV3Schema: schema } }),
    },
  });

const machine = `apiVersion: farm.example.com/v1
kind: Machine
metadata: { name: press }
spec:
  parts:
    - name: motor
      template:
        metadata: { labels: { part: motor } }
        spec:
          hostNetwork: true
          containers:
            - name: drive
              image: registry.example/drive:1.0
              securityContext:
                privileged: true # drive
`;

const schema = object({ spec: object({ parts: list(object({ name: string, template })) }) });

describe('custom resources of a kind that nobody knows', () => {
  it.each(['v1', 'v1beta1'] as const)('become workloads by the schema of their %s definition', (api) => {
    const found = workloadsIn(snapshotOf(machine, definition(api, schema)));
    expect(found.map(({ object, templates }) => [object.name, ...templates.map(({ name }) => name)])).toEqual([
      ['press', 'parts/motor'],
    ]);
    const pod = found[0]?.templates[0]?.pod;
    const drive = pod?.containers[0];
    expect(pod).toMatchObject({ hostNetwork: true });
    expect(pod?.labels.get('part')).toBe('motor');
    const line = found[0]?.object.source.positions?.locate(drive?.at('securityContext', 'privileged') ?? [])?.line ?? 0;
    expect(machine.split('\n')[line - 1]?.trim()).toBe('privileged: true # drive');
    expect(pod?.undecided?.(drive?.at('resources', 'limits') ?? [])).toMatch('the operator decides it');
  });

  it.each([
    ['there is no definition', machine, []],
    ['the version has no schema', machine.replace('/v1', '/v2'), [definition('v1', schema)]],
    ['the object uses none of the places', machine.slice(0, machine.indexOf('spec:')), [definition('v1', schema)]],
    ['the definition is of another kind', machine.replace('Machine', 'Engine'), [definition('v1', schema)]],
  ])('stay unsupported where %s', (_, text, definitions) => {
    expect(workloadsIn(snapshotOf(text, ...definitions))).toEqual([]);
  });

  it('are the only ones whose definitions are looked at', () => {
    const other = definition('v1', schema).replaceAll('Machine', 'Engine');
    const rollout = definition('v1', schema)
      .replaceAll('Machine', 'Rollout')
      .replaceAll('farm.example.com', 'argoproj.io');
    const known = machine.replace('Machine', 'Rollout').replace('farm.example.com', 'argoproj.io');
    const facts = factsOf(snapshotOf(machine, known, other, rollout, definition('v1', schema)));
    expect([...facts.get(crdWorkloads).keys()]).toEqual(['farm.example.com/v1/Machine']);
  });
});
