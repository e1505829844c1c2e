import type { AnyControl } from '../controls/control.ts';
import type { Judgement } from './judge.ts';
import { messageOf } from './own-control.ts';

/** What is wrong with the words of a control: its title says the good state, and its reason is a sentence. */
export function wordProblems({ id, title, why, examples }: AnyControl): readonly string[] {
  const problems: string[] = [];
  if (!/^[A-Z/].{10,100}[^.!]$/.test(title)) {
    problems.push('its title must be 12 to 102 characters, start with a capital and end without a full stop');
  }
  if (!/^[A-Za-z`][\s\S]{30,}\.$/.test(why)) problems.push('its why must be at least one sentence');
  if (!/^[a-z-]+\/[a-z0-9-]+$/.test(id)) problems.push('its id must be component/name, in lower case');
  if (examples.fail.length === 0) problems.push('it has no example that fails');
  if (examples.pass.length === 0) problems.push('it has no example that passes');
  return problems;
}

/** What is wrong with an example that was judged by its control alone. */
export function exampleProblems(
  { errors, findings }: Pick<Judgement, 'errors' | 'findings'>,
  { expected }: { readonly expected: 'fail' | 'pass' },
): readonly string[] {
  const thrown = errors.map(({ error }) => `the check failed: ${messageOf(error)}`);
  if (thrown.length > 0) return thrown;
  if (expected === 'pass') return findings.map(({ message }) => `it should pass, and does not: ${message}`);
  if (findings.length === 0) return ['it should fail, and passes'];
  return findings.flatMap(({ message }) => {
    if (/undefined|\[object|NaN/.test(message)) return [`its message has a hole: ${message}`];
    return /[.!]$/.test(message) ? [`its message must not end with a full stop: ${message}`] : [];
  });
}
