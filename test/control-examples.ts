import { expect, it } from 'vitest';
import type { AnyControl } from '../src/controls/control.ts';
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
    expect(control.title).toMatch(/^[A-Z/].{10,100}[^.!]$/);
    expect(control.why).toMatch(/^[A-Za-z`][\s\S]{30,}\.$/);
    expect(control.id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
    expect(control.examples.fail.length * control.examples.pass.length).toBeGreaterThan(0);
  });

  it('fails where it should', () => {
    for (const text of control.examples.fail) {
      const judgement = judgeText([control], text);
      expect(judgement.errors, text).toEqual([]);
      expect(judgement.findings.length, text).toBeGreaterThan(0);
      for (const { message } of judgement.findings) expect(message, text).not.toMatch(/undefined|\[object|NaN|[.!]$/);
      rules.failing?.(judgement, text);
    }
  });

  it('passes where it should', () => {
    for (const text of control.examples.pass) {
      const judgement = judgeText([control], text);
      expect(judgement.errors, text).toEqual([]);
      expect(
        judgement.findings.map(({ message }) => message),
        text,
      ).toEqual([]);
      rules.passing?.(judgement, text);
    }
  });
}
