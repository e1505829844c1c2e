import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { beforeAdmission } from './before-admission.ts';
import { explainAdmission } from './explain.ts';
import { fitsPodSecurity } from './fits.ts';
import { goQuote } from './go-syntax.ts';
import { lintPodSecurityPolicy } from './lint.ts';
import { readPodSecurityPolicy } from './policy.ts';
import { silentlyMutated } from './silently-mutated.ts';
import { policy } from './test-objects.ts';

describe('whatever comes in', () => {
  it('is read without an exception', () => {
    const keys = fc.constantFrom(
      ...['metadata', 'spec', 'annotations', 'containers', 'securityContext', 'capabilities', 'add', 'volumes', 'name'],
      ...[
        'runAsUser',
        'rule',
        'ranges',
        'min',
        '__proto__',
        'constructor',
        'hostPath',
        'projected',
        'sources',
        'ports',
      ],
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        fc.constantFrom(null, 0, -1, 1.5, '', 'MustRunAs', '*', true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(keys, tie('value')), { maxLength: 4 }).map((entries) => JSON.parse(jsonOf(entries))),
      ),
    }));
    const object = fc.tuple(value, value).map(([metadata, spec]) => ({ metadata, spec }) as unknown as JsonObject);
    fc.assert(
      fc.property(object, object, (pod, other) => {
        const read = readPodSecurityPolicy(other);
        lintPodSecurityPolicy(read);
        fitsPodSecurity(read);
        silentlyMutated(pod, other);
        const made = beforeAdmission(pod);
        for (const operation of ['CREATE', 'UPDATE'] as const) {
          explainAdmission({ pod: made, oldPod: other, operation, policies: [read, policy('p')], mayUse: () => true });
        }
      }),
      { numRuns: 300 },
    );
  });

  function jsonOf(entries: readonly (readonly [string, unknown])[]): string {
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  }

  it.each([
    ['a"\\', '"a\\"\\\\"'],
    ['\u0000\u007f\n', '"\\x00\\x7f\\n"'],
    ['é\u00ad\u2028\u{e0001}', '"é\\u00ad\\u2028\\U000e0001"'],
    ['\ud800', '"\ufffd"'],
  ])('%j is quoted as Go does', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });
});
