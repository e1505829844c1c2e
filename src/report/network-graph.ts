import type { NamedSet } from '../facts/network-flows.ts';
import { noPorts } from '../semantics/network-policy/index.ts';
import { firstNames, type ListedFlows } from './network-list.ts';
import { boundedText, enforcementText } from './network-words.ts';

/** Who can talk to whom, as a picture shows it: names, and what goes between them. */
export interface NetworkGraph {
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly edges: readonly NetworkEdge[];
  /** Connections that did not fit. */
  readonly left: number;
  /** Whether anything enforces what is drawn. */
  readonly note: string;
}

export interface NetworkEdge {
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  readonly certainty: 'certain' | 'possible';
}

/** More than a picture can show. */
const mostEdges = 1500;
const mostNames = 4;

export function networkGraph({ groups, ports, enforcement }: ListedFlows): NetworkGraph {
  const edges: NetworkEdge[] = [];
  let left = 0;
  for (const { to, flows, left: untold } of groups) {
    left += untold;
    for (const { ports: bounds, from } of flows) {
      if (edges.length >= mostEdges) {
        left += 1;
        continue;
      }
      const targets = bundled(to);
      const certainty = bounds.least === noPorts ? 'possible' : 'certain';
      const text = boundedText(ports, bounds);
      for (const source of bundled(from)) {
        for (const target of targets) edges.push({ from: source, to: target, ports: text, certainty });
      }
    }
  }
  const names = (side: 'from' | 'to'): readonly string[] => [...new Set(edges.map((edge) => edge[side]))].sort();
  return { sources: names('from'), targets: names('to'), edges, left, note: enforcementText(enforcement) };
}

/** Many names that are treated alike are one box. */
function bundled(set: NamedSet): readonly string[] {
  const { shown, count } = firstNames(set, mostNames);
  if (count <= mostNames) return shown;
  return [`${shown.slice(0, 2).join(', ')} and ${count - 2} more`];
}
