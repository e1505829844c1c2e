import { describe, expect, it } from 'vitest';
import { control } from '../controls/control.ts';
import { pass } from '../model/verdict.ts';
import { controlMarkdown, controlPage } from './control-page.ts';
import { controlsJson, controlsList } from './controls-list.ts';
import { explain } from './explain.ts';

const bare = control({
  id: 'pods/bare',
  title: 'Pods are plain',
  severity: 'low',
  subject: 'pod',
  why: 'It is simpler',
  coveredBy: ['pods/other'],
  check: () => pass,
  examples: { fail: ['a: |\n  ```\n  b\n\nc: 1\n'], pass: [] },
});

describe('explain', () => {
  it('leaves out what a control does not have', () => {
    expect(explain(bare, { color: 'never', width: 60 })).toBe(`LOW  pods/bare
Pods are plain.

Why
  It is simpler.

Not reported
  where pods/other fails for the same thing.

Fails
  a: |
    \`\`\`
    b

  c: 1
`);
  });
});

describe('the page of a control', () => {
  it('fences examples that hold fences', () => {
    expect(controlMarkdown(bare)).toContain('````yaml\na: |\n  ```\n  b\n\nc: 1\n````');
  });

  it('starts with its title', () => {
    expect(controlPage(bare)).toMatch(
      /^# Pods are plain\n\n`pods\/bare` \| severity low \| profile security\n\n## Why/,
    );
  });
});

describe('controlsList', () => {
  it('is a control a line where nothing limits it, and JSON', () => {
    const long = { ...bare, title: 'Pods are plain '.repeat(30).trim() };
    const text = controlsList([long], { width: Number.POSITIVE_INFINITY });
    expect(text).toContain(`  pods/bare  low            ${long.title}\n`);
    const value = JSON.parse([...controlsJson([long], { leftOut: new Set(['pods/bare']) })].join(''));
    expect(value).toMatchObject({
      schema: 'bulwark.controls/v1',
      controls: [{ id: 'pods/bare', title: long.title, severity: 'low', profile: 'security', leftOut: true }],
    });
    expect(value.controls[0]).not.toHaveProperty('fix');
  });

  it('keeps its columns where titles wrap', () => {
    expect(controlsList([bare, { ...bare, id: 'nodes/x', severity: 'high' }], { width: 40 })).toBe(`nodes (1)
  nodes/x    high           Pods are
                            plain

pods (1)
  pods/bare  low            Pods are
                            plain

2 controls; "bulwark fix" mends 0 of them. "bulwark explain ID" tells more.
`);
  });

  it('is empty without controls', () => {
    expect(controlsList([])).toContain('0 controls');
  });
});
