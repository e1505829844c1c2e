import type { NetworkGraph } from './network-graph.ts';
import { textWidth } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

const rowHeight = 34;
const boxHeight = 24;
const letter = 7.2;
const top = 46;

/** The graph as a picture: who connects on the left, to whom on the right. Without scripts, fonts or links. */
export function networkSvg({ sources, targets, edges, left }: NetworkGraph): string {
  const boxWidth = (names: readonly string[]): number =>
    Math.min(420, Math.max(120, ...names.map((name) => textWidth(short(name)) * letter + 20)));
  const [leftWidth, rightWidth] = [boxWidth(sources), boxWidth(targets)];
  const middle = Math.max(260, ...edges.map(({ ports }) => textWidth(short(ports)) * letter * 0.9 + 120));
  const rightX = 20 + leftWidth + middle;
  const rows = Math.max(sources.length, targets.length, 1);
  const height = top + rows * rowHeight + (left > 0 ? 40 : 16);
  const width = rightX + rightWidth + 20;
  const parts = [head(width, height, 'Who can talk to whom')];
  parts.push(label(20, 28, 'from'), label(rightX, 28, 'to'));
  const at = (names: readonly string[]): ReadonlyMap<string, number> => {
    const spread = (rows - names.length) / 2;
    return new Map(names.map((name, index) => [name, top + (index + spread) * rowHeight + boxHeight / 2]));
  };
  const [from, to] = [at(sources), at(targets)];
  const labelled = new Set<string>();
  const arriving = portsByTarget(edges);
  for (const edge of edges) {
    const [y1, y2] = [from.get(edge.from) ?? top, to.get(edge.to) ?? top];
    const x1 = 20 + leftWidth;
    const bend = middle / 2;
    const dash = edge.certainty === 'possible' ? ' stroke-dasharray="5 4"' : '';
    parts.push(
      `<path d="M${x1} ${y1}C${x1 + bend} ${y1} ${rightX - bend} ${y2} ${rightX - 6} ${y2}" class="edge"${dash} marker-end="url(#arrow)"><title>${escaped(`${edge.from} to ${edge.to}: ${edge.ports}`)}</title></path>`,
    );
    if (labelled.has(edge.to)) continue;
    labelled.add(edge.to);
    const text = short(arriving.get(edge.to) ?? '');
    parts.push(`<text x="${rightX - 14}" y="${y2 - 5}" text-anchor="end" class="ports">${escaped(text)}</text>`);
  }
  for (const [names, places, x, box] of [
    [sources, from, 20, leftWidth],
    [targets, to, rightX, rightWidth],
  ] as const) {
    for (const name of names) {
      const y = places.get(name) ?? top;
      parts.push(
        `<g><title>${escaped(name)}</title><rect x="${x}" y="${y - boxHeight / 2}" width="${box}" height="${boxHeight}" rx="3" class="box"/><text x="${x + 10}" y="${y + 4}">${escaped(short(name))}</text></g>`,
      );
    }
  }
  if (left > 0) parts.push(label(20, height - 14, `${left} more connections are left out`));
  return `${parts.join('\n')}\n</svg>\n`;
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
<style>svg{background:#fff;font:12px ui-monospace,Menlo,Consolas,monospace}text{fill:#1b1f24}.box{fill:#f3f5f8;stroke:#5a6572}.edge{fill:none;stroke:#3d6ea8;stroke-width:1.2}.ports{font-size:11px;fill:#3d6ea8;paint-order:stroke;stroke:#fff;stroke-width:3px}.faint{fill:#5a6572}</style>
<defs><marker id="arrow" markerWidth="8" markerHeight="8" refX="6" refY="3" orient="auto"><path d="M0 0L6 3L0 6z" fill="#3d6ea8"/></marker></defs>`;
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
