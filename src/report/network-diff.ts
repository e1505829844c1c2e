import type { NetworkDiff } from '../facts/network-diff.ts';
import { listed, type TextOptions } from './network-list.ts';
import { portsJson, portsText } from './network-words.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** A line or two for each change: what opens first, then what ends. */
export function networkDiffText({ changes, ports }: NetworkDiff, { style, width }: TextOptions): string {
  const columns = Math.max(40, Math.min(width, 140));
  if (changes.length === 0) return `${style.good('Both let through the same connections.')}\n`;
  const lines: string[] = [];
  for (const { kind, ports: changed, from, to } of changes) {
    const paint = kind === 'opened' ? style.alarming : style.good;
    lines.push(paint(`${kind}: ${visible(portsText(ports, changed))}`));
    lines.push(...wrap(listed(from), { width: columns, lead: '  from  ' }));
    lines.push(...wrap(listed(to), { width: columns, lead: '  to    ' }));
  }
  const count = (kind: string): number => changes.filter((change) => change.kind === kind).length;
  const opened = count('opened');
  lines.push(
    '',
    `${opened} ${opened === 1 ? 'kind' : 'kinds'} of connections ${opened === 1 ? 'opens' : 'open'}, ${count('closed')} ${count('closed') === 1 ? 'ends' : 'end'}.`,
  );
  return lines.map((line) => `${line}\n`).join('');
}

export function networkDiffJson({ changes, ports }: NetworkDiff): string {
  const rows = changes.map(({ kind, ports: changed, from, to }) => ({
    kind,
    ports: portsJson(ports, changed),
    from,
    to,
  }));
  return `${JSON.stringify({ changes: rows }, null, 2)}\n`;
}
