import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../test/run-program.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-rules-'));
  const head = 'logsource: {product: kubernetes, service: audit}\n';
  mkdirSync(join(folder, 'good'));
  mkdirSync(join(folder, 'bad'));
  writeFileSync(
    join(folder, 'good/mine.yml'),
    `title: Mine\n${head}detection:\n  a: {verb: get}\n  condition: a\nlevel: low\nbulwark:\n  examples:\n    - {fires: a read, events: [{verb: get}]}\n    - {silent: a read, events: [{verb: get}]}\n`,
  );
  writeFileSync(join(folder, 'bad/theirs.yml'), `title: Theirs\n${head}detection:\n  a: {ver: get}\n  condition: a\n`);
});

afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: readonly string[]) => runProgram(['detections', ...args], { cwd: folder });

describe('bulwark detections', () => {
  it('lists the gravest first', async () => {
    const { code, out } = await run('list', '--rules', 'good');
    expect(code).toBe(0);
    const [first = ''] = out.split('\n');
    expect(first).toContain('critical');
    expect(out).toMatch(/^mine +low +Metadata +Mine$/m);
  });

  it('lists as data', async () => {
    const { out } = await run('list', '--no-builtin', '--rules', 'good', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject([{ name: 'mine', severity: 'low', needs: { level: 'Metadata' } }]);
  });

  it('explains one, with the rule that it counts', async () => {
    const { out } = await run('explain', 'brute-force-succeeded');
    expect(out).toContain('Failed authentication followed by success from the same source');
    expect(out).toContain('type: temporal_ordered');
    expect(out).toContain('Fires on');
  });

  it('tests examples, and names the one that fails', async () => {
    const { code, out } = await run('test', '--no-builtin', '--rules', 'good');
    expect(code).toBe(1);
    expect(out).toBe(
      'good/mine.yml:1: mine: a read: it fires\n1 rules, 2 examples: 1 failed, 0 rules cannot be used.\n',
    );
  });

  it('names what a rule uses that is not there', async () => {
    const { code, out } = await run('test', '--no-builtin', '--rules', 'bad');
    expect(code).toBe(2);
    expect(out).toContain('bad/theirs.yml:4: audit events have no field "ver"; did you mean verb?');
    expect((await run('list', '--rules', 'bad')).code).toBe(2);
    expect((await run('list', '--rules', 'nowhere')).err).toContain('name a folder with Sigma rules');
  });

  it('exports one with all that it counts', async () => {
    const { out } = await run('export', '--sigma', 'brute-force-succeeded');
    expect([...out.matchAll(/^name: (.*)$/gm)].map((match) => match[1])).toEqual([
      ...['brute-force-refused', 'brute-force-authenticated', 'brute-force-burst', 'brute-force-succeeded'],
    ]);
  });

  it('suggests the name that was meant', async () => {
    const { code, err } = await run('explain', 'many-secret-read');
    expect(code).toBe(2);
    expect(err).toContain('did you mean many-secrets-read?');
  });
});
