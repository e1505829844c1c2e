import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runCli } from './run-cli.ts';

let folder = '';
const pod = (fields: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {${fields}, containers: []}\n`;
const git = (...args: string[]): void => {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...args], { cwd: folder, stdio: 'ignore' });
};
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-baseline-'));
  mkdirSync(join(folder, 'deploy'));
  git('init', '--quiet', '--initial-branch', 'main');
  write('deploy/web.yaml', pod('hostNetwork: true, hostPID: true'));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'one');
  git('checkout', '--quiet', '-b', 'branch');
  write('deploy/web.yaml', `# moved\n${pod('hostNetwork: true, hostIPC: true')}`);
  git('commit', '--quiet', '--all', '--message', 'two');
});
afterAll(() => rmSync(folder, { recursive: true }));

const namespaces = 'pods/host-network,pods/host-pid,pods/host-ipc';
const run = (...args: string[]): Promise<Ran> => {
  const [command = '', ...rest] = args;
  return runCli([command, '--only', namespaces, ...rest], { cwd: folder });
};

describe('a baseline', () => {
  it('lets pass what it has, and fails what is new', async () => {
    const old = join(folder, 'old.yaml');
    writeFileSync(old, pod('hostNetwork: true, hostPID: true'));
    expect((await run('scan', 'old.yaml', '--write-baseline', 'base.json')).code).toBe(1);
    const same = await run('scan', 'old.yaml', '--baseline', 'base.json');
    expect(same.code).toBe(0);
    expect(same.stdout).toContain('2 findings not counted for the baseline base.json');
    const other = await run('scan', 'deploy', '--baseline', 'base.json');
    expect(other.code).toBe(1);
    expect(other.stdout).toContain(
      '1 finding: 1 high\n1 finding not counted for the baseline base.json (1 of it gone)',
    );
    expect(other.stdout).toContain('pods/host-ipc fails');
  });

  it('fails what it has, and is worse now', async () => {
    mkdirSync(join(folder, 'dp/dev'), { recursive: true });
    mkdirSync(join(folder, 'dp/prod'), { recursive: true });
    write('dp/dev/web.yaml', pod('hostPID: true, volumes: [{name: v, hostPath: {path: /etc}}]'));
    write('dp/prod/web.yaml', pod('volumes: [{name: v, hostPath: {path: /etc}}]'));
    const scan = (...args: string[]) => runCli(['scan', 'dp', ...args], { cwd: folder });
    const only = ['--only', 'pods/host-pid,pods/host-path-sensitive'];
    await scan(...only, '--write-baseline', 'dp.json', '-o', 'json=dp-report.json');
    write('dp/prod/web.yaml', pod('hostPID: true, volumes: [{name: v, hostPath: {path: /}}]'));
    for (const file of ['dp.json', 'dp-report.json']) {
      const { code, stdout } = await scan(...only, '--baseline', file);
      const words = stdout.replaceAll(/\s+/g, ' ');
      expect(code).toBe(1);
      expect(words).toContain('(worse than in the baseline: new: /)');
      expect(words).toContain('(worse than in the baseline: not in dp/prod/web.yaml before)');
    }
    const report = JSON.parse((await scan(...only, '--baseline', 'dp.json', '-o', 'json')).stdout);
    expect(report.baseline).toMatchObject({ known: 1, worse: 2 });
    const { stdout, code } = await run('diff', 'dp-report.json', 'dp', ...only);
    expect(stdout).toContain('HIGH, new: /  pods/host-path-sensitive');
    expect(code).toBe(1);
  });

  it('of an older form is read, and said to be', async () => {
    const old = JSON.stringify({ schema: 'bulwark.baseline/v1', findings: [] });
    write('v1.json', old);
    const { stdout } = await run('scan', 'deploy', '--baseline', 'v1.json');
    expect(stdout).toContain('v1.json is of an older form (bulwark.baseline/v1)');
  });

  it('may be a JSON report, and of another version it gives a notice', async () => {
    await run('scan', 'deploy', '-o', 'json=report.json');
    expect((await run('scan', 'deploy', '--baseline', 'report.json')).code).toBe(0);
    const report = readFileSync(join(folder, 'report.json'), 'utf8');
    write('older.json', report.replace(/"version":"[^"]+"/, '"version":"0.0.1"'));
    const { code, stdout } = await run('scan', 'deploy', '--baseline', 'older.json');
    expect(code).toBe(0);
    expect(stdout).toContain('older.json was written by version 0.0.1');
  });

  it.each([
    ['nothing.json', 'nothing.json: '],
    ['deploy/web.yaml', 'deploy/web.yaml: it is not JSON'],
    ['wrong.json', 'wrong.json: it must be bulwark.baseline/v2 or bulwark.report/v1, and is bulwark.baseline/v9'],
  ])('%s is none', async (file, message) => {
    write('wrong.json', '{"schema": "bulwark.baseline/v9", "findings": []}');
    const { code, stderr } = await run('scan', 'deploy', '--baseline', file);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('diff', () => {
  const added = /New: 1 finding\n {2}HIGH {2}pods\/host-ipc\n {4}deploy\/web\.yaml:5/;

  it('compares two revisions', async () => {
    const { code, stdout } = await run('diff', 'main', 'HEAD', '--', 'deploy/');
    expect(stdout).toMatch(added);
    expect(stdout).toContain('Gone: 1 finding\n  HIGH  pods/host-pid');
    expect(stdout).toContain('From main to HEAD: 1 new, 1 gone, 1 as before');
    expect(code).toBe(1);
  });

  it('compares a revision with the working tree, a report and a snapshot', async () => {
    expect((await run('diff', 'main', '.', '--', 'deploy')).stdout).toMatch(added);
    await runCli(['scan', 'deploy', '--only', namespaces, '-o', 'json=now.json', '--save', 'now.gz'], { cwd: folder });
    for (const file of ['now.json', 'now.gz']) {
      expect((await run('diff', 'HEAD', file, '--', 'deploy')).stdout).toContain('0 new, 0 gone, 2 as before');
      expect((await run('diff', 'main', file, '--', 'deploy')).stdout).toMatch(added);
    }
  });

  it('has an exit code, JSON and Markdown', async () => {
    expect((await run('diff', 'HEAD', 'HEAD')).code).toBe(0);
    expect((await run('diff', 'main', 'HEAD', '--fail-on', 'critical')).code).toBe(0);
    const value = JSON.parse((await run('diff', 'main', 'HEAD', '-o', 'json')).stdout);
    expect(value.summary).toEqual({ new: 1, gone: 1, changed: 0, worse: 0, kept: 1, incomparable: 0 });
    expect((await run('diff', 'main', 'HEAD', '-o', 'markdown')).stdout).toContain('### 1 new finding, 1 gone');
  });

  it('calls nothing gone that it could not read', async () => {
    write('broken.yaml', pod('hostPID: true'));
    await runCli(['scan', 'broken.yaml', '--only', namespaces, '-o', 'json=whole.json'], { cwd: folder });
    write('broken.yaml', 'a: [');
    const { stdout, code } = await run('diff', 'whole.json', 'broken.yaml');
    expect(stdout).toContain('Not comparable: the other side could not read the file: 1 finding');
    expect(stdout).toContain('0 new, 0 gone, 0 as before, 1 not comparable');
    expect(code).toBe(3);
  });

  it('says what it cannot compare', async () => {
    const { code, stderr } = await run('diff', 'main', 'nowhere');
    expect(code).toBe(2);
    expect(stderr).toContain('nowhere is neither a file or folder nor a git revision');
  });
});
