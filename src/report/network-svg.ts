import type { NetworkGraph } from './network-graph.ts';
import { textWidth } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

const rowHeight = 34;
const boxHeight = 24;
const letter = 7.3;
/** Of the ports, which are written smaller. */
const small = 0.95;
const margin = 20;
const top = 60;

/**
 * The graph as a picture: who connects on the left, to whom on the right, with the ports before each. What comes from
 * outside is red, and what is only possible dashed. Without scripts, fonts or links.
 */
export function networkSvg({ sources, targets, edges, left, note }: NetworkGraph): string {
  const arriving = portsByTarget(edges);
  const widthOf = (texts: Iterable<string>): number =>
    Math.max(120, ...[...texts].map((text) => textWidth(short(text)) * letter + 20));
  const [leftWidth, rightWidth] = [widthOf(sources), widthOf(targets)];
  const labelWidth = widthOf(arriving.values()) * small;
  const rows = Math.max(sources.length, targets.length, 1);
  const startX = margin + leftWidth;
  const endX = startX + Math.min(520, 180 + rows * 8);
  const rightX = endX + labelWidth;
  const height = top + rows * rowHeight + (left > 0 ? 40 : 16);
  const width = Math.max(rightX + rightWidth + margin, note.length * letter + 2 * margin);
  const parts = [head(width, height, 'Who can talk to whom')];
  parts.push(label(margin, 20, note), label(margin, 44, 'from'), label(rightX, 44, 'to'));
  const at = (names: readonly string[]): ReadonlyMap<string, number> => {
    const spread = (rows - names.length) / 2;
    return new Map(names.map((name, index) => [name, top + (index + spread) * rowHeight + boxHeight / 2]));
  };
  const [from, to] = [at(sources), at(targets)];
  for (const edge of edges) {
    const [y1, y2] = [from.get(edge.from) ?? top, to.get(edge.to) ?? top];
    const bend = (endX - startX) / 2;
    const dash = edge.certainty === 'possible' ? ' stroke-dasharray="5 4"' : '';
    const kind = isOutside(edge.from) ? 'outer' : 'inner';
    const line = `M${startX} ${y1}C${startX + bend} ${y1} ${endX - bend} ${y2} ${endX - 6} ${y2}`;
    parts.push(
      `<path d="${line}" class="edge ${kind}"${dash} marker-end="url(#${kind})"><title>${escaped(`${edge.from} to ${edge.to}: ${edge.ports}`)}</title></path>`,
    );
  }
  for (const [name, text] of arriving) {
    const y = (to.get(name) ?? top) + 4;
    parts.push(`<text x="${endX + 4}" y="${y}" class="ports">${escaped(short(text))}</text>`);
  }
  for (const [names, places, x, box] of [
    [sources, from, margin, leftWidth],
    [targets, to, rightX, rightWidth],
  ] as const) {
    for (const name of names) {
      const y = places.get(name) ?? top;
      parts.push(
        `<g><title>${escaped(name)}</title><rect x="${x}" y="${y - boxHeight / 2}" width="${box}" height="${boxHeight}" rx="3" class="box"/><text x="${x + 10}" y="${y + 4}">${escaped(short(name))}</text></g>`,
      );
    }
  }
  if (left > 0) parts.push(label(margin, height - 14, `${left} more connections are left out`));
  return `${parts.join('\n')}\n</svg>\n`;
}

function isOutside(name: string): boolean {
  return /^(?:the internet|any (?:IPv[46] )?address|\d+\.|[0-9a-f]*:)/.test(name);
}

/** What arrives at each box: the ports of its arrows, each once. */
function portsByTarget(edges: NetworkGraph['edges']): ReadonlyMap<string, string> {
  const byTarget = new Map<string, Set<string>>();
  for (const { to, ports } of edges) byTarget.set(to, (byTarget.get(to) ?? new Set()).add(ports));
  return new Map(
    [...byTarget].map(([to, set]) => {
      const ports = [...set];
      return [to, ports.length > 2 ? `${ports.slice(0, 2).join(' | ')} | ...` : ports.join(' | ')];
    }),
  );
}

export function head(width: number, height: number, title: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="img">
<title>${title}</title>
<style>svg{background:#fff;font:12px ui-monospace,Menlo,Consolas,monospace}text{fill:#1b1f24}.box{fill:#f3f5f8;stroke:#5a6572}.edge{fill:none;stroke-width:1.2}.inner{stroke:#3d6ea8}.outer{stroke:#b3402e}.ports{font-size:11px;fill:#3d5a80}.faint{fill:#5a6572}</style>
<defs>${arrow('inner', '#3d6ea8')}${arrow('outer', '#b3402e')}</defs>`;
}

function arrow(id: string, color: string): string {
  return `<marker id="${id}" markerWidth="8" markerHeight="8" refX="6" refY="3" orient="auto"><path d="M0 0L6 3L0 6z" fill="${color}"/></marker>`;
}

function label(x: number, y: number, text: string): string {
  return `<text x="${x}" y="${y}" class="faint">${escaped(text)}</text>`;
}

function short(name: string): string {
  return visibleShort(name, 54).replace(/\.\.\. \(\d+ characters\)$/, '...');
}

export function escaped(text: string): string {
  return visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
