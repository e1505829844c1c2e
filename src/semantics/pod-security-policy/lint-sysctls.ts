import { type FieldError, forbidden, invalidText } from './field-error.ts';
import type { PodSecurityPolicy } from './policy.ts';

const longestName = 253;
const segment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const pattern = `(${segment}\\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]`;
const validPattern = new RegExp(`^${pattern}$`);

/** The two lists of sysctls, each by itself and against each other. */
export function lintSysctls(policy: PodSecurityPolicy): readonly FieldError[] {
  return [
    ...lintList('spec.allowedUnsafeSysctls', policy.allowedUnsafeSysctls),
    ...lintList('spec.forbiddenSysctls', policy.forbiddenSysctls),
    ...overlaps(policy),
  ];
}

function lintList(path: string, sysctls: readonly string[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, name] of sysctls.entries()) {
    if (name === '') errors.push(invalidText(`${path}[${index}]`, name, 'empty sysctl not allowed'));
    else if (name.length > longestName || !validPattern.test(name)) {
      const detail = `must have at most ${longestName} characters and match regex ${pattern}`;
      errors.push(invalidText(`${path}[${index}]`, name, detail));
    }
  }
  if (sysctls.includes('*') && sysctls.length > 1)
    errors.push(forbidden(`${path}.items`, "if '*' is present, must not specify other sysctls"));
  return errors;
}

/** Whichever of two patterns is within the other is the one that is blamed; the allowed one where they are the same. */
function overlaps({ allowedUnsafeSysctls, forbiddenSysctls }: PodSecurityPolicy): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, allowed] of allowedUnsafeSysctls.entries()) {
    for (const [other, banned] of forbiddenSysctls.entries()) {
      if (covers(banned, allowed)) {
        errors.push(invalidText(`spec.allowedUnsafeSysctls[${index}]`, allowed, `sysctl overlaps with ${banned}`));
      } else if (covers(allowed, banned)) {
        errors.push(invalidText(`spec.forbiddenSysctls[${other}]`, banned, `sysctl overlaps with ${allowed}`));
      }
    }
  }
  return errors;
}

function covers(pattern: string, name: string): boolean {
  if (!pattern.endsWith('*')) return pattern === name;
  const prefix = pattern.slice(0, -1);
  return (name.endsWith('*') ? name.slice(0, -1) : name).startsWith(prefix);
}
