import { formatPath, type Path } from '../model/path.ts';
import { connectSubresources, isLongRunning } from '../semantics/audit-policy/api-resources.ts';
import {
  type AuditedRequest,
  describeRule,
  type Explanation,
  recordedStages,
} from '../semantics/audit-policy/index.ts';
import type { Style } from './style.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface ExplainedRequest {
  readonly file: string;
  readonly request: AuditedRequest;
  readonly explanation: Explanation;
  lineOf(path: Path): number;
}

/** The request as it was understood, the decision, and a line for each rule that did not match. */
export function explainText(
  { request, explanation, lineOf }: ExplainedRequest,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const columns = Math.max(40, Math.min(width, 140));
  const { decision, passed } = explanation;
  const { rule, level, omitStages } = decision;
  const stages = stagesOf(request, explanation);
  const lines = labelled('Request', requestText(request), columns);
  const paint = level === 'None' || stages.length === 0 ? style.alarming : style.good;
  const outcome =
    level === 'None'
      ? 'None: it is not logged'
      : `${level}, at ${stages.join(' and ') || 'no stage: it is not logged'}`;
  lines.push(...labelled('Level', outcome, columns).map((line) => line.slice(0, 9) + paint(line.slice(9))));
  const where =
    rule === undefined
      ? 'no rule matches, and what no rule matches is not logged'
      : `${describeRule(rule)}, line ${lineOf(rule.path)}`;
  lines.push(...labelled('Rule', where, columns));
  if (level !== 'None' && omitStages.length > 0) lines.push(...labelled('Omitted', omitStages.join(', '), columns));
  if (level.startsWith('Request') && !connectSubresources.has(request.resource?.subresource ?? '')) {
    const bodies = level === 'Request' ? 'the body of the request' : 'the bodies of request and response';
    lines.push(
      ...labelled('Bodies', `${bodies}${decision.omitManagedFields ? ', without managed fields' : ''}`, columns),
    );
  }
  if (passed.length > 0) {
    lines.push('', `Not by ${passed.length === 1 ? 'the rule' : `the ${passed.length} rules`} before:`);
    for (const { rule: each, reason } of passed) {
      const lead = `  ${`line ${lineOf(each.path)}`.padEnd(9)} ${formatPath(each.path).padEnd(10)} `;
      lines.push(
        ...wrap(visible(reason), { width: columns, lead }).map((line, at) =>
          at === 0 ? style.faint(line.slice(0, lead.length)) + line.slice(lead.length) : line,
        ),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function labelled(label: string, text: string, width: number): string[] {
  return wrap(visible(text), { width, lead: label.padEnd(9) });
}

function stagesOf({ verb, resource }: AuditedRequest, { decision }: Explanation): readonly string[] {
  return recordedStages(decision, isLongRunning(verb, resource?.subresource ?? ''));
}

function requestText({ user, verb, resource, path }: AuditedRequest): string {
  const by =
    user === undefined ? 'nobody (authentication failed)' : `${user.name} (${user.groups.join(', ') || 'no groups'})`;
  if (resource === undefined) return `${verb} ${path}, by ${by}`;
  const { group, resource: name, subresource, namespace, name: object } = resource;
  const what = `${name}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
  const where = namespace === '' ? '' : ` in ${namespace}`;
  return `${verb} ${what}${object === '' ? '' : ` ${object}`}${where}, by ${by}`;
}

/** `{file, request, level, stages, omitManagedFields, rule, line, passed: [{rule, line, reason}]}`. */
export function explainJson(explained: ExplainedRequest): string {
  const { file, request, explanation, lineOf } = explained;
  const { decision, passed } = explanation;
  const plain = {
    file,
    request,
    level: decision.level,
    stages: stagesOf(request, explanation),
    omitManagedFields: decision.omitManagedFields,
    rule: decision.rule === undefined ? null : formatPath(decision.rule.path),
    line: decision.rule === undefined ? null : lineOf(decision.rule.path),
    passed: passed.map(({ rule, reason }) => ({ rule: formatPath(rule.path), line: lineOf(rule.path), reason })),
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}
