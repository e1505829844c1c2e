import { expiryOf } from './expiry.ts';

/** What one line that accepts findings says, in a comment or an annotation. */
export interface ExceptionText {
  readonly controls: readonly string[];
  readonly container?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly expires?: string;
  readonly mistakes: readonly string[];
}

const word = /([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']*))|[^\s,]+/g;

/**
 * Reads `pods/privileged, pods/host-pid container=agent reason="reads the kernel log" owner=team-a until=2027-01-31`.
 * Takes linear time and never throws: what cannot be understood is a mistake, in words.
 */
export function readExceptionText(text: string): ExceptionText {
  const controls: string[] = [];
  const mistakes: string[] = [];
  const fields = new Map<string, string>();
  for (const [whole, key, double, single, bare] of text.matchAll(word)) {
    if (key === undefined) {
      controls.push(whole);
      continue;
    }
    const name = key === 'expires' ? 'until' : key;
    if (!fieldNames.has(name)) mistakes.push(`it has no field ${key}`);
    else if (fields.has(name)) mistakes.push(`it says ${key} twice`);
    else fields.set(name, double?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare ?? '');
  }
  if (controls.length === 0) mistakes.push('it names no control');
  const until = fields.get('until');
  if (until !== undefined && expiryOf(until) === undefined) mistakes.push(`${until} is no date such as 2027-01-31`);
  const given = (name: string): string | undefined => fields.get(name) || undefined;
  const [container, reason, owner, expires] = ['container', 'reason', 'owner', 'until'].map(given);
  return {
    controls,
    mistakes,
    ...(container !== undefined && { container }),
    ...(reason !== undefined && { reason }),
    ...(owner !== undefined && { owner }),
    ...(expires !== undefined && { expires }),
  };
}

const fieldNames: ReadonlySet<string> = new Set(['container', 'reason', 'owner', 'until']);
