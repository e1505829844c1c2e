import type { Enforcement } from '../facts/network-enforcement.ts';
import type { IncomingFlows, NamedSet } from '../facts/network-flows.ts';
import type { PortSets } from '../semantics/network-policy/index.ts';
import { boundedText, enforcementLines } from './network-words.ts';
import type { Style } from './style.ts';
import { textWidth, unbroken, wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface ListedFlows {
  readonly groups: readonly IncomingFlows[];
  readonly ports: PortSets;
  readonly enforcement: Enforcement;
}

export interface TextOptions {
  readonly style: Style;
  readonly width: number;
}

/** More groups than anybody reads to the end. */
const mostGroups = 500;

/** A block for each group of destinations: who reaches it, by ports. */
export function* networkListText(
  { groups, ports, enforcement }: ListedFlows,
  { style, width }: TextOptions,
): Generator<string> {
  const columns = Math.max(40, Math.min(width, 140));
  yield enforcementLines(enforcement, { style, width });
  let uncertain = false;
  for (const { to, flows, left } of groups.slice(0, mostGroups)) {
    yield `${wrap(listedSet(to), { width: columns, lead: 'To ' }).map(style.strong).join('\n')}\n`;
    if (flows.length === 0) yield `${style.good('  nothing')}\n`;
    const texts = flows.map((flow) => visible(boundedText(ports, flow.ports)));
    const widest = texts.reduce((most, text) => Math.min(28, Math.max(most, textWidth(text))), 9);
    for (const [at, { from, ports: bounds }] of flows.entries()) {
      if (bounds.least !== bounds.most) uncertain = true;
      const text = texts[at] ?? '';
      const source = listedSet(from);
      if (textWidth(text) <= widest) {
        const lead = `  ${text}${' '.repeat(widest - textWidth(text))}  `;
        yield `${wrap(source, { width: columns, lead }).join('\n')}\n`;
      } else {
        yield `${wrap(text, { width: columns, lead: '  ' }).join('\n')}\n`;
        yield `${wrap(source, { width: columns, lead: ' '.repeat(widest + 4) }).join('\n')}\n`;
      }
    }
    if (left > 0) yield `${style.faint(`  and ${left} more (-o json names all)`)}\n`;
    yield '\n';
  }
  if (groups.length > mostGroups) {
    const rest = `And ${groups.length - mostGroups} more groups of destinations: --focus NAMESPACE/NAME shows those of one endpoint, --focus 'NAMESPACE/*' those of a namespace, -o json names all.`;
    yield `${wrap(rest, { width: columns }).join('\n')}\n`;
  }
  if (uncertain) {
    const why =
      'Where it says perhaps, the objects do not decide: "bulwark network why FROM TO:PORT" tells what is open.';
    yield `${wrap(why, { width: columns }).map(style.faint).join('\n')}\n`;
  }
}

const mostListed = 20;

/** Names with commas between them, made visible, for `wrap`: each stays on one line. */
export function listed(names: readonly string[]): string {
  return joined(names.length > mostListed + 1 ? names.slice(0, mostListed) : names, names.length);
}

function listedSet(set: NamedSet): string {
  const { shown, count } = firstNames(set, mostListed + 1);
  return joined(count > mostListed + 1 ? shown.slice(0, mostListed) : shown, count);
}

function joined(shown: readonly string[], count: number): string {
  const rest = count > shown.length ? [`${count - shown.length} more (-o json names all)`] : [];
  return [...shown, ...rest].map((name) => unbroken(visible(name))).join(', ');
}

/** The first names of a set, and how many there are. */
export function firstNames(set: NamedSet, most: number): { readonly shown: readonly string[]; readonly count: number } {
  const shown: string[] = [];
  let count = 0;
  for (const part of set.names()) {
    count += part.length;
    if (shown.length < most) shown.push(...part.slice(0, most - shown.length));
  }
  return { shown, count };
}
