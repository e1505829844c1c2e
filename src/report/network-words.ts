import { type Enforcement } from '../facts/network-enforcement.ts';
import { nameWithVersion } from '../facts/network-plugin.ts';
import {
  allPorts,
  noPorts,
  type PortSetId,
  type PortSets,
  type Ports,
  protocols,
} from '../semantics/network-policy/index.ts';
import type { TextOptions } from './network-list.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** `TCP 80, 443, 8000-8010; UDP 53`. */
export function portsText(ports: PortSets, id: PortSetId): string {
  if (id === allPorts) return 'all ports';
  if (id === noPorts) return 'none';
  const texts: string[] = [];
  const ranges = ports.ranges(id);
  for (const protocol of protocols) {
    const own = ranges.filter((range) => range.protocol === protocol);
    if (own.length === 0) continue;
    const isWhole = own.some(({ from, to }) => from === 1 && to === 65535);
    texts.push(
      isWhole
        ? `all ${protocol}`
        : `${protocol} ${own.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(', ')}`,
    );
  }
  return texts.join('; ');
}

/** Ports of a connection: those that are certain, and those that only may be let through. */
export function boundedText(ports: PortSets, { least, most }: Ports): string {
  if (least === most) return portsText(ports, least);
  const rest = portsText(ports, ports.minus(most, least));
  return least === noPorts ? `perhaps ${rest}` : `${portsText(ports, least)}, perhaps ${rest}`;
}

/** Ports as data. */
export function portsJson(
  ports: PortSets,
  id: PortSetId,
): 'all' | readonly { protocol: string; from: number; to: number }[] {
  return id === allPorts ? 'all' : ports.ranges(id).map(({ protocol, from, to }) => ({ protocol, from, to }));
}

/** What stands before every answer about policies: whether anything enforces them. */
export function enforcementText({ state, plugins }: Enforcement): string {
  const names = (list: Enforcement['plugins']): string => [...new Set(list.map(nameWithVersion))].join(', ');
  if (state === 'enforced') {
    return `${names(plugins.filter(({ enforces }) => enforces === true))} enforces policies here.`;
  }
  if (state === 'not-enforced') {
    return `Nothing enforces policies here: ${names(plugins)} does not. What follows is what they would do.`;
  }
  if (plugins.length > 0) return `Whether ${names(plugins)} enforces policies as it is set up here is not known.`;
  return 'Whether anything enforces policies is not known: the evidence shows no network plugin.';
}

/** The same as lines for people, with an empty one after them. */
export function enforcementLines(enforcement: Enforcement, { style, width }: TextOptions): string {
  const paint = enforcement.state === 'not-enforced' ? style.alarming : style.faint;
  const lines = wrap(visible(enforcementText(enforcement)), { width: Math.max(40, Math.min(width, 140)) });
  return `${lines.map(paint).join('\n')}\n\n`;
}

export function enforcementJson({ state, plugins }: Enforcement) {
  return {
    state,
    plugins: plugins.map(({ name, version, enforces }) => ({
      name,
      version: version ?? null,
      enforces: enforces ?? null,
    })),
  };
}
