import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testExamples } from '../../../test/control-examples.ts';
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
  testExamples(control, {
    failing: ({ findings }, text) => {
      for (const { failure } of findings) {
        expect(failure.place?.object.source.file, text).toMatch(/^\/etc\/kubernetes\//);
      }
    },
    passing: ({ inputs }, text) => expect(inputs.evaluated, text).toBeGreaterThan(0),
  });
});

it('is covered only by controls that there are', () => {
  const ids = new Set(controls.map(({ id }) => id));
  expect(ids.size).toBe(controls.length);
  expect(controls.flatMap(({ coveredBy }) => coveredBy.filter((id) => !ids.has(id)))).toEqual([]);
});
