import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { type MtlsMode, mtlsResolver, readPeerAuthentication, shadowedPolicies } from './peer-authentication.ts';

interface Given {
  readonly name?: string;
  readonly namespace: string;
  readonly mode?: string;
  readonly app?: string;
  readonly ports?: JsonObject;
  readonly created?: string;
}

const root = 'istio-system';

function policy({ name = 'p', namespace, mode, app, ports, created }: Given) {
  const value: JsonObject = {
    metadata: { name, namespace, ...(created !== undefined && { creationTimestamp: created }) },
    spec: {
      ...(mode !== undefined && { mtls: { mode } }),
      ...(app !== undefined && { selector: { matchLabels: { app } } }),
      ...(ports !== undefined && { portLevelMtls: ports }),
    },
  };
  const source = { file: '-', document: 0, base: [] };
  return readPeerAuthentication({
    ...{ apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', name, namespace },
    value,
    source,
  });
}

function resolve(given: readonly Given[], namespace = 'shop') {
  return mtlsResolver(given.map(policy), root)({ namespace, labels: new Map([['app', 'web']]) });
}

const mesh = (mode: string): Given => ({ name: 'mesh', namespace: root, mode });
const space = (mode?: string, more: Partial<Given> = {}): Given => ({
  name: 'space',
  namespace: 'shop',
  ...(mode !== undefined && { mode }),
  ...more,
});
const own = (mode?: string, more: Partial<Given> = {}): Given => ({
  ...space(mode, { name: 'own', app: 'web' }),
  ...more,
});

describe('precedence of PeerAuthentication', () => {
  it.each<readonly [string, readonly Given[], MtlsMode, string | undefined]>([
    ['none', [], 'PERMISSIVE', undefined],
    ['mesh', [mesh('STRICT')], 'STRICT', 'mesh'],
    ['namespace over mesh', [mesh('STRICT'), space('PERMISSIVE')], 'PERMISSIVE', 'space'],
    ['workload over namespace', [mesh('STRICT'), space('STRICT'), own('DISABLE')], 'DISABLE', 'own'],
    ['workload over mesh', [mesh('PERMISSIVE'), own('STRICT')], 'STRICT', 'own'],
    ['unset inherits', [mesh('STRICT'), space('UNSET'), own('UNSET')], 'STRICT', 'mesh'],
    ['left out inherits', [mesh('STRICT'), space(undefined)], 'STRICT', 'mesh'],
    ['another workload', [mesh('STRICT'), own('DISABLE', { app: 'api' })], 'STRICT', 'mesh'],
    ['another namespace', [space('STRICT', { namespace: 'bank' })], 'PERMISSIVE', undefined],
    ['a selector in the root namespace', [{ ...mesh('STRICT'), app: 'web' }], 'PERMISSIVE', undefined],
    [
      'the oldest of a level',
      [
        space('STRICT', { name: 'a', created: '2026-02-01T00:00:00Z' }),
        space('DISABLE', { name: 'b', created: '2026-01-01T00:00:00Z' }),
      ],
      'DISABLE',
      'b',
    ],
    ['then the first by name', [own('DISABLE', { name: 'z' }), own('STRICT', { name: 'a' })], 'STRICT', 'a'],
  ])('%s', (_, given, mode, by) => {
    const resolved = resolve(given);
    expect([resolved.mode, resolved.by?.object.name]).toEqual([mode, by]);
  });

  it('has ports by the workload alone', () => {
    const ports = { 8080: { mode: 'DISABLE' }, 9090: { mode: 'UNSET' }, web: { mode: 'DISABLE' } };
    expect([...resolve([mesh('STRICT'), own('UNSET', { ports })]).ports]).toEqual([
      [8080, 'DISABLE'],
      [9090, 'STRICT'],
    ]);
    expect(resolve([space('STRICT', { ports })]).ports.size).toBe(0);
  });

  it('names policies that another one makes void', () => {
    const [first, second] = [policy(own('STRICT', { name: 'a' })), policy(own('DISABLE', { name: 'b' }))];
    expect([...shadowedPolicies([second, first])]).toEqual([[second, first]]);
    expect(shadowedPolicies([policy(space('STRICT')), first]).size).toBe(0);
  });

  it('decides as the levels one after another do', () => {
    const modes = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET', undefined];
    const given = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      namespace: fc.constantFrom(root, 'shop', 'bank'),
      mode: fc.constantFrom(...modes),
      app: fc.constantFrom(undefined, 'web', 'api'),
      created: fc.constantFrom('', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'),
    });
    fc.assert(
      fc.property(fc.array(given, { maxLength: 8 }), fc.constantFrom('shop', 'bank', root), (all, namespace) => {
        const listed = all.map(({ mode, app, ...rest }) => ({
          ...rest,
          ...(mode !== undefined && { mode }),
          ...(app !== undefined && { app }),
        }));
        expect(resolve(listed, namespace).mode).toBe(naive(listed, namespace));
      }),
      { numRuns: 200 },
    );
  });
});

/** The rules once more, without indexes. */
function naive(all: readonly Given[], namespace: string): string {
  const oldest = (level: readonly Given[]): Given | undefined =>
    [...level].sort((a, b) => `${a.created ?? ''}\n${a.name}`.localeCompare(`${b.created ?? ''}\n${b.name}`))[0];
  const levels = [
    oldest(all.filter((each) => each.namespace === root && each.app === undefined)),
    oldest(all.filter((each) => each.namespace === namespace && namespace !== root && each.app === undefined)),
    oldest(all.filter((each) => each.namespace === namespace && namespace !== root && each.app === 'web')),
  ];
  let mode = 'PERMISSIVE';
  for (const level of levels) if (level?.mode !== undefined && level.mode !== 'UNSET') mode = level.mode;
  return mode;
}
