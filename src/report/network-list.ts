import type { Enforcement } from '../facts/network-enforcement.ts';
import type { IncomingFlows } from '../facts/network-flows.ts';
import { noPorts, type PortSets } from '../semantics/network-policy/index.ts';
import { boundedText, enforcementJson, enforcementLines, portsJson } from './network-words.ts';
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

/** A block for each group of destinations: who reaches it, by ports. */
export function* networkListText(
  { groups, ports, enforcement }: ListedFlows,
  { style, width }: TextOptions,
): Generator<string> {
  const columns = Math.max(40, Math.min(width, 140));
  yield enforcementLines(enforcement, { style, width });
  let uncertain = false;
  for (const { to, flows, left } of groups) {
    yield `${wrap(listed(to), { width: columns, lead: 'To ' }).map(style.strong).join('\n')}\n`;
    if (flows.length === 0) yield `${style.good('  nothing')}\n`;
    const texts = flows.map((flow) => visible(boundedText(ports, flow.ports)));
    const widest = Math.min(28, Math.max(9, ...texts.map(textWidth)));
    for (const [at, { from, ports: bounds }] of flows.entries()) {
      if (bounds.least !== bounds.most) uncertain = true;
      const text = texts[at] ?? '';
      const source = listed(from);
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
  if (uncertain) {
    const why =
      'Where it says perhaps, the objects do not decide: "bulwark network why FROM TO:PORT" tells what is open.';
    yield `${wrap(why, { width: columns }).map(style.faint).join('\n')}\n`;
  }
}

/** Names with commas between them, made visible, for `wrap`: each stays on one line. */
export function listed(names: readonly string[]): string {
  const most = 20;
  const shown =
    names.length > most + 1 ? [...names.slice(0, most), `${names.length - most} more (-o json names all)`] : names;
  return shown.map((name) => unbroken(visible(name))).join(', ');
}

export function networkListJson({ groups, ports, enforcement }: ListedFlows): string {
  const flows = groups.flatMap(({ to, flows: incoming }) =>
    incoming.map(({ ports: { least, most }, from }) => ({
      from,
      to,
      ports: portsJson(ports, least),
      ...(least !== most && { perhaps: portsJson(ports, ports.minus(most, least)) }),
    })),
  );
  const unreached = groups
    .filter((group) => group.flows.every(({ ports: { most } }) => most === noPorts))
    .map(({ to }) => to);
  return `${JSON.stringify({ enforcement: enforcementJson(enforcement), flows, unreached }, null, 2)}\n`;
}
