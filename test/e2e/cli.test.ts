import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, runCli } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const pod = (name: string, spec: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec:\n  containers: [{ name: app, image: "a:1"${spec} }]\n`;
const privileged = pod('bad', ', securityContext: { privileged: true }');

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('--profile', () => {
  const found = async (...profiles: readonly string[]) => {
    const file = write('both.yaml', privileged);
    const args = profiles.flatMap((profile) => ['--profile', profile]);
    const { stdout } = await runCli(['scan', file, '-o', 'json', ...args]);
    return new Set((JSON.parse(stdout).findings as { control: string }[]).map(({ control }) => control));
  };

  it('is security unless told, and both where both are asked', async () => {
    const [plain, reliability, both] = [
      await found(),
      await found('reliability'),
      await found('security', 'reliability'),
    ];
    expect(plain.has('pods/privileged')).toBe(true);
    expect([...reliability].every((id) => !plain.has(id))).toBe(true);
    expect([...both].sort()).toEqual([...plain, ...reliability].sort());
    expect(await found('reliability', 'security')).toEqual(both);
  });

  it('is one of those that there are', async () => {
    const { code, stderr } = await runCli(['scan', 'examples', '--profile', 'safety']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Allowed choices are security, reliability')]);
  });
});

describe('the command line', () => {
  it.each([
    { what: 'help', args: [], code: 0, out: /Usage: bulwark/ },
    { what: 'version', args: ['--version'], code: 0, out: /^\d+\.\d+\.\d+\n$/ },
    { what: 'a misspelt command', args: ['scna'], code: 2, err: /Did you mean scan/ },
    { what: 'a misspelt option', args: ['scan', '--fial-on', 'low'], code: 2, err: /Did you mean --fail-on/ },
    { what: 'a wrong choice', args: ['scan', '--fail-on', 'hihg', 'examples'], code: 2, err: /critical/ },
    { what: 'a misspelt control', args: ['explain', 'pods/privilaged'], code: 2, err: /did you mean pods\/privileged/ },
    { what: 'a misspelt format', args: ['scan', 'examples', '-o', 'jsn'], code: 2, err: /did you mean json/ },
    {
      what: 'two reports on stdout',
      args: ['scan', 'examples', '-o', 'json', '-o', 'sarif'],
      code: 2,
      err: /standard output/,
    },
    {
      what: 'an unwritable report',
      args: ['scan', 'examples', '-o', 'json=/dev/null/x.json'],
      code: 2,
      err: /cannot write/,
    },
    { what: 'a misspelt component', args: ['scan', 'examples', '--only', 'pod'], code: 2, err: /did you mean pods\?/ },
    { what: 'a flag that does nothing', args: ['scan', 'examples', '-n', 'shop'], code: 2, err: /--namespace limits/ },
    { what: 'a guide on what is not there', args: ['guide', 'nofolder'], code: 3, out: /Kubelet/, err: /nofolder/ },
    { what: 'a time that is none', args: ['scan', 'examples', '--now', 'soon'], code: 2, err: /--now soon/ },
    { what: 'a snapshot that is none', args: ['scan', '--from', 'package.json'], code: 2, err: /package\.json/ },
    { what: 'findings', args: ['scan', 'examples'], code: 1, out: /privileged/ },
    {
      what: 'findings below the threshold',
      args: ['scan', 'examples', '--fail-on', 'none'],
      code: 0,
      out: /privileged/,
    },
    { what: 'nothing wrong', args: ['scan', 'examples/payments.yaml'], code: 0, out: /./ },
    { what: 'the minimal role', args: ['scan', '--print-rbac'], code: 0, out: /kind: ClusterRole/ },
    { what: 'the controls', args: ['controls'], code: 0, out: /pods\/privileged/ },
    { what: 'the guides', args: ['guide'], code: 0, out: /Kubelet/ },
    { what: 'the guides on something', args: ['guide', 'examples'], code: 0, out: /privileged/ },
    { what: 'an explanation', args: ['explain', 'pods/privileged'], code: 0, out: /securityContext/ },
  ])('$what', async ({ args, code, out, err }) => {
    const ran = await runCli(args);
    expect(ran.stdout).toMatch(out ?? /^$/);
    expect(ran.stderr).toMatch(err ?? /^$/);
    expect(ran.code).toBe(code);
  });

  it('is a kubectl plugin when it is called so', async () => {
    const link = join(folder, 'kubectl-bulwark');
    symlinkSync(join(root, 'bin/bulwark.mjs'), link);
    const { stdout } = await runCli(['--help'], { as: link });
    expect(stdout).toMatch(/Usage: kubectl bulwark/);
  });

  it('writes several reports at once, each valid', async () => {
    const json = join(folder, 'out.json');
    const sarif = join(folder, 'out.sarif');
    const ran = await runCli(['scan', 'examples', '-o', 'terminal', '-o', `json=${json}`, '-o', `sarif=${sarif}`]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).not.toContain('\u001b');
    const report = JSON.parse(readFileSync(json, 'utf8')) as {
      findings: { control: string; locations: { file: string; line: number }[] }[];
    };
    const finding = report.findings.find(({ control }) => control === 'pods/privileged');
    expect(finding?.locations[0]).toMatchObject({
      file: expect.stringMatching(/^examples\//),
      line: expect.any(Number),
    });
    expect(JSON.parse(readFileSync(sarif, 'utf8'))).toMatchObject({ version: '2.1.0' });
  });

  it('judges a saved snapshot to the same report', async () => {
    const saved = join(folder, 'snapshot.json');
    const first = await runCli(['scan', 'examples', '-o', 'json', '--save', saved]);
    const second = await runCli(['scan', '--from', saved, '-o', 'json']);
    expect(second.stdout).toBe(first.stdout);
  });

  it('reads standard input', async () => {
    const ran = await runCli(['scan', '-'], { stdin: privileged });
    expect(ran.stdout).toMatch(/privileged/);
    expect(ran.code).toBe(1);
  });
});

describe('README.md', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');

  it('shows how the report of the example begins', async () => {
    const [, shown] = /```text\n([\s\S]+?)\n```/.exec(readme) ?? [];
    const { stdout } = await runCli(['scan', 'examples']);
    expect(stdout.slice(0, shown?.length)).toBe(shown);
  });

  it('counts the controls that there are', async () => {
    const { stdout } = await runCli(['controls']);
    const [, counted] = /^(\d+) controls over/m.exec(readme) ?? [];
    expect(stdout.match(/^\s+[a-z]+(?:-[a-z]+)*\/\S+/gm)?.length).toBe(Number(counted));
  });
});

describe('bad input', () => {
  it.each([
    { what: 'a missing path', make: () => join(folder, 'nowhere'), message: /nowhere/ },
    {
      what: 'a binary file',
      make: () => write('binary.yaml', Buffer.from([0, 1, 2, 255, 0, 7])),
      message: /binary\.yaml/,
    },
    { what: 'an alias bomb', make: () => write('bomb.yaml', bomb()), message: /bomb\.yaml:\d+/ },
    {
      what: 'deep nesting',
      make: () => write('deep.yaml', `kind: Pod\napiVersion: v1\nx: ${'['.repeat(10_000)}`),
      message: /deep\.yaml:\d+/,
    },
    {
      what: 'deep nesting in JSON',
      make: () => write('deep.json', `{"apiVersion":"v1","kind":"Pod","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      message: /deep\.json/,
    },
    {
      what: 'containers that are a string',
      make: () =>
        write('string.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: { name: s }\nspec:\n  containers: nginx\n'),
      message: /string\.yaml:5.*spec\.containers must be a list/s,
    },
    {
      what: 'a huge file',
      make: () => write('huge.yaml', Buffer.alloc(100 * 1024 * 1024, 'a: b\n')),
      message: /huge\.yaml/,
    },
  ])('$what: is named, the rest is judged, the run is incomplete', async ({ make, message }) => {
    const bad = make();
    const good = write('good.yaml', privileged);
    const ran = await runCli(['scan', bad, good]);
    expect(ran.stdout + ran.stderr).toMatch(message);
    expect(ran.stdout).toMatch(/privileged/);
    expect(ran.stderr).not.toMatch(/internal error/);
    expect(ran.code).toBe(3);
  });

  it('one broken file of 500 is named with its line', async () => {
    for (let index = 0; index < 500; index += 1) {
      write(
        `many/${index}.yaml`,
        index === 250 ? 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: [x\n' : pod(`p${index}`, ''),
      );
    }
    const ran = await runCli(['scan', join(folder, 'many'), '-o', 'json', '--fail-on', 'none']);
    const report = JSON.parse(ran.stdout) as { inputs: Record<string, unknown> };
    expect(report.inputs).toMatchObject({ evaluated: 499, unparsable: 1 });
    expect(ran.stdout).toMatch(/many\/250\.yaml/);
    expect(ran.code).toBe(3);
  });

  it('nothing to scan is no clean scan', async () => {
    mkdirSync(join(folder, 'empty'));
    for (const ran of [await runCli(['scan', join(folder, 'empty')]), await runCli(['scan', '-'], { stdin: '' })]) {
      expect(ran.stdout).toMatch(/no manifest is there/);
      expect(ran.code).toBe(3);
    }
  });

  it('prototype keys are data', async () => {
    const file = write(
      'proto.yaml',
      `apiVersion: v1\nkind: Pod\nmetadata: { name: p, labels: { __proto__: x, constructor: other } }\n__proto__: { polluted: true }\nspec:\n  __proto__: { hostPID: true }\n  containers: [{ name: a, image: "a:1" }]\n`,
    );
    const ran = await runCli(['scan', file, '-o', 'json', '--only', 'pods/host-pid']);
    expect((JSON.parse(ran.stdout) as { findings: unknown[] }).findings).toEqual([]);
    expect(ran.code).toBe(0);
  });

  it('an exec plugin that is not there is named', async () => {
    const config = write(
      'exec.json',
      kubeconfig('https://127.0.0.1:1', {
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', interactiveMode: 'Never' },
      }),
    );
    const ran = await runCli(['scan', '--kubeconfig', config]);
    expect(ran.stderr + ran.stdout).toMatch(/no-such-plugin/);
    expect(ran.code).toBe(3);
  });

  it('a server that does not answer ends the scan in bounded time', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const config = write('silent.json', kubeconfig(`https://127.0.0.1:${port}`, { token: 'x' }));
    const began = Date.now();
    const ran = await runCli(['scan', '--kubeconfig', config, '--timeout', '2']);
    silent.close();
    expect(ran.stderr + ran.stdout).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}`));
    expect(ran.code).toBe(3);
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  it('a server that is not there is named', async () => {
    const config = write('gone.json', kubeconfig('https://127.0.0.1:1', { token: 'x' }));
    const ran = await runCli(['scan', '--kubeconfig', config]);
    expect(ran.stderr + ran.stdout).toMatch(/127\.0\.0\.1:1/);
    expect(ran.code).toBe(3);
  });

  it('no kubeconfig at all is said, with what to do', async () => {
    const ran = await runCli(['scan']);
    expect(ran.stderr).toMatch(/kubeconfig/);
    expect(ran.code).toBe(2);
  });
});

function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
  );
  return `apiVersion: v1\nkind: Pod\nl0: &l0 [x]\n${levels.join('\n')}\n`;
}

function kubeconfig(server: string, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
