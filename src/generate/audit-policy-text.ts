import type { AuditLevel } from '../model/audit-event.ts';
import type { Json } from '../model/json.ts';

/** A rule as it is written: empty lists are left out. */
export interface PolicyRuleText {
  readonly level: AuditLevel;
  /** What it is for, each a line before it. */
  readonly comment: readonly string[];
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly PolicyEntryText[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

export interface PolicyEntryText {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

export function ruleOf(parts: Pick<PolicyRuleText, 'level' | 'comment'> & Partial<PolicyRuleText>): PolicyRuleText {
  return { users: [], userGroups: [], verbs: [], resources: [], namespaces: [], nonResourceURLs: [], ...parts };
}

export interface PolicyText {
  readonly rules: readonly PolicyRuleText[];
  /** Minor version of the API server: what it does not know is left out. */
  readonly minor: number;
}

/** Since v1.23; it takes a good part off every body. */
const managedFieldsSince = 23;

const listFields = ['users', 'userGroups', 'verbs', 'namespaces', 'nonResourceURLs'] as const;

/** The policy as data. */
export function policyValue({ rules, minor }: PolicyText): Json {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    ...(minor >= managedFieldsSince && { omitManagedFields: true }),
    rules: rules.map((rule) => ({
      level: rule.level,
      ...Object.fromEntries(listFields.filter((field) => rule[field].length > 0).map((field) => [field, rule[field]])),
      ...(rule.resources.length > 0 && {
        resources: rule.resources.map(({ group, resources, resourceNames }) => ({
          group,
          ...(resources.length > 0 && { resources }),
          ...(resourceNames !== undefined && { resourceNames }),
        })),
      }),
    })),
  };
}

/** The policy as commented YAML. `head`: lines of the comment at its top. */
export function policyYaml({ rules, minor }: PolicyText, head: readonly string[]): string {
  const lines = [
    ...head.flatMap((line) => folded(line, '# ')),
    'apiVersion: audit.k8s.io/v1',
    'kind: Policy',
    ...folded('When a request arrives nothing is known of its outcome: this stage only doubles the log.', '# '),
    'omitStages: [RequestReceived]',
    ...(minor >= managedFieldsSince
      ? [...folded('Who owns which field of an object: large, and of no use here.', '# '), 'omitManagedFields: true']
      : []),
    'rules:',
  ];
  for (const rule of rules) {
    for (const text of rule.comment) lines.push(...folded(text, '  # '));
    lines.push(`  - level: ${rule.level}`);
    for (const field of listFields) {
      if (rule[field].length > 0) lines.push(...flowList(field, rule[field], 4));
    }
    if (rule.resources.length === 0) continue;
    lines.push('    resources:');
    for (const { group, resources, resourceNames } of rule.resources) {
      lines.push(`      - group: ${scalar(group)}`);
      if (resources.length > 0) lines.push(...flowList('resources', resources, 8));
      if (resourceNames !== undefined) lines.push(...flowList('resourceNames', resourceNames, 8));
    }
  }
  return `${lines.join('\n')}\n`;
}

const width = 110;

function flowList(key: string, values: readonly string[], indent: number): string[] {
  const pad = ' '.repeat(indent);
  const flow = `${pad}${key}: [${values.map(scalar).join(', ')}]`;
  if (flow.length <= width) return [flow];
  return [`${pad}${key}:`, ...values.map((value) => `${pad}  - ${scalar(value)}`)];
}

/** Plain where YAML reads it back as the same text. */
function scalar(text: string): string {
  return /^[a-z/][a-z0-9:./_-]*[a-z0-9/_-]$|^[a-z]$/i.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

function folded(text: string, lead: string): string[] {
  const lines: string[] = [];
  let line = lead.trimEnd();
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > width && line !== lead.trimEnd()) {
      lines.push(line);
      line = lead.trimEnd();
    }
    line += ` ${word}`;
  }
  lines.push(line.trimEnd());
  return lines;
}
