import type { NetworkChange, NetworkDiff } from '../facts/network-diff.ts';
import type { Enforcement } from '../facts/network-enforcement.ts';
import { code, prose } from './markdown-text.ts';
import { listed, type TextOptions } from './network-list.ts';
import { enforcementJson, enforcementText, portsJson, portsText } from './network-words.ts';
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
  lines.push('', summary(changes));
  return lines.map((line) => `${line}\n`).join('');
}

function summary(changes: readonly NetworkChange[]): string {
  const count = (kind: NetworkChange['kind']): number => changes.filter((change) => change.kind === kind).length;
  const [opened, closed] = [count('opened'), count('closed')];
  const kinds = opened === 1 ? 'kind of connections opens' : 'kinds of connections open';
  return `${opened} ${kinds}, ${closed} ${closed === 1 ? 'ends' : 'end'}.`;
}

/** GitHub refuses comments of more than 65,536 characters. */
const longest = 60_000;

/** For the comment on a pull request: a table of what opens and what ends, within a comment's size. */
export function networkDiffMarkdown({ changes, ports }: NetworkDiff, enforcement: Enforcement): string {
  const note = enforcement.state === 'enforced' ? '' : `\n${prose(enforcementText(enforcement))}\n`;
  if (changes.length === 0) return `## Network: the same connections as before\n${note}`;
  const lines = [`## Network: ${summary(changes)}`, note, '| | Ports | From | To |', '|---|---|---|---|'];
  let length = lines.join('\n').length;
  for (const [at, { kind, ports: changed, from, to }] of changes.entries()) {
    const row = `| ${kind === 'opened' ? '**opened**' : 'closed'} | ${prose(portsText(ports, changed))} | ${names(from)} | ${names(to)} |`;
    length += row.length + 1;
    if (length > longest) {
      lines.push('', `${changes.length - at} more: the whole does not fit a comment.`);
      break;
    }
    lines.push(row);
  }
  return `${lines.join('\n')}\n`;
}

function names(list: readonly string[]): string {
  const most = 8;
  const shown = list.slice(0, most).map(code).join(', ');
  return list.length > most ? `${shown} and ${list.length - most} more` : shown;
}

export function networkDiffJson({ changes, ports }: NetworkDiff, enforcement: Enforcement): string {
  const rows = changes.map(({ kind, ports: changed, from, to }) => ({
    kind,
    ports: portsJson(ports, changed),
    from,
    to,
  }));
  return `${JSON.stringify({ enforcement: enforcementJson(enforcement), changes: rows }, null, 2)}\n`;
}
