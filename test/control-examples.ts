import { expect, it } from 'vitest';
import type { AnyControl } from '../src/controls/control.ts';
import { exampleProblems, wordProblems } from '../src/engine/control-trial.ts';
import type { Judgement } from '../src/engine/judge.ts';
import { judgeText } from './judge-example.ts';

/** What a kind of control asks of its examples besides what all do. */
export interface ExampleRules {
  readonly failing?: (judgement: Judgement, text: string) => void;
  readonly passing?: (judgement: Judgement, text: string) => void;
}

/** The tests that every control has, inside a `describe`: its words, and that its examples fail and pass. */
export function testExamples(control: AnyControl, rules: ExampleRules = {}): void {
  it('says what it asks and why', () => {
    expect(wordProblems(control)).toEqual([]);
  });

  it.each(['fail', 'pass'] as const)('its examples %s where they should', (expected) => {
    for (const text of control.examples[expected]) {
      const judgement = judgeText([control], text);
      expect(exampleProblems(judgement, { expected }), text).toEqual([]);
      (expected === 'fail' ? rules.failing : rules.passing)?.(judgement, text);
    }
  });
}
