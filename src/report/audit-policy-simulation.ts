import { formatPath, type Path } from '../model/path.ts';
import { describeRule, type Simulation } from '../semantics/audit-policy/index.ts';
import { bytesText } from './bytes.ts';
import type { Style } from './style.ts';
import { padEnd, textWidth, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

export interface ShownSimulation {
  readonly simulation: Simulation;
  lineOf(path: Path): number;
  /** How many contributors are named. */
  readonly top: number;
}

const hour = 3_600_000;

/** What the policy keeps in an hour and a day, by rule and by who and what. */
export function simulationText(
  { simulation, lineOf, top }: ShownSimulation,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const { read, kept, rules, contributors, span, notes } = simulation;
  const hours = span / hour;
  const perHour = (value: number): number => (hours === 0 ? value : value / hours);
  const columns = Math.max(60, Math.min(width, 140));
  const lines = [
    `Sample   ${read.events} events, ${bytesText(read.bytes)} in ${spanText(span)}`,
    `Kept     ${kept.events} events, ${bytesText(kept.bytes)} (${percent(kept.bytes, read.bytes)} of the sample)`,
    style.strong(
      `A day    ${hours === 0 ? 'not known: all events are of one moment' : `${bytesText(perHour(kept.bytes) * 24)}, ${compact(perHour(kept.events) * 24)} events, at the rate of the sample`}`,
    ),
  ];
  if (kept.estimatedBytes > 0) lines.push(`         of this ${percent(kept.estimatedBytes, kept.bytes)} is estimated`);
  if (span < hour)
    lines.push(
      ...wrap('The sample is shorter than an hour: a day may look different.', {
        width: columns,
        lead: '         ',
      }).map(style.faint),
    );
  lines.push(
    '',
    ...table(
      ['RULE', 'LINE', 'LEVEL', 'REQUESTS', 'EVENTS/H', 'BYTES/H', 'SHARE', ''],
      rules
        .filter(({ rule, seen }) => rule !== undefined || seen > 0)
        .map(({ rule, seen, events, bytes }) => [
          rule === undefined ? '(none)' : formatPath(rule.path),
          rule === undefined ? '' : String(lineOf(rule.path)),
          rule?.level ?? 'None',
          String(seen),
          compact(perHour(events)),
          bytesText(perHour(bytes)),
          percent(bytes, kept.bytes),
          rule === undefined
            ? 'no rule matches'
            : describeRule(rule)
                .replace(/^rules\[\d+\] ?/, '')
                .replace(/^\((.*)\)$/, '$1'),
        ]),
      columns,
      style,
    ),
  );
  if (contributors.length > 0) {
    lines.push(
      '',
      ...table(
        ['BYTES/H', 'EVENTS/H', 'SHARE', 'RULE', 'VERB', 'RESOURCE', 'USER'],
        contributors
          .slice(0, top)
          .map(({ user, verb, resource, rule, events, bytes }) => [
            bytesText(perHour(bytes)),
            compact(perHour(events)),
            percent(bytes, kept.bytes),
            formatPath(rule.path),
            verb,
            visibleShort(resource.replace(/^customresourcedefinitions\.apiextensions\.k8s\.io/, 'crds'), 60),
            visibleShort(userText(user), 80),
          ]),
        columns,
        style,
      ),
    );
  }
  lines.push('', ...notes.flatMap((note) => wrap(note, { width: columns }).map(style.faint)));
  return `${lines.join('\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[], width: number, style: Style): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  const numeric = new Set(['LINE', 'REQUESTS', 'EVENTS/H', 'BYTES/H', 'SHARE']);
  const line = (row: readonly string[]): string => {
    const text = row
      .map((cell, column) =>
        numeric.has(head[column] ?? '') ? cell.padStart(widths[column] ?? 0) : padEnd(cell, widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
    return text.length > width ? `${text.slice(0, width - 1)}…` : text;
  };
  return [style.faint(line(head)), ...rows.map((row) => visible(line(row)))];
}

function userText(user: string): string {
  if (user === '') return '(not authenticated)';
  return user.replace(/^system:serviceaccount:([^:]+):([^:]+)$/, '$1/$2 (service account)');
}

function percent(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const share = (part / whole) * 100;
  return share > 0 && share < 1 ? '<1 %' : `${Math.round(share)} %`;
}

function compact(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)}k`;
  return String(Math.round(value));
}

function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}

/** Totals, rates by the hour, rules and all contributors that are asked for. */
export function simulationJson({ simulation, lineOf, top }: ShownSimulation): string {
  const { read, kept, rules, contributors, span, notes } = simulation;
  const hours = span / hour;
  const bytesPerDay = hours === 0 ? null : Math.round((kept.bytes / hours) * 24);
  const plain = {
    sample: { events: read.events, bytes: read.bytes, seconds: span / 1000 },
    kept: { ...kept, bytesPerDay },
    rules: rules.map(({ rule, ...counts }) => ({
      rule: rule === undefined ? null : formatPath(rule.path),
      line: rule === undefined ? null : lineOf(rule.path),
      level: rule?.level ?? 'None',
      ...counts,
    })),
    contributors: contributors.slice(0, top).map(({ rule, ...rest }) => ({ ...rest, rule: formatPath(rule.path) })),
    notes,
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}
