import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runCli } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-exceptions-'));
  const pod = (fields: string, metadata = ''): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop${metadata}}\nspec:\n${fields}  containers: []\n`;
  const files = {
    'plain/web.yaml': pod('  hostNetwork: true\n'),
    'commented/web.yaml': pod(
      '  hostNetwork: true # bulwark:ignore pods/host-network reason="the CNI itself" owner=net until=2099-01-31\n',
    ),
    'mistaken/web.yaml': pod(
      '  hostNetwork: true # bulwark:ignore pods/hostnetwork reason=a owner=b until=2099-01-31\n',
    ),
    'peer/web.yaml': pod('  hostNetwork: true\n', ', annotations: {ignore-check.kube-linter.io/host-network: the CNI}'),
    'plain/repo/.git/HEAD': 'ref: refs/heads/main\n',
    'plain/repo/bulwark.yaml': exception('{name: web}', '2099-01-31'),
    'plain/repo/deploy/web.yaml': pod('  hostNetwork: true\n'),
    'plain/outside/bulwark.yaml': exception('{name: web}', '2099-01-31'),
    'plain/outside/deploy/web.yaml': pod('  hostNetwork: true\n'),
    'expired/bulwark.yaml': exception('{name: web}', '2020-01-31'),
    'expired/web.yaml': pod('  hostNetwork: true\n'),
    'wrong.yaml':
      'failon: high\nexceptions:\n  - control: pods/hostnetwork\n    reason: x\n    owner: y\n    expires: soon\n',
    'broken.yaml': 'failOn: [high\n',
    'twice.yaml': `require: []\nexceptions:\n  - {control: pods, expires: 2099-01-01}\n  - {control: pods, expires: 2098-01-01}\n`,
    'settings.yaml':
      'failOn: none\ncontrols:\n  severities: {pods/host-network: low}\nsettings: {allowedRegistries: [registry.example]}\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function exception(object: string, expires: string): string {
  return `exceptions:\n  - control: pods/host-network\n    object: ${object}\n    reason: the CNI itself\n    owner: net\n    expires: ${expires}\n`;
}

function scan(cwd: string, ...args: string[]): Promise<Ran> {
  return runCli(['scan', ...args, '--only', 'pods/host-network'], { cwd: join(folder, cwd) });
}

const accepted = '1 finding accepted and not counted';

describe('exceptions', () => {
  it.each<[string, string, string[], { code: number; out: string | RegExp }]>([
    ['none', 'plain', ['web.yaml'], { code: 1, out: '1 finding: 1 high' }],
    ['in the repository', 'plain/repo/deploy', ['web.yaml'], { code: 0, out: `${accepted} (1 by the configuration)` }],
    ['left out', 'plain/repo/deploy', ['web.yaml', '--no-config'], { code: 1, out: '1 finding: 1 high' }],
    ['outside of a repository', 'plain/outside/deploy', ['web.yaml'], { code: 1, out: '1 finding: 1 high' }],
    ['that are named', 'plain', ['web.yaml', '--config', 'repo/bulwark.yaml'], { code: 0, out: accepted }],
    [
      'listed',
      'plain/repo/deploy',
      ['web.yaml', '--show-suppressed'],
      { code: 0, out: 'until 2099-01-31, ../bulwark.yaml:2:5' },
    ],
    ['after their end', 'expired', ['web.yaml'], { code: 1, out: 'expired on 2020-01-31' }],
    ['before it', 'expired', ['web.yaml', '--now', '2020-01-31T23:59:59Z'], { code: 0, out: accepted }],
    ['in a comment', 'commented', ['web.yaml'], { code: 0, out: `${accepted} (1 in comments)` }],
    ['in a comment, for a gatekeeper', 'commented', ['web.yaml', '--no-inline-exceptions'], { code: 1, out: '1 high' }],
    ['in a comment with a mistake', 'mistaken', ['web.yaml'], { code: 1, out: /web.yaml:5: there is no control/ }],
    [
      'of another scanner',
      'peer',
      ['web.yaml', '--peer-annotations'],
      { code: 0, out: `${accepted} (1 in annotations for` },
    ],
    ['of another scanner, unasked', 'peer', ['web.yaml'], { code: 1, out: '1 finding: 1 high' }],
    ['settings', 'plain', ['web.yaml', '--config', '../settings.yaml'], { code: 0, out: '1 finding: 1 low' }],
    [
      'the command line before the file',
      'plain',
      ['web.yaml', '--config', '../settings.yaml', '--fail-on', 'low'],
      { code: 1, out: '1 low' },
    ],
  ])('%s', async (_, cwd, args, { code, out }) => {
    const ran = await scan(cwd, ...args);
    expect(ran.stderr).toBe('');
    if (typeof out === 'string') expect(ran.stdout).toContain(out);
    else expect(ran.stdout).toMatch(out);
    expect(ran.code).toBe(code);
  });

  it.each<[string, string, string[]]>([
    [
      'a file with mistakes',
      '../wrong.yaml',
      [
        'wrong.yaml:1:1: the file has no field failon (did you mean failOn?)',
        'wrong.yaml:3:5: there is no control "pods/hostnetwork" (did you mean pods/host-network?)',
        'wrong.yaml:6:5: soon is no date',
      ],
    ],
    ['a file that is no YAML', '../broken.yaml', ['broken.yaml:2:1: ']],
    ['exceptions that contradict', '../twice.yaml', ['twice.yaml:3:5: it contradicts ', 'twice.yaml:4:5']],
    ['no file', 'nothing.yaml', ['cannot read nothing.yaml']],
  ])('%s is refused', async (_, file, messages) => {
    const { code, stderr, stdout } = await scan('plain', 'web.yaml', '--config', file);
    expect([code, stdout]).toEqual([2, '']);
    for (const message of messages) expect(stderr).toContain(message);
  });

  it('hold for a snapshot as for what it was taken of', async () => {
    const saved = join(folder, 'saved.json');
    const first = await scan('commented', 'web.yaml', '--save', saved, '-o', 'json');
    const again = await scan('plain', '--from', saved, '-o', 'json');
    expect(first.stdout).toContain('"suppression":{"kind":"exception","by":"comment","place":"web.yaml:5"');
    expect(again.stdout).toBe(first.stdout);
  });
});
