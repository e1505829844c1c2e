import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[];
  };
}

describe('the GitHub Action', () => {
  const action = load(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;
  const script = readFileSync(join(root, 'scripts/action.sh'), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-action-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    rmSync(folder, { recursive: true });
    cpSync(join(root, 'examples'), join(folder, 'my manifests'), { recursive: true });
  });

  function run(inputs: Readonly<Record<string, string>>) {
    const given = Object.entries(action.inputs).map(([name, { default: value }]) => [name, inputs[name] ?? value]);
    const env = Object.fromEntries(
      given.map(([name, value]) => [`BULWARK_${name?.replace('-', '_').toUpperCase()}`, value]),
    );
    const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
    return spawnSync('bash', [join(root, 'scripts/action.sh')], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...env, ...files, RUNNER_TEMP: folder },
    });
  }

  it('gives the script every input as a variable, and none as text of a command', () => {
    const variables = action.runs.steps.flatMap(({ env = {} }) => Object.entries(env));
    expect(variables.map(([, value]) => value)).toEqual(
      Object.keys(action.inputs).map((name) => `\${{ inputs.${name} }}`),
    );
    for (const [name] of variables) expect(script).toContain(`\${${name}:-`);
    for (const { run: command = '' } of action.runs.steps) expect(command).not.toContain('${{');
  });

  it('annotates, writes SARIF and a summary, and fails for high findings', () => {
    const { status, stdout } = run({ paths: '"my manifests"', arguments: '--no-render' });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^::error title=pods\/privileged \(critical\),file=my manifests\/deploy-agent\.yaml,line=25,/m,
    );
    expect(JSON.parse(readFileSync(join(folder, 'bulwark.sarif'), 'utf8')).version).toBe('2.1.0');
    expect(readFileSync(join(folder, 'summary'), 'utf8')).toMatch(/^## Bulwark: \d+ findings/);
    expect(readFileSync(join(folder, 'output'), 'utf8')).toBe('exit-code=1\n');
  });

  it('runs nothing of its inputs', () => {
    const { status } = run({ paths: '$(touch hacked) "my manifests"; touch hacked', 'fail-on': 'none', sarif: '' });
    expect(status).toBe(3);
    expect(existsSync(join(folder, 'hacked'))).toBe(false);
    expect(existsSync(join(folder, 'bulwark.sarif'))).toBe(false);
  });
});

describe('the pre-commit hook', () => {
  const [hook] = load(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as { readonly entry: string }[];

  it('judges the files that it is given', () => {
    const [name = '', ...args] = hook?.entry.split(' ') ?? [];
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin).toHaveProperty(name);
    const scan = (file: string) =>
      spawnSync('node', [join(root, 'bin/bulwark.mjs'), ...args, join(root, 'examples', file)], { encoding: 'utf8' });
    expect(scan('storefront.yaml').status).toBe(1);
    expect(scan('storefront.yaml').stderr).toBe('');
  });
});
