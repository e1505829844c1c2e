import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChange, applyEditsToValue, changeBetween, planChange } from './apply-edit.ts';
import { type Edit, edit } from './edit.ts';
import type { Json } from './json.ts';

describe('applyEditsToValue', () => {
  const cases: [string, Json, Edit[], Json][] = [
    ['sets a field', { a: 1 }, [edit.set(['a'], 2)], { a: 2 }],
    ['makes the objects on the way', { a: null }, [edit.set(['a', 'b', 'c'], 2)], { a: { b: { c: 2 } } }],
    [
      'merges edits below one new object',
      {},
      [edit.set(['a', 'b'], 1), edit.append(['a', 'c'], 2)],
      { a: { b: 1, c: [2] } },
    ],
    ['lets a later edit win', { a: { b: 1 } }, [edit.set(['a', 'b'], 2), edit.set(['a'], { c: 3 })], { a: { c: 3 } }],
    ['sets what was removed', { a: { b: 1 } }, [edit.remove(['a']), edit.set(['a', 'c'], 2)], { a: { c: 2 } }],
    ['removes what was set', {}, [edit.set(['a'], 1), edit.remove(['a'])], {}],
    ['leaves an empty object', { a: { b: 1 } }, [edit.remove(['a', 'b'])], { a: {} }],
    [
      'takes indexes from the list as it was',
      { a: ['x', { b: 1 }, 'z'] },
      [edit.remove(['a', 0]), edit.set(['a', 1, 'b'], 2)],
      { a: [{ b: 2 }, 'z'] },
    ],
    ['removes items', { a: ['x', 'y', 'x'] }, [edit.removeItems(['a'], ['x'])], { a: ['y'] }],
    ['removes an emptied list', { a: { b: ['x'] } }, [edit.removeItems(['a', 'b'], ['x', 'y'])], { a: {} }],
    [
      'keeps a list that another edit adds to',
      { a: ['all'] },
      [edit.removeItems(['a'], ['all']), edit.append(['a'], 'ALL')],
      { a: ['ALL'] },
    ],
    [
      'adds and removes in the order given',
      { a: ['all'] },
      [edit.append(['a'], 'ALL'), edit.removeItems(['a'], ['all'])],
      { a: ['ALL'] },
    ],
    [
      'appends once',
      { a: ['x'] },
      [edit.append(['a'], 'y'), edit.append(['a'], 'y'), edit.append(['a'], 'x')],
      { a: ['x', 'y'] },
    ],
    ['keeps an empty list', { a: [] }, [edit.removeItems(['a'], ['x'])], { a: [] }],
    ['does not remove what is not there', { a: 'x' }, [edit.remove(['a', 'b']), edit.remove(['c', 0])], { a: 'x' }],
    ['takes __proto__ for a name', {}, [edit.set(['__proto__', 'x'], 1)], JSON.parse('{"__proto__":{"x":1}}')],
  ];
  it.each(cases)('%s', (_, value, edits, expected) => {
    const before = structuredClone(value);
    expect(JSON.stringify(applyEditsToValue(value, edits))).toBe(JSON.stringify(expected));
    expect(value).toEqual(before);
  });

  it.each<[string, Json, Edit, string]>([
    ['a field of a scalar', { a: 1 }, edit.set(['a', 'b'], 1), 'a is a number, not an object'],
    ['an item of an object', { a: {} }, edit.set(['a', 0], 1), 'a is an object, not a list'],
    ['an item past the end', { a: [1] }, edit.set(['a', 1], 1), 'a has no item 1'],
    ['an item of nothing', {}, edit.set(['a', 0, 'b'], 1), 'a has no item 0'],
    ['an addition to a scalar', { a: 'x' }, edit.append(['a'], 'y'), 'a is a string, not a list'],
    ['the object itself', {}, edit.set([], 1), 'an edit cannot replace the whole object'],
  ])('refuses %s', (_, value, bad, reason) => {
    expect(planChange(value, [bad]).refused).toEqual([{ edit: bad, reason }]);
    expect(applyEditsToValue(value, [bad])).toEqual(value);
  });
});

it('a change between two values leads from one to the other', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (from, to) => {
      const change = changeBetween(from as Json, to as Json);
      expect(change === undefined ? from : applyChange(from as Json, change)).toEqual(to);
    }),
    { numRuns: 200 },
  );
});
