import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../model/admission.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { podFromJson } from '../model/pod.ts';
import { evaluatePod, latestVersion } from '../semantics/pod-security/index.ts';
import { hardenPod } from './harden.ts';
import { applyPatch, patchBetween } from './json-patch.ts';
import { type Hardening, hardeningFields } from './policies.ts';

const restricted = { level: 'restricted', version: latestVersion } as const;
const everything: Hardening = { fields: new Set(hardeningFields), namespaces: 'privileged' };
const view = { serverMinor: 33, enforcedIn: () => restricted };

function harden(spec: JsonObject, hardening = everything, more: Partial<AdmissionRequest> = {}): JsonObject {
  const object = { kind: 'Pod', metadata: { name: 'web' }, spec };
  return hardenPod(
    {
      ...{ uid: '', name: '', namespace: 'shop', subResource: '', operation: 'CREATE', dryRun: false, value: {} },
      ...{ oldObject: undefined, options: undefined, object },
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      userInfo: { username: '', uid: '', groups: [], extra: new Map() },
      ...more,
    },
    hardening,
    view,
  );
}

function patch(spec: JsonObject, fields: readonly string[] = hardeningFields) {
  const chosen = new Set(hardeningFields.filter((field) => fields.includes(field)));
  const object = { kind: 'Pod', metadata: { name: 'web' }, spec };
  return patchBetween(object, harden(spec, { ...everything, fields: chosen }));
}

const bare = { containers: [{ name: 'app', image: 'x' }] };

describe('hardenPod', () => {
  it.each<[string, JsonObject, string[], unknown[]]>([
    [
      'everything',
      bare,
      [...hardeningFields],
      [
        {
          op: 'add',
          path: '/spec/containers/0/securityContext',
          value: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
        {
          op: 'add',
          path: '/spec/securityContext',
          value: { seccompProfile: { type: 'RuntimeDefault' }, runAsNonRoot: true },
        },
      ],
    ],
    [
      'one field of one container',
      {
        containers: [
          { name: 'a', securityContext: { allowPrivilegeEscalation: false } },
          { name: 'b', securityContext: {} },
        ],
      },
      ['allowPrivilegeEscalation'],
      [{ op: 'add', path: '/spec/containers/1/securityContext/allowPrivilegeEscalation', value: false }],
    ],
    [
      'what is set otherwise on purpose',
      { ...bare, securityContext: { seccompProfile: { type: 'Unconfined' } } },
      ['seccompProfile'],
      [],
    ],
    [
      'escalation that is asked for',
      { containers: [{ name: 'a', securityContext: { allowPrivilegeEscalation: true } }] },
      ['allowPrivilegeEscalation'],
      [],
    ],
    [
      'a capability that no drop undoes',
      { containers: [{ name: 'a', securityContext: { capabilities: { add: ['CHOWN'] } } }] },
      ['capabilities'],
      [],
    ],
    ['root by number', { containers: [{ name: 'a', securityContext: { runAsUser: 0 } }] }, ['runAsNonRoot'], []],
    [
      'privileged containers',
      { containers: [{ name: 'a', securityContext: { privileged: true } }] },
      [...hardeningFields],
      [],
    ],
    ['Windows', { ...bare, os: { name: 'windows' } }, [...hardeningFields], []],
    [
      'a drop that is there in part',
      { containers: [{ name: 'a', securityContext: { capabilities: { drop: ['NET_RAW'] } } }] },
      ['capabilities'],
      [{ op: 'add', path: '/spec/containers/0/securityContext/capabilities/drop/-', value: 'ALL' }],
    ],
  ])('%s', (_, spec, fields, expected) => {
    expect(patch(spec, fields)).toEqual(expected);
  });

  it('leaves alone what is no new pod, and namespaces that are not meant', () => {
    const changed = (hardening: Hardening, more: Partial<AdmissionRequest>) =>
      patchBetween({ kind: 'Pod', metadata: { name: 'web' }, spec: bare }, harden(bare, hardening, more)).length > 0;
    expect(changed(everything, {})).toBe(true);
    expect(changed(everything, { operation: 'UPDATE' })).toBe(false);
    expect(changed(everything, { subResource: 'ephemeralcontainers' })).toBe(false);
    expect(changed(everything, { resource: { group: 'apps', version: 'v1', resource: 'deployments' } })).toBe(false);
    expect(changed({ ...everything, namespaces: 'restricted' }, {})).toBe(true);
  });

  it('never takes away, satisfies what it touches, and changes nothing the second time', () => {
    const context = fc.record(
      {
        privileged: fc.boolean(),
        allowPrivilegeEscalation: fc.boolean(),
        runAsNonRoot: fc.boolean(),
        runAsUser: fc.constantFrom(0, 1000),
        seccompProfile: fc.record({ type: fc.constantFrom('RuntimeDefault', 'Unconfined', 'Localhost') }),
        capabilities: fc.record(
          {
            add: fc.subarray(['CHOWN', 'SYS_ADMIN', 'NET_BIND_SERVICE']),
            drop: fc.subarray(['ALL', 'NET_RAW']),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    const container = fc.record(
      { name: fc.constantFrom('a', 'b'), securityContext: context },
      { requiredKeys: ['name'] },
    );
    const spec = fc.record(
      {
        containers: fc.array(container, { minLength: 1, maxLength: 3 }),
        initContainers: fc.array(container, { maxLength: 2 }),
        securityContext: fc.record(
          { runAsNonRoot: fc.boolean(), runAsUser: fc.constantFrom(0, 1000) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['containers'] },
    );
    fc.assert(
      fc.property(spec, fc.subarray([...hardeningFields]), (given, fields) => {
        const pod = { kind: 'Pod', metadata: { name: 'web' }, spec: given as unknown as JsonObject };
        const hardening: Hardening = { fields: new Set(fields), namespaces: 'privileged' };
        const after = harden(pod.spec, hardening);
        const made = patchBetween(pod, after);
        expect(made.every(({ op }) => op === 'add')).toBe(true);
        expect(applyPatch(pod as Json, made)).toEqual(after);
        expect(harden(after.spec as JsonObject, hardening)).toEqual(after);
        const before = new Set(failing(pod));
        expect(failing(after).filter((check) => !before.has(check))).toEqual([]);
        // A patch is there to make a check pass.
        expect(made.length > 0).toBe(failing(after).length < before.size);
      }),
      { numRuns: 300 },
    );
  });
});

function failing(pod: JsonObject): readonly string[] {
  return evaluatePod(podFromJson(pod).pod, restricted, { serverMinor: 33 }).map(({ check }) => check);
}
