import { formatPath } from '../model/path.ts';
import type { LintFinding } from '../semantics/audit-policy/index.ts';
import { capitalised } from './remedy.ts';
import type { Style } from './style.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

export type LocatedFinding = LintFinding & { readonly line: number };

const words = { error: 'ERROR', warning: 'WARNING', note: 'NOTE' } as const;
const severities = { error: 'high', warning: 'medium', note: 'low' } as const;

/** A block for each finding: what, why, and what to write instead. */
export function lintText(
  file: string,
  findings: readonly LocatedFinding[],
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const columns = Math.max(40, Math.min(width, 120));
  const lines: string[] = [];
  for (const { rule, severity, line, message, why, fix } of findings) {
    const word = words[severity];
    const head = wrap(visible(`${message} [${rule}]`), { width: columns, lead: `${word}  ` });
    lines.push(style.faint(`${visible(file)}:${line}`));
    for (const [index, text] of head.entries()) {
      lines.push(
        index === 0
          ? style.severity(severities[severity], word) + style.strong(text.slice(word.length))
          : style.strong(text),
      );
    }
    lines.push(...wrap(visible(`${capitalised(why)}.`), { width: columns, lead: '  Why  ' }));
    lines.push(...wrap(visible(`${capitalised(fix)}.`), { width: columns, lead: '  Fix  ' }), '');
  }
  const counts = (['error', 'warning', 'note'] as const)
    .map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count === 1 ? '' : 's'}`);
  lines.push(
    counts.length === 0 ? style.good(`${visible(file)}: nothing found`) : `${visible(file)}: ${counts.join(', ')}`,
  );
  return `${lines.join('\n')}\n`;
}

/** `{file, findings: [{line, path, rule, severity, message, why, fix}]}`. */
export function lintJson(file: string, findings: readonly LocatedFinding[]): string {
  const plain = findings.map(({ line, path, rule, severity, message, why, fix }) => ({
    ...{ line, path: formatPath(path), rule, severity, message, why, fix },
  }));
  return `${JSON.stringify({ file, findings: plain }, null, 2)}\n`;
}
