import type { Enforcement } from '../facts/network-enforcement.ts';
import type { EntryVerdict } from '../facts/network-entry-verdict.ts';
import type { Entry } from '../facts/network-exposure.ts';
import { groupBy } from './group-by.ts';
import { listed, type TextOptions } from './network-list.ts';
import { enforcementJson, enforcementText } from './network-words.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface ShownExposure {
  readonly enforcement: Enforcement;
  readonly entries: readonly ShownEntry[];
  /** What every pod of the cluster reaches, by ports. */
  readonly everywhere: readonly { readonly ports: string; readonly to: readonly string[] }[];
  /** What nodes reach, besides the pods that run on them. */
  readonly fromNodes: readonly { readonly ports: string; readonly to: readonly string[] }[];
}

export interface ShownEntry {
  readonly entry: Entry;
  readonly to: readonly string[];
}

const words: Record<EntryVerdict, string> = {
  open: 'open',
  blocked: 'blocked by policies',
  partly: 'partly blocked by policies',
  depends: 'depends',
};

export function networkExposedText(
  { enforcement, entries, everywhere, fromNodes }: ShownExposure,
  { style, width }: TextOptions,
): string {
  const columns = Math.max(40, Math.min(width, 140));
  const paint = enforcement.state === 'not-enforced' ? style.alarming : style.faint;
  const lines = wrap(visible(enforcementText(enforcement)), { width: columns }).map(paint);
  const say = (text: string, lead: string): void => void lines.push(...wrap(text, { width: columns, lead }));
  const byClient = [...groupBy(entries, ({ entry }) => entry.from)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [from, list] of byClient) {
    lines.push('', style.strong(visible(`From ${from}`)));
    for (const { entry, to } of list) {
      const mark = entry.verdict === 'open' ? style.alarming : entry.verdict === 'blocked' ? style.good : style.strong;
      say(to.length === 0 ? 'what is not known' : `${listed(to)}, ${portsOf(entry)}`, '  ');
      say(visible(`through ${namespaced(entry)}`), '      ');
      lines.push(
        mark(`      ${words[entry.verdict]}`) +
          (entry.note === undefined ? '' : style.faint(`: ${visible(entry.note)}`)),
      );
    }
  }
  if (entries.length === 0) lines.push('', style.good('Nothing lets traffic from outside into the cluster.'));
  section('From any pod of the cluster', everywhere);
  section('From any node, besides the pods that run on it', fromNodes);
  return lines.map((line) => `${line}\n`).join('');

  function section(title: string, rows: ShownExposure['everywhere']): void {
    lines.push('', style.strong(title));
    if (rows.length === 0) lines.push(style.good('  nothing'));
    for (const { ports, to } of rows) say(`${ports}: ${listed(to)}`, '  ');
  }
}

function portsOf({ ports }: Entry): string {
  const texts = ports.map(({ protocol, outer, inner }) => {
    const shown = outer === 0 ? 'a port that is not chosen yet' : String(outer);
    return outer === inner ? `${protocol} ${inner}` : `${protocol} ${shown} to ${inner}`;
  });
  return [...new Set(texts)].join(', ') || 'no port of a pod';
}

function namespaced({ through, object }: Entry): string {
  return object.namespace === undefined ? through : `${through} in ${object.namespace}`;
}

export function networkExposedJson({ enforcement, entries, everywhere, fromNodes }: ShownExposure): string {
  const result = {
    enforcement: enforcementJson(enforcement),
    entries: entries.map(({ entry, to }) => ({
      from: entry.from,
      to,
      through: entry.through,
      object: { kind: entry.object.kind, namespace: entry.object.namespace ?? null, name: entry.object.name },
      ports: entry.ports,
      verdict: entry.verdict,
      note: entry.note ?? null,
    })),
    everywhere,
    fromNodes,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}
