import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { Control } from '../control.ts';

type ServerControl = Control<'component'>;

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
const controls: ServerControl[] = [];
for (const name of files) {
  const { default: exported } = (await import(/* @vite-ignore */ join(import.meta.dirname, name))) as {
    default?: ServerControl | readonly ServerControl[];
  };
  if (exported !== undefined) controls.push(...[exported].flat());
}

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  it('says what it asks and why', () => {
    expect(control.title).toMatch(/^[A-Z/].{10,100}[^.!]$/);
    expect(control.why).toMatch(/^[A-Za-z][\s\S]{30,}\.$/);
    expect(control.id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
    expect(control.examples.fail.length).toBeGreaterThan(0);
    expect(control.examples.pass.length).toBeGreaterThan(0);
  });

  it('fails where it should, at a place', () => {
    for (const text of control.examples.fail) {
      const { findings, errors } = judgeText([control], text);
      expect(errors, text).toEqual([]);
      expect(findings.length, text).toBeGreaterThan(0);
      for (const { message, failure } of findings) {
        expect(message, text).not.toMatch(/undefined|\[object|NaN|[.!]$/);
        expect(failure.place?.object.source.file, text).toMatch(/^\/etc\/kubernetes\//);
      }
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
      expect(judgement.inputs.evaluated, text).toBeGreaterThan(0);
    }
  });
});

it('is covered only by controls that there are', () => {
  const ids = new Set(controls.map(({ id }) => id));
  expect(ids.size).toBe(controls.length);
  expect(controls.flatMap(({ coveredBy }) => coveredBy.filter((id) => !ids.has(id)))).toEqual([]);
});
