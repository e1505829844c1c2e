import { dump } from 'js-yaml';
import type { DetectionRule } from '../detect/index.ts';
import type { NeededRequests } from '../model/alert.ts';
import { styleOf } from './style.ts';
import { padEnd, wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface DetectionTextOptions {
  readonly color: 'always' | 'never';
  readonly width: number;
}

/** Detections as a table, in the order given. */
export function detectionsList(rules: readonly DetectionRule[], { color, width }: DetectionTextOptions): string {
  const style = styleOf(color);
  const columns = Math.max(0, ...rules.map(({ name }) => name.length));
  const lines = rules.flatMap(({ name, severity, title, needs }) => {
    const before = `${padEnd(visible(name), columns)}  ${padEnd(severity, 8)}  ${padEnd(needs.level, 15)}  `;
    const [first = '', ...others] = wrap(visible(title), { width, lead: before });
    return [first.replace(`  ${severity}`, `  ${style.severity(severity, severity)}`), ...others];
  });
  lines.push(
    '',
    `${rules.length} ${rules.length === 1 ? 'detection' : 'detections'}. "bulwark detections explain NAME" tells more.`,
  );
  return `${lines.join('\n')}\n`;
}

const mostRequests = 12;

/** What a detection finds, why, what it needs, and what to do; `rules` hold those that it counts. */
export function detectionPage(
  rule: DetectionRule,
  rules: readonly DetectionRule[],
  { color, width }: DetectionTextOptions,
): string {
  const style = styleOf(color);
  const { name, title, severity, attack, why, next, falsePositives, needs, examples, correlation } = rule;
  const lines = [
    style.strong(visible(title)),
    `${visible(name)}  ${style.severity(severity, severity)}  ${attack.join(' ')}`.trimEnd(),
    '',
  ];
  const section = (heading: string, texts: readonly string[]): void => {
    if (texts.length === 0) return;
    lines.push(style.strong(heading));
    for (const text of texts) lines.push(...wrap(visible(text), { width, lead: '  ' }));
    lines.push('');
  };
  section('Why', why === '' ? [] : [why]);
  section('What to do next', next);
  section('Known false alarms', falsePositives);
  section('What the audit policy has to log', needed(rule));
  const parts = [
    ...(correlation?.rules ?? []).flatMap((counted) => rules.filter((other) => other.name === counted)),
    rule,
  ];
  lines.push(style.strong('Rule'));
  for (const { source } of parts) {
    const shown =
      source.detection === undefined ? { correlation: source.correlation } : { detection: source.detection };
    const text = dump(shown, { lineWidth: width - 4, noRefs: true, flowLevel: 4 }).trimEnd();
    lines.push(...text.split('\n').map((line) => `  ${visible(line)}`));
  }
  lines.push('');
  section(
    'Fires on',
    examples.filter(({ fires }) => fires).map((example) => example.title),
  );
  section(
    'Stays silent on',
    examples.filter(({ fires }) => !fires).map((example) => example.title),
  );
  if (needs.unauthenticated)
    lines.push(
      'Requests that fail authentication have no user: a rule of the policy with users or groups misses them.',
      '',
    );
  return `${lines.join('\n').trimEnd()}\n`;
}

function needed({ needs }: DetectionRule): readonly string[] {
  const { level, stage, requests, paths } = needs;
  const shown = requests.slice(0, mostRequests).map(requestText);
  const rest = requests.length - shown.length;
  return [
    `level ${level}, stage ${stage}`,
    ...shown,
    ...(rest > 0 ? [`and ${rest} more`] : []),
    ...(paths.length > 0 ? [`paths ${paths.join(', ')}`] : []),
  ];
}

function requestText({ group, resource, verbs }: NeededRequests): string {
  const [plain = '', subresource] = resource.split('/');
  const name =
    resource === '*'
      ? 'any resource'
      : `${plain}${group === '' || group === '*' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verbs.includes('*') ? 'any verb' : verbs.join(', ')}: ${name}`;
}
