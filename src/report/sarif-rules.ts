import type { AnyControl } from '../controls/control.ts';
import type { Severity } from '../model/severity.ts';
import { controlMarkdown, controlText } from './control-page.ts';

/** The levels that SARIF has for our severities. */
export const sarifLevels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** What code scanning ranks by, on the scale of CVSS: the middle of each of its bands. Info is no vulnerability. */
const securitySeverities: Readonly<Record<Severity, string | undefined>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: undefined,
};

/** A control as a SARIF reportingDescriptor (3.49). */
export function sarifRule(control: AnyControl): unknown {
  const rank = control.profile === 'security' ? securitySeverities[control.severity] : undefined;
  return {
    id: control.id,
    name: pascalCase(control.id),
    shortDescription: { text: control.title },
    fullDescription: { text: control.why },
    help: { text: controlText(control), markdown: controlMarkdown(control) },
    defaultConfiguration: { level: sarifLevels[control.severity] },
    properties: {
      ...(rank !== undefined && { 'security-severity': rank }),
      tags: [control.profile, 'kubernetes', componentOf(control.id)],
    },
  };
}

function componentOf(id: string): string {
  const slash = id.indexOf('/');
  return slash === -1 ? id : id.slice(0, slash);
}

function pascalCase(id: string): string {
  return id
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
