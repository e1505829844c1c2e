import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonPatchOperation } from '../model/admission.ts';
import type { Json } from '../model/json.ts';
import { applyPatch, patchBetween } from './json-patch.ts';

describe('applyPatch', () => {
  // RFC 6902, appendix A, for the operations that are made here.
  it.each<[string, Json, readonly JsonPatchOperation[], Json | undefined]>([
    ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    ['A.2', { foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    ['A.3', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    ['A.4', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    ['A.5', { baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
    ['A.8', { baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'qux' }], { baz: 'qux' }],
    ['A.9', { baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }], undefined],
    ['A.12', { foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 'qux' }], undefined],
    ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    ['A.16', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc'] }], { foo: ['bar', ['abc']] }],
    ['whole', { foo: 'bar' }, [{ op: 'replace', path: '', value: 1 }], 1],
    ['absent', {}, [{ op: 'replace', path: '/a', value: 1 }], undefined],
    ['no pointer', {}, [{ op: 'add', path: 'a', value: 1 }], undefined],
    ['beyond', { a: [1] }, [{ op: 'add', path: '/a/2', value: 1 }], undefined],
    ['no index', { a: [1] }, [{ op: 'replace', path: '/a/01', value: 1 }], undefined],
  ])('%s', (_, value, patch, after) => {
    expect(applyPatch(value, patch)).toEqual(after);
  });

  it('keeps to own properties', () => {
    const patch = [{ op: 'add', path: '/__proto__/polluted', value: true }] as const;
    expect(applyPatch({}, patch)).toBeUndefined();
    const own = applyPatch({}, [{ op: 'add', path: '/__proto__', value: { a: 1 } }]);
    expect(Object.keys(own as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('patchBetween', () => {
  it('tells what changes, and nothing around it', () => {
    const before = { spec: { containers: [{ name: 'a' }, { name: 'b/c', x: 1 }], y: 1 }, z: [1, 2, 3] };
    const after = { spec: { containers: [{ name: 'a', new: {} }, { name: 'b/c', x: 2 }, { name: 'd' }] }, z: [1] };
    expect(patchBetween(before, after)).toEqual([
      { op: 'remove', path: '/spec/y' },
      { op: 'add', path: '/spec/containers/0/new', value: {} },
      { op: 'replace', path: '/spec/containers/1/x', value: 2 },
      { op: 'add', path: '/spec/containers/-', value: { name: 'd' } },
      { op: 'replace', path: '/z', value: [1] },
    ]);
  });

  it('leads from any value to any other, and is empty only between equal ones', () => {
    const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(json, json, (before, after) => {
        // Negative zero is no JSON.
        const [from, to] = [JSON.parse(JSON.stringify(before)) as Json, JSON.parse(JSON.stringify(after)) as Json];
        const patch = patchBetween(from, to);
        expect(applyPatch(from, patch)).toEqual(to);
        expect(patchBetween(to, to)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
