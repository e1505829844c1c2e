import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, runCli } from './run-cli.ts';

let folder = '';
const module = (check: string): string => `import { type ContainerSubject, control, fail } from 'bulwark';

const registry: string = 'registry.example/';

export const teamRegistry = control({
  id: 'acme/team-registry',
  title: 'Images come from the registry of the team',
  severity: 'high',
  subject: 'container',
  why: 'The registry of the team scans what it holds, and others do not.',
  check: ({ container, path }: ContainerSubject) => ${check},
  examples: {
    pass: ['{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: registry.example/c}]}}'],
    fail: ['{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: nginx}]}}'],
  },
});
`;
const good =
  "(container.image ?? '').startsWith(registry) ? [] : [fail(`container ${container.name} runs ${container.image}`, [...path, 'image'])]";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-own-'));
  const files = {
    'team.ts': module(good),
    'blind.ts': module('[]'),
    'loop.mjs': 'for (;;);',
    'throw.js': "throw new Error('no such table');",
    'web.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: "nginx:1"}]}\n',
    'bulwark.yaml':
      'require: []\ncontrols: {severities: {acme/team-registry: medium}}\nexceptions: [{control: acme/team-registry, object: {name: other}}]\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('docs/own-controls.md', () => {
  it('shows a module that is in order', async () => {
    const [, text] = /```ts\n([^]*?)```/.exec(readFileSync(join(root, 'docs/own-controls.md'), 'utf8')) ?? [];
    writeFileSync(join(folder, 'shown.ts'), text ?? '');
    const { stdout } = await runCli(['controls', 'test', 'shown.ts'], { cwd: folder });
    expect(stdout).toBe('ok      acme/team-registry (2 examples)\n1 control, all in order\n');
  });
});

describe('controls of the user', () => {
  it('run beside the built-in ones', async () => {
    const args = ['scan', 'web.yaml', '--controls', 'team.ts', '--no-config', '-o', 'json', '--only', 'acme'];
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout).findings).toMatchObject([
      {
        control: 'acme/team-registry',
        severity: 'high',
        message: 'container c runs nginx:1',
        locations: [{ line: 4 }],
      },
    ]);
  });

  it('are known to bulwark.yaml', async () => {
    const args = ['scan', 'web.yaml', '--controls', 'team.ts', '--only', 'acme'];
    expect((await runCli(args, { cwd: folder })).stdout).toContain('1 finding: 1 medium');
    const without = await runCli(['scan', 'web.yaml'], { cwd: folder });
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('there is no control "acme/team-registry"');
  });

  it.each<[string, number, RegExp]>([
    ['team.ts', 0, /ok {6}acme\/team-registry \(2 examples\)\n1 control, all in order/],
    ['blind.ts', 1, /FAILED {2}acme\/team-registry[^]*example fail\[0\]: it should fail, and passes/],
  ])('are tried on their examples: %s', async (file, code, out) => {
    const ran = await runCli(['controls', 'test', file], { cwd: folder });
    expect(ran.stdout).toMatch(out);
    expect(ran.code).toBe(code);
  });

  it.each([
    ['loop.mjs', 'loop.mjs: it does not finish within 5 s'],
    ['throw.js', 'throw.js: no such table'],
    ['nothing.ts', 'nothing.ts: there is no such file'],
  ])('that cannot be loaded are refused: %s', async (file, message) => {
    const { code, stderr, stdout } = await runCli(['scan', 'web.yaml', '--controls', file], { cwd: folder });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
