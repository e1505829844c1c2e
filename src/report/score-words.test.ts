import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { scoreOf } from '../engine/score.ts';
import { formats } from './formats.ts';
import { scoreWords } from './score-words.ts';

const chosen = controls.filter(({ id }) => id === 'pods/host-network');
const pod = (spec: string) =>
  judgeText(chosen, `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {${spec}containers: []}\n`);
const judgement = pod('hostNetwork: true, ');

function written(format: string, what = judgement): string {
  const render = formats.get(format);
  if (render === undefined) throw new Error(`there is no format ${format}`);
  return [...render(what, { color: 'never', width: 100, detail: 'short' })].join('').replaceAll(/\s+/g, ' ');
}

const words = 'Score 0 of 100: 1 of 1 object with findings, at worst high; coverage 100%: 1 of 1 verdict';

describe('the score', () => {
  it.each([
    ['terminal', words],
    ['html', `<p class="score">${words}.</p>`],
    ['markdown', `${words}.`],
    [
      'json',
      '"score":{"score":0,"gravest":"high","objects":1,"affected":1,"controls":1,"coverage":100,"decided":1,"due":1}',
    ],
    ['junit', '<property name="bulwark.score" value="0"/> <property name="bulwark.coverage" value="100"/>'],
  ])('is in %s', (format, expected) => {
    expect(written(format)).toContain(expected);
  });

  it('is left out of a terminal where everything passes and was seen, and everywhere where nothing was judged', () => {
    expect(written('terminal', pod(''))).not.toContain('Score');
    expect(written('markdown', pod(''))).toContain('Score 100 of 100: 0 of 1 object with findings; coverage 100%');
    const nothing = judgeText(chosen, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
    expect(scoreWords(scoreOf(nothing))).toBeUndefined();
    for (const format of ['terminal', 'markdown']) expect(written(format, nothing)).not.toContain('Score');
    expect(written('junit', nothing)).not.toContain('bulwark.score');
  });
});
