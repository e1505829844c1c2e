import { derivedFields } from './catalogue.ts';
import { eventFields, openPrefixes } from './event-fields.ts';

/** docs/detection-fields.md: every field that a rule may name. */
export function fieldPage(): string {
  const lines = [
    '# Fields of detections',
    '',
    'Generated from src/detect: `npx vitest run src/detect/field-page.test.ts -u` writes it anew. docs/detections.md says how',
    'rules use these fields. Level is the lowest audit level at which a field can be told.',
    '',
    '## The audit event',
    '',
    'As in an audit.k8s.io/v1 Event:',
    '',
    ...eventFields.map(({ name }) => `- \`${name}\``),
    '',
    'Below these a path goes on as the data does:',
    '',
    ...openPrefixes.map((prefix) => `- \`${prefix}…\`${remarks[prefix] ?? ''}`),
    '',
  ];
  for (const { title, fields } of derivedFields) {
    lines.push(`## ${title}`, '', '| Field | Level | What it holds |', '| --- | --- | --- |');
    for (const { name, level, about } of fields)
      lines.push(`| \`${name}\` | ${level} | ${about.replaceAll('|', '\\|')} |`);
    lines.push('');
  }
  return lines.join('\n');
}

const remarks: Readonly<Record<string, string>> = {
  'annotations.': ': the rest is one key, `annotations.authorization.k8s.io/decision`',
  'user.extra.': ': the rest is one key',
  'impersonatedUser.extra.': ': the rest is one key',
  'requestObject.': ': the body of the request, from the level Request',
  'responseObject.': ': the body of the response, at the level RequestResponse',
  'object.': ': the object after the request, from the response where the log has it, else from the request',
  'before.':
    ': its state before, as far as bodies in the log have shown it: `metadata.labels` of namespaces, `rules` of roles, `webhooks` of webhook configurations',
};
