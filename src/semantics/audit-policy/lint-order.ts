import type { AuditLevel } from '../../model/audit-event.ts';
import { formatPath } from '../../model/path.ts';
import type { LintFinding } from './lint.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';
import type { RequestClass } from './request-space.ts';

/**
 * Rules that never decide, proven over all kinds of requests. `explained`: rules of which it is said already why a
 * part of them matches nothing. `widened`: rules that lack a condition which a misspelt key was to be: what they take
 * from others is added to them here, and told there.
 */
export function* lintOrder(
  { rules }: AuditPolicy,
  classes: readonly RequestClass[],
  { explained, widened }: Explained,
): Iterable<LintFinding> {
  const deciding = new Set<AuditRule | undefined>();
  for (const each of classes) deciding.add(each.rules[0]);
  const idle = rules.filter((rule) => !deciding.has(rule));
  const takers = takersOf(classes, new Set(idle));
  for (const rule of idle) {
    const name = formatPath(rule.path);
    const before = [...(takers.get(rule) ?? [])];
    if (before.length === 0) {
      if (explained.has(name)) continue;
      yield {
        rule: 'never-matches',
        severity: 'warning',
        path: rule.path,
        message: `${name} matches no request: its conditions exclude each other`,
        why: 'what it is meant for is logged by another rule, or not at all',
        fix: 'see "explain" for a request that it is meant for, and which condition fails',
      };
      continue;
    }
    const cause = before.find(({ path }) => widened.has(formatPath(path)));
    if (cause !== undefined) {
      widened.get(formatPath(cause.path))?.push(name);
      continue;
    }
    const names = before.map(({ path }) => formatPath(path));
    const shown = shortList(names);
    const same = before.every(({ level }) => level === rule.level);
    yield {
      rule: 'unreachable-rule',
      severity: 'warning',
      path: rule.path,
      message: `${name} is never reached: ${shown} before it ${names.length === 1 ? 'takes' : 'take'} every request that it matches`,
      why: same
        ? 'it says nothing new'
        : insteadOf(
            rule.level,
            before.map(({ level }) => level),
          ),
      fix: same ? 'remove it' : `move it before ${names[0]}, or remove it`,
    };
  }
}

export interface Explained {
  readonly explained: ReadonlySet<string>;
  readonly widened: ReadonlyMap<string, string[]>;
}

/** `rules[1], rules[2], rules[3] and 4 more`. */
export function shortList(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}

/** What becomes of requests that are meant for one level, and are taken by rules of others. */
function insteadOf(meant: AuditLevel, taken: readonly AuditLevel[]): string {
  const others = [...new Set(taken)].filter((level) => level !== meant);
  const logged = others.filter((level) => level !== 'None');
  const ways = [
    ...(logged.length === 0 ? [] : [`logged at ${logged.join(' or ')}`]),
    ...(others.includes('None') ? ['not logged'] : []),
  ];
  const what = meant === 'None' ? 'what it should leave out' : `what it should log at level ${meant}`;
  return `${what} is ${others.length < new Set(taken).size ? 'in part ' : ''}${ways.join(' or ')}`;
}

/** For rules that never decide, those that do in their place. */
function takersOf(classes: readonly RequestClass[], idle: ReadonlySet<AuditRule>): Map<AuditRule, Set<AuditRule>> {
  const takers = new Map<AuditRule, Set<AuditRule>>();
  if (idle.size === 0) return takers;
  for (const each of classes) {
    const [winner] = each.rules;
    if (winner === undefined) continue;
    for (const rule of each.shadowed()) {
      if (!idle.has(rule)) continue;
      const known = takers.get(rule);
      if (known === undefined) takers.set(rule, new Set([winner]));
      else known.add(winner);
    }
  }
  return takers;
}
