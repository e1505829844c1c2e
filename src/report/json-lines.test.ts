import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLines } from './json-lines.ts';

function text(root: ReadonlyMap<string, unknown>): string {
  return [...jsonLines(root)].join('');
}

describe('jsonLines', () => {
  it('gives fields and items a line each', () => {
    const items = (function* () {
      yield { a: [1, 2] };
      yield 'two';
    })();
    expect(
      text(
        new Map<string, unknown>([
          ['items', items],
          ['none', []],
          ['left out', undefined],
          ['empty', new Map()],
        ]),
      ),
    ).toBe(`{
  "items": [
    {"a":[1,2]},
    "two"
  ],
  "none": [],
  "empty": {}
}
`);
  });

  it('says what JSON.stringify says', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (object) => {
        const parsed: unknown = JSON.parse(text(new Map(Object.entries(object))));
        expect(parsed).toEqual(JSON.parse(JSON.stringify(object)));
      }),
      { numRuns: 200 },
    );
  });

  it('escapes what a terminal or an editor would act on or hide', () => {
    expect(text(new Map([['a', '\u009b31m \u202e \u{e0041} \ud800']]))).toBe(
      '{\n  "a": "\\u009b31m \\u202e \\udb40\\udc41 \\ud800"\n}\n',
    );
  });
});
