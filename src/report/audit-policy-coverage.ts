import { formatPath, type Path } from '../model/path.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { DetectionCoverage, LostRequests } from '../semantics/audit-policy/index.ts';
import type { Style } from './style.ts';
import { padEnd, textWidth, wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface CoveredDetection {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly coverage: DetectionCoverage;
}

export interface ShownCoverage {
  readonly rows: readonly CoveredDetection[];
  readonly file: { readonly name: string; lineOf(path: Path): number };
}

interface Drawing {
  readonly style: Style;
  readonly width: number;
  /** `all` lists what is visible too, and what detections do without. */
  readonly detail: 'lost' | 'all';
}

const states = ['blind', 'degraded', 'visible'] as const;

/** Detections by what they see, and the rules that hide the rest. */
export function coverageText({ rows, file }: ShownCoverage, { style, width, detail }: Drawing): string {
  const columns = Math.max(60, Math.min(width, 140));
  const nameColumns = Math.min(44, Math.max(0, ...rows.map(({ name }) => textWidth(visible(name)))));
  const lines: string[] = [];
  for (const state of states) {
    const ofState = rows.filter(({ coverage }) => coverage.state === state);
    if (ofState.length === 0 || (state === 'visible' && detail === 'lost')) continue;
    const heading = `${state.toUpperCase()} (${ofState.length})`;
    lines.push(
      state === 'blind' ? style.alarming(heading) : state === 'visible' ? style.good(heading) : style.strong(heading),
    );
    for (const group of byCause(ofState, { file, detail }))
      lines.push(...groupLines(group, { style, columns, nameColumns }));
    lines.push('');
  }
  const count = (state: string): number => rows.filter(({ coverage }) => coverage.state === state).length;
  lines.push(
    `${rows.length} detections: ${count('visible')} visible, ${count('degraded')} degraded, ${count('blind')} blind`,
  );
  return `${lines.join('\n')}\n`;
}

interface CauseGroup {
  readonly rows: readonly CoveredDetection[];
  readonly causes: readonly string[];
  readonly exceptions: readonly string[];
}

/** Detections that lose the same requests by the same rules together: a rule for events takes them from dozens. */
function byCause(
  rows: readonly CoveredDetection[],
  { file, detail }: { readonly file: ShownCoverage['file']; readonly detail: Drawing['detail'] },
): CauseGroup[] {
  const found = new Map<string, { rows: CoveredDetection[]; causes: string[]; exceptions: string[] }>();
  for (const row of rows) {
    const causes = row.coverage.lost.map((loss) => lossText(loss, file));
    const exceptions = detail === 'all' ? row.coverage.exceptions.map((loss) => lossText(loss, file)) : [];
    const key = JSON.stringify([causes, exceptions]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { rows: [row], causes, exceptions });
    else known.rows.push(row);
  }
  const gravest = ({ rows: group }: CauseGroup): Severity =>
    group.reduce<Severity>((most, { severity }) => (compareSeverity(severity, most) > 0 ? severity : most), 'info');
  return [...found.values()].sort((a, b) => compareSeverity(gravest(b), gravest(a)));
}

interface Columns {
  readonly style: Style;
  readonly columns: number;
  readonly nameColumns: number;
}

function groupLines({ rows, causes, exceptions }: CauseGroup, { style, columns, nameColumns }: Columns): string[] {
  const lines = [...rows]
    .sort((a, b) => compareSeverity(b.severity, a.severity))
    .map(
      ({ name, title, severity }) =>
        `  ${style.severity(severity, severity.padEnd(8))} ${padEnd(visible(name), nameColumns)}  ${style.faint(visible(title))}`,
    );
  for (const text of causes) lines.push(...wrap(visible(text), { width: columns, lead: '             - ' }));
  for (const text of exceptions) {
    lines.push(...wrap(visible(`does without: ${text}`), { width: columns, lead: '             - ' }).map(style.faint));
  }
  return lines;
}

function lossText({ cause, rule, level, users, verbs, targets }: LostRequests, file: ShownCoverage['file']): string {
  const what = `${shortVerbs(verbs)} of ${first(targets, 4)}`;
  const who = users.includes('a person') ? '' : ` by ${first(users.map(userText), 3)}`;
  const by =
    rule === undefined
      ? 'no rule matches'
      : `${formatPath(rule.path)}, line ${file.lineOf(rule.path)}${cause === 'level' ? '' : `, level ${level}`}`;
  const why = { 'not-logged': 'not logged', level: `logged at ${level} only`, stage: 'logged at no stage that tells' }[
    cause
  ];
  return `${what}${who}: ${why} (${by})`;
}

function userText(name: string): string {
  return name === 'system:serviceaccount:an-application:a-workload' ? 'workloads' : name;
}

function shortVerbs(verbs: readonly string[]): string {
  return verbs.length >= 8 ? 'any verb' : verbs.join(', ');
}

function first(words: readonly string[], most: number): string {
  if (words.length <= most + 1) return words.join(', ');
  return `${words.slice(0, most).join(', ')} and ${words.length - most} more`;
}

export function coverageJson({ rows, file }: ShownCoverage): string {
  const plain = (loss: LostRequests) => ({
    ...loss,
    rule: loss.rule === undefined ? null : formatPath(loss.rule.path),
    line: loss.rule === undefined ? null : file.lineOf(loss.rule.path),
  });
  const detections = rows.map(({ name, title, severity, coverage }) => ({
    ...{ name, title, severity, state: coverage.state },
    lost: coverage.lost.map(plain),
    exceptions: coverage.exceptions.map(plain),
  }));
  return `${JSON.stringify({ policy: file.name, detections }, null, 2)}\n`;
}
