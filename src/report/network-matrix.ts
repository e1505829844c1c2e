import type { Enforcement } from '../facts/network-enforcement.ts';
import type { NetworkMatrix } from '../facts/network-matrix.ts';
import { allPorts, noPorts, type PortSets, type Ports } from '../semantics/network-policy/index.ts';
import type { TextOptions } from './network-list.ts';
import { escaped, head } from './network-svg.ts';
import { boundedText, enforcementJson, enforcementText, portsJson } from './network-words.ts';
import { padEnd, textWidth, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

export interface ShownMatrix {
  readonly matrix: NetworkMatrix;
  readonly ports: PortSets;
  readonly enforcement: Enforcement;
}

/** A letter for each set of ports; the legend tells them. */
const letters = 'abcdefghijklmnopqrstuvwxyz';

/** A table with numbered rows: rows connect to columns. */
export function networkMatrixText({ matrix, ports, enforcement }: ShownMatrix, { style, width }: TextOptions): string {
  const { names, cells } = matrix;
  const columns = Math.max(40, Math.min(width, 160));
  const lines = wrap(visible(enforcementText(enforcement)), { width: columns }).map(style.faint);
  lines.push('Rows connect to columns.', '');
  const digits = String(names.length).length;
  const rows = names.map((name) => visibleShort(name.join(', '), 200));
  const widest = Math.min(
    Math.max(...rows.map(textWidth), 8),
    Math.max(20, columns - (digits + 1) * names.length - digits - 4),
  );
  const legend = new Map<string, string>();
  const indent = ' '.repeat(digits + widest + 3);
  for (let digit = 0; digit < digits; digit += 1) {
    const shown = names.map((_, at) => String(at + 1).padStart(digits)[digit] ?? ' ');
    lines.push(style.faint(`${indent}${shown.join(' ')}`));
  }
  for (const [at, row] of cells.entries()) {
    const marks = row.map((cell) => markOf(cell, ports, legend));
    const name = padEnd(cut(rows[at] ?? '', widest), widest);
    lines.push(`${String(at + 1).padStart(digits)}  ${name} ${marks.join(' ')}`);
  }
  lines.push('', '*  all ports', '.  nothing');
  for (const [text, mark] of legend) lines.push(...wrap(visible(text), { width: columns, lead: `${mark}  ` }));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function cut(text: string, columns: number): string {
  return textWidth(text) <= columns ? text : `${text.slice(0, columns - 3)}...`;
}

function markOf(cell: Ports | undefined, ports: PortSets, legend: Map<string, string>): string {
  if (cell === undefined) return '.';
  if (cell.least === allPorts) return '*';
  const text = boundedText(ports, cell);
  const known = legend.get(text);
  if (known !== undefined) return known;
  // More sets than letters share the last one.
  const mark = cell.least === noPorts && cell.most === allPorts ? '?' : (letters[legend.size] ?? '+');
  legend.set(text, mark);
  return mark;
}

export function networkMatrixJson({ matrix, ports, enforcement }: ShownMatrix): string {
  const cells = matrix.cells.flatMap((row, from) =>
    row.flatMap((cell, to) =>
      cell === undefined
        ? []
        : [
            {
              from,
              to,
              ports: portsJson(ports, cell.least),
              ...(cell.least !== cell.most && { perhaps: portsJson(ports, ports.minus(cell.most, cell.least)) }),
            },
          ],
    ),
  );
  return `${JSON.stringify({ enforcement: enforcementJson(enforcement), endpoints: matrix.names, cells }, null, 2)}\n`;
}

const side = 18;

/** The table as a picture: red is all ports, yellow some, dashed what is not certain. */
export function networkMatrixSvg({ matrix, ports, enforcement }: ShownMatrix): string {
  const { names, cells } = matrix;
  const rows = names.map((name) => visibleShort(name.join(', '), 54).replace(/\.\.\. \(\d+ characters\)$/, '...'));
  const left = Math.max(...rows.map(textWidth), 10) * 7.2 + 60;
  const top = 62;
  const note = enforcementText(enforcement);
  const width = Math.max(left + names.length * side + 20, note.length * 7.3 + 20);
  const height = top + names.length * side + 60;
  const parts = [head(Math.max(width, 520), height, 'Who can talk to whom')];
  parts.push(
    '<style>.all{fill:#b3402e}.some{fill:#e0a13c}.maybe{fill:#fff;stroke:#b3402e;stroke-dasharray:2 2}.none{fill:#eef1f4}.key{font-size:11px}</style>',
    `<text x="10" y="18" class="faint">${escaped(note)}</text>`,
    '<text x="10" y="38" class="faint">rows connect to columns</text>',
  );
  for (const [at, name] of rows.entries()) {
    const y = top + at * side;
    parts.push(`<text x="10" y="${y + 13}">${at + 1}  ${escaped(name)}</text>`);
    parts.push(
      `<text x="${left + at * side + side / 2}" y="${top - 6}" text-anchor="middle" class="key faint">${at + 1}</text>`,
    );
    for (const [to, cell] of (cells[at] ?? []).entries()) {
      const what = cell === undefined ? 'nothing' : boundedText(ports, cell);
      const kind =
        cell === undefined ? 'none' : cell.least === allPorts ? 'all' : cell.least === noPorts ? 'maybe' : 'some';
      parts.push(
        `<rect x="${left + to * side + 1}" y="${y + 1}" width="${side - 2}" height="${side - 2}" class="${kind}"><title>${escaped(`${rows[at]} to ${rows[to]}: ${what}`)}</title></rect>`,
      );
    }
  }
  const y = height - 24;
  for (const [index, [kind, text]] of (
    [
      ['all', 'all ports'],
      ['some', 'some ports'],
      ['maybe', 'not certain'],
      ['none', 'nothing'],
    ] as const
  ).entries()) {
    const x = 10 + index * 125;
    parts.push(
      `<rect x="${x}" y="${y}" width="14" height="14" class="${kind}"/><text x="${x + 20}" y="${y + 11}">${text}</text>`,
    );
  }
  return `${parts.join('\n')}\n</svg>\n`;
}
