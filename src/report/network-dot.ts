import type { NetworkGraph } from './network-graph.ts';
import { visible } from './visible.ts';

/** The graph in Graphviz's language. What is only possible is dashed. */
export function networkDot({ edges, left, note }: NetworkGraph): string {
  const lines = [
    'digraph network {',
    `  label=${quoted(note)};`,
    '  labelloc=t;',
    '  rankdir=LR;',
    '  node [shape=box, fontname="sans-serif"];',
  ];
  for (const { from, to, ports, certainty } of edges) {
    const dashed = certainty === 'possible' ? ', style=dashed' : '';
    lines.push(`  ${quoted(from)} -> ${quoted(to)} [label=${quoted(ports)}${dashed}];`);
  }
  if (left > 0) lines.push(`  // ${left} more connections are left out`);
  return `${lines.join('\n')}\n}\n`;
}

function quoted(text: string): string {
  return `"${visible(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
