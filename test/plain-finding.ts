import type { Finding } from '../src/engine/finding.ts';

/** A finding as an object of plain fields, to make variations of. */
export function plainFinding(finding: Finding): Finding {
  const { control, severity, subject, failure, message, owner, identity, places } = finding;
  return { control, severity, subject, failure, message, owner, identity, places };
}
