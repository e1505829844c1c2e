import { patternMatch } from '../cost.ts';
import { type Library, overload } from '../function.ts';
import { indexNumber } from '../int.ts';
import { find, findAll, matches, type Pattern, readPattern } from '../regex.ts';
import type { Int, Value } from '../value.ts';

/** A function of a text and a pattern, which is compiled once where it is a literal. */
function ofPattern(run: (text: string, pattern: Pattern, limit?: Int) => Value) {
  return {
    run: (text: string, source: string, limit?: Int) => run(text, readPattern(source), limit),
    withConstant(source: string) {
      const pattern = readPattern(source);
      return { run: (text: string, _source: string, limit?: Int) => run(text, pattern, limit) };
    },
    cost: patternMatch,
  };
}

export const matchesPattern = ofPattern(matches);

const all = ofPattern((text, pattern, limit = -1) => findAll(text, pattern, indexNumber(limit)));

/** Source: apiserver pkg/cel/library/regex.go. */
export const regex: Library = {
  name: 'regex',
  since: 0,
  overloads: [
    overload('string..find(string): string', ofPattern(find)),
    overload('string..findAll(string): list<string>', all),
    overload('string..findAll(string, int): list<string>', all),
  ],
};
