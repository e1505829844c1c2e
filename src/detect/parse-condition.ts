import type { Path } from '../model/path.ts';
import type { Expression } from './expression.ts';
import { RuleError } from './problem.ts';

const maxDepth = 64;

/**
 * A Sigma condition: names of selections with `and`, `or`, `not` and parentheses, `1 of name*`, `all of name*`,
 * `1 of them`, `all of them`. `not` binds closest, then `and`. Throws `RuleError`.
 */
export function parseCondition(text: string, selections: ReadonlyMap<string, Expression>, at: Path): Expression {
  const tokens = text.match(/[()|]|[^\s()|]+/g) ?? [];
  let place = 0;
  let depth = 0;
  const peek = (): string | undefined => tokens[place]?.toLowerCase();
  const fail = (message: string): never => {
    throw new RuleError(at, `in the condition: ${message}`);
  };

  const either = (): Expression => joined('or', both);
  const both = (): Expression => joined('and', one);

  function joined(kind: 'and' | 'or', next: () => Expression): Expression {
    const parts = [next()];
    while (peek() === kind) {
      place += 1;
      parts.push(next());
    }
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { kind, parts };
  }

  function one(): Expression {
    depth += 1;
    if (depth > maxDepth) fail('it is nested too deeply');
    const result = primary();
    depth -= 1;
    return result;
  }

  function primary(): Expression {
    const token = tokens[place];
    const word = peek();
    place += 1;
    if (token === undefined || word === undefined) return fail('it ends too early');
    if (word === 'not') return { kind: 'not', part: one() };
    if (word === '(') {
      const inner = either();
      if (peek() !== ')') fail('a parenthesis is not closed');
      place += 1;
      return inner;
    }
    if (peek() === 'of') return several(word);
    const found = selections.get(token);
    return found ?? fail(`there is no selection "${token}"`);
  }

  function several(count: string): Expression {
    place += 1;
    const pattern = tokens[place] ?? fail('"of" names no selections');
    place += 1;
    if (count !== '1' && count !== 'any' && count !== 'all')
      fail(`"${count} of" is not supported: "1 of" and "all of" are`);
    const matches = pattern === 'them' ? (name: string): boolean => !name.startsWith('_') : wildcard(pattern);
    const parts = [...selections].filter(([name]) => matches(name)).map(([, part]) => part);
    if (parts.length === 0) fail(`no selection is named "${pattern}"`);
    return { kind: count === 'all' ? 'and' : 'or', parts };
  }

  const result = either();
  const left = tokens[place];
  if (left === '|') fail('aggregations after "|" are not supported: write a correlation rule');
  if (left !== undefined) fail(`"${left}" is not expected here`);
  return result;
}

function wildcard(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return (name) => name === pattern;
  const [start = ''] = parts;
  const end = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1);
  return (name) => {
    if (name.length < start.length + end.length || !name.startsWith(start) || !name.endsWith(end)) return false;
    let at = start.length;
    for (const part of middle) {
      const found = name.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= name.length - end.length;
  };
}
