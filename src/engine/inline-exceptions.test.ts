import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { readExceptionText } from './exception-text.ts';
import { ExceptionBook } from './exceptions.ts';
import { inlineExceptions } from './inline-exceptions.ts';
import { withExceptions } from './suppressed.ts';

const now = new Date('2026-11-21T12:00:00Z');
const ids = controls.map(({ id }) => id);
const asked = new Set(['pods/privileged', 'pods/host-network', 'pods/host-pid']);

function judged(text: string) {
  const judgement = judgeText(
    controls.filter(({ id }) => asked.has(id)),
    text,
  );
  const { exceptions, mistakes } = inlineExceptions(judgement.snapshot.objects, { controls: ids });
  const { suppressed = [], notices = [] } = withExceptions(judgement, {
    book: new ExceptionBook(exceptions, ids),
    now,
    mistakes,
  });
  return {
    accepted: suppressed
      .map(({ finding }) => [finding.control.id, finding.subject.container?.name].filter(Boolean).join(' '))
      .toSorted(),
    notices: notices.map(({ kind, place, message }) => `${kind} ${place}: ${message}`),
  };
}

const why = 'reason="it must" owner=team-a until=2027-01-31';

function pod({ annotation = '', above = '', on = '' }: { annotation?: string; above?: string; on?: string }): string {
  const annotations = annotation === '' ? '' : `\n  annotations:\n    bulwark.dev/ignore: |\n      ${annotation}`;
  return `apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop${annotations}
spec:
  hostNetwork: true${on}
  hostPID: true
  containers:
    ${above}
    - {name: a, image: i, securityContext: {privileged: true}}
    - {name: b, image: i, securityContext: {privileged: true}}
`;
}

const place = 'Pod shop/web, annotation bulwark.dev/ignore';

describe('exceptions on objects', () => {
  it.each<[string, Parameters<typeof pod>[0], string[], string[]]>([
    ['an annotation', { annotation: `pods/host-network ${why}` }, ['pods/host-network'], []],
    ['of a container', { annotation: `pods/privileged container=a ${why}` }, ['pods/privileged a'], []],
    [
      'of containers by pattern',
      { annotation: `pods/privileged container=* ${why}` },
      ['pods/privileged a', 'pods/privileged b'],
      [],
    ],
    [
      'of a component',
      { annotation: `pods ${why}` },
      ['pods/host-network', 'pods/host-pid', 'pods/privileged a', 'pods/privileged b'],
      [],
    ],
    [
      'of two controls',
      { annotation: `pods/host-pid, pods/host-network ${why}` },
      ['pods/host-network', 'pods/host-pid'],
      [],
    ],
    ['a comment on the line', { on: ` # bulwark:ignore pods/host-network ${why}` }, ['pods/host-network'], []],
    [
      'a comment on another line',
      { on: ` # bulwark:ignore pods/host-pid ${why}` },
      [],
      ['unused example.yaml:7: no finding of pods/host-pid needs it'],
    ],
    ['a comment above a container', { above: `# bulwark:ignore pods/privileged ${why}` }, ['pods/privileged a'], []],
    [
      'without a reason',
      { annotation: 'pods/host-network owner=a until=2027-01-31' },
      [],
      [`not-followed ${place}: it needs reason=`],
    ],
    [
      'with an empty reason',
      { annotation: 'pods/host-network reason="" owner=a until=2027-01-31' },
      [],
      [`not-followed ${place}: it needs reason=`],
    ],
    [
      'of an unknown control',
      { annotation: `pods/hostnetwork ${why}` },
      [],
      [`not-followed ${place}: there is no control "pods/hostnetwork"; did you mean pods/host-network?`],
    ],
    ['of nothing', { annotation: why }, [], [`not-followed ${place}: it names no control`]],
    [
      'with a field that is none',
      { annotation: `pods/host-network ticket=1 ${why}` },
      [],
      [`not-followed ${place}: it has no field ticket`],
    ],
    [
      'with a date that is none',
      { annotation: 'pods/host-network reason=a owner=b until=soon' },
      [],
      [`not-followed ${place}: soon is no date such as 2027-01-31`],
    ],
    [
      'after its end',
      { annotation: 'pods/host-network reason=a owner=b until=2026-11-20' },
      [],
      [`expired ${place}: the one of pods/host-network expired on 2026-11-20`],
    ],
    [
      'two that contradict',
      { annotation: `pods/host-network ${why}\n      pods/host-network reason=a owner=b until=2026-12-31` },
      ['pods/host-network'],
      [`contradiction ${place}: it contradicts ${place}, which has the same scope and counts`],
    ],
  ])('%s', (_, where, accepted, notices) => {
    expect(judged(pod(where))).toEqual({ accepted, notices });
  });

  it('an annotation of 256 KiB is read within a second, and what is too much is told', () => {
    const annotation = Array.from({ length: 5000 }, (_, index) => `pods/no-${index} reason=a owner=b until=2027-01-31`);
    const text = pod({ annotation: annotation.join('\n      ').slice(0, 256 * 1024) });
    const started = performance.now();
    const { notices, accepted } = judged(text);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(accepted).toEqual([]);
    expect(notices).toContain(`not-followed ${place}: only its first 1000 lines are read`);
  });

  it('any text at all is read or refused', () => {
    const part = fc.constantFrom('pods/privileged', ' ', ',', 'reason=', '"', "'", '\\', 'until=2027-01-31', '*', '=');
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 5 })), { maxLength: 20 }), (parts) => {
        const { controls: named, mistakes } = readExceptionText(parts.join(''));
        expect(named.length + mistakes.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});
