import { describe, expect, it } from 'vitest';
import { StreamColumns } from './stream-columns.ts';

const columns = [
  { title: 'A', widest: 4 },
  { title: 'LONG', widest: 20, gives: 1, narrowest: 8 },
  { title: 'END', widest: 10 },
];
const cells = (...texts: readonly string[]) => texts.map((text) => ({ text }));

function table(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  const stream = new StreamColumns({ columns, width, header: (text) => text });
  return rows.map((row) => stream.add(cells(...row))).join('') + stream.flush();
}

describe('StreamColumns', () => {
  it('lines up what comes, and cuts nothing where there is no terminal', () => {
    expect(
      table([
        ['a', 'bb', 'c'],
        ['longer than four', 'x', 'y'],
      ]),
    ).toBe('A     LONG  END\na     bb    c\nlonger than four  x     y\n');
  });

  it('fits a terminal: the middle of what is long goes', () => {
    const text = table([['a', 'serviceaccounts/token', 'end']], 20);
    expect(text).toBe('A  LONG          END\na  servi...oken  end\n');
  });

  it('puts lines between rows where they belong', () => {
    const stream = new StreamColumns({ columns, width: 80, header: undefined });
    const text = [stream.addLine('one'), stream.add(cells('a', 'b', 'c')), stream.flush(), stream.addLine('two')];
    expect(text.join('')).toBe('one\na  b     c\ntwo\n');
  });

  it('settles after the first rows, and holds none back then', () => {
    const stream = new StreamColumns({ columns, width: 80, header: undefined });
    let text = '';
    for (let row = 0; row < 199; row += 1) text += stream.add(cells('a', 'b', 'c'));
    expect(text).toBe('');
    text = stream.add(cells('a', 'b', 'c'));
    expect(text.split('\n')).toHaveLength(201);
    expect(stream.add(cells('a', 'b', 'c'))).toBe('a  b     c\n');
    expect(stream.flush()).toBe('');
  });

  it('leaves room for what usually comes where rows come one by one', () => {
    const [, ...rest] = columns;
    const live = [{ title: 'A', widest: 4, usual: 3 }, ...rest];
    const stream = new StreamColumns({ columns: live, width: 80, header: undefined, isLive: true });
    expect(stream.add(cells('a', 'b', 'c')) + stream.flush()).toBe('a    b     c\n');
  });

  it('counts wide characters', () => {
    expect(table([['漢', '字字字字字字字字字字字字', 'end']], 22)).toMatch(/^A {3}LONG .*\n漢 {2}.*\.\.\. *end\n$/);
  });
});
