import type { AuditLevel } from '../model/audit-event.ts';
import { formatPath, type Path } from '../model/path.ts';
import {
  type ArrivingIdentity,
  auditedComponents,
  type KeptLevels,
  requestKinds,
  type StrayUser,
} from '../semantics/audit-policy/index.ts';
import type { Style } from './style.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface IdentityRow extends ArrivingIdentity {
  readonly levels: KeptLevels;
  /** Whether `levels` counts requests of a log, or what could be asked for. */
  readonly from: 'log' | 'policy';
}

export interface ShownIdentities {
  readonly file: { readonly name: string; lineOf(path: Path): number };
  readonly rows: readonly IdentityRow[];
  readonly stray: readonly StrayUser[];
}

/** The names of each component, what is kept of them, and the users of rules that nobody is. */
export function identitiesText(
  { file, rows, stray }: ShownIdentities,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const columns = Math.max(60, Math.min(width, 140));
  const lines: string[] = [];
  for (const component of auditedComponents) {
    const own = rows.filter((row) => row.component === component);
    lines.push(style.strong(component));
    if (own.length === 0) lines.push(style.faint('  not seen: under which name it arrives is not known'));
    for (const { name, evidence, levels, from } of own) {
      lines.push(...wrap(visible(`${name} (${evidence})`), { width: columns, lead: '  ' }));
      lines.push(...wrap(levelsText(levels, from), { width: columns, lead: '      ' }).map(style.faint));
    }
  }
  lines.push('');
  for (const { path, name, message, fix } of stray) {
    lines.push(style.faint(`${visible(file.name)}:${file.lineOf(path)}`));
    const place = formatPath(path.slice(0, 2));
    lines.push(
      ...wrap(visible(`${message} (${place})`), { width: columns, lead: 'WARNING  ' }).map((line, index) =>
        index === 0 ? style.severity('medium', 'WARNING') + line.slice(7) : line,
      ),
    );
    lines.push(
      ...wrap(visible(`In ${place}, ${fix === 'remove it' ? `remove ${name}` : fix}.`), {
        width: columns,
        lead: '  Fix  ',
      }),
      '',
    );
  }
  const closing =
    'Components have no audit log of their own: what they do shows in the log of the API server only. Requests to a kubelet itself, and to etcd, are in no audit log.';
  lines.push(...wrap(closing, { width: columns }).map(style.faint));
  return `${lines.join('\n')}\n`;
}

/** `reads: None (32), Metadata (4); changes: Request`. */
function levelsText(levels: KeptLevels, from: IdentityRow['from']): string {
  const parts: string[] = [];
  for (const kind of requestKinds) {
    const ofKind = levels.get(kind);
    if (ofKind === undefined) continue;
    const each = [...ofKind].sort(([, a], [, b]) => b - a);
    parts.push(
      `${kind}: ${each.map(([level, count]) => levelText(level, count, from)).join(from === 'log' ? ', ' : ' or ')}`,
    );
  }
  return parts.join('; ');
}

function levelText(level: AuditLevel, count: number, from: IdentityRow['from']): string {
  return from === 'log' ? `${level} (${count})` : level;
}

export function identitiesJson({ file, rows, stray }: ShownIdentities): string {
  const plain = {
    policy: file.name,
    identities: rows.map(({ component, name, groups, evidence, levels, from }) => ({
      ...{ component, name, groups, evidence, from },
      levels: Object.fromEntries([...levels].map(([kind, counts]) => [kind, Object.fromEntries(counts)])),
    })),
    findings: stray.map(({ path, name, message, fix }) => ({
      ...{ path: formatPath(path), line: file.lineOf(path), user: name, message, fix },
    })),
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}
