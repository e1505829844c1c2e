import { describe, expect, it } from 'vitest';
import { examplePod, examplePolicy, networkFactsOf } from '../../test/network-example.ts';
import { judgeAssertion, parseAssertions } from './network-assertions.ts';

const spaces = ['shop', 'other']
  .map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {team: ${name}}}\n`)
  .join('---\n');
const facts = networkFactsOf(
  spaces,
  examplePod('web'),
  examplePod('db'),
  examplePod('web', 'other'),
  examplePolicy(
    '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]}',
  ),
);

describe('requirements', () => {
  it.each([
    ['allow shop/web -> shop/db:8080', 'holds'],
    ['allow shop/web -> shop/db:http', 'holds'],
    ['allow shop/web -> shop/db:9', 'broken'],
    ['allow shop/web -> shop/db:nothing', 'broken'],
    ['deny shop/web -> shop/db:nothing', 'holds'],
    ['deny team=other -> shop/db', 'holds'],
    ['deny team=other -> team=shop', 'broken'],
    ['deny internet -> shop/*', 'broken'],
    ['deny internet -> shop/db', 'holds'],
    ['deny shop/db -> shop/db', 'holds'],
    ['allow shop/db -> shop/db', 'holds'],
  ])('%s %s', (text, wanted) => {
    const [assertion] = parseAssertions(text);
    const result = assertion !== undefined && 'effect' in assertion ? judgeAssertion(facts, assertion) : undefined;
    expect(result).toMatchObject({ verdict: wanted });
  });

  it('that do not hold come with a connection that shows it', () => {
    const [assertion] = parseAssertions('deny team=other -> team=shop');
    const result = assertion !== undefined && 'effect' in assertion ? judgeAssertion(facts, assertion) : undefined;
    expect(result).toMatchObject({ example: { from: ['other/web'], to: ['shop/web'] } });
  });

  it.each(['deny team=nobody -> shop/db', 'deny shop/web -> shop/gone'])('%s names what is not there', (text) => {
    const [assertion] = parseAssertions(text);
    const result = assertion !== undefined && 'effect' in assertion ? judgeAssertion(facts, assertion) : undefined;
    expect(result).toEqual({ missing: text.includes('nobody') ? 'team=nobody' : 'shop/gone' });
  });

  it('are told from what is none, by line', () => {
    const lines = parseAssertions(
      '# why\n\nallow a/b -> c/d:80\nforbid a/b -> c/d\nallow a/b c/d\nallow a/b -> c/d:0\n',
    );
    expect(lines.map((each) => [each.line, 'effect' in each])).toEqual([
      [3, true],
      [4, false],
      [5, false],
      [6, false],
    ]);
  });
});
