import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, runProgram } from '../../test/run-program.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-fix-rules-'));
  put('web.yaml', pod('web'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

function pod(name: string, { comment = '', annotations = '' } = {}): string {
  return `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop${annotations} }
spec:
  hostPID: true${comment}
  hostIPC: true
  containers: []
`;
}

const run = (...args: string[]): Promise<Ran> => runProgram(args, { cwd: folder });
const text = (name = 'web.yaml'): string => readFileSync(join(folder, name), 'utf8');
const only = ['--only', 'pods/host-pid,pods/host-ipc'];

const exception = (more = '') => `exceptions:
  - control: pods/host-pid
    object: { kind: Pod, namespace: shop, name: web }
    reason: it looks at processes
    owner: ops
    expires: 2099-01-31
${more}`;

const comment = ' # bulwark:ignore pods/host-pid reason=tracing owner=ops until=2099-01-31';

describe('fix leaves what exceptions cover', () => {
  it.each<[string, { files: Record<string, string>; args?: string[]; place: string }]>([
    ['in bulwark.yaml', { files: { 'bulwark.yaml': exception() }, place: 'bulwark.yaml:2:5' }],
    [
      'in a file that --config names',
      { files: { 'rules.yaml': exception() }, args: ['--config', 'rules.yaml'], place: 'rules.yaml:2:5' },
    ],
    ['in a comment', { files: { 'web.yaml': pod('web', { comment }) }, place: 'web.yaml:5' }],
    [
      'in an annotation',
      {
        files: {
          'web.yaml': pod('web', {
            annotations: ", annotations: { bulwark.dev/ignore: 'pods/host-pid reason=x owner=ops until=2099-01-31' }",
          }),
        },
        place: 'Pod shop/web, annotation bulwark.dev/ignore',
      },
    ],
    [
      'for another scanner',
      {
        files: {
          'web.yaml': pod('web', { annotations: ', annotations: { ignore-check.kube-linter.io/host-pid: x }' }),
        },
        args: ['--peer-annotations'],
        place: 'Pod shop/web, ignore-check.kube-linter.io/host-pid',
      },
    ],
  ])('%s', async (_, { files, args = [], place }) => {
    for (const [name, content] of Object.entries(files)) put(name, content);
    const before = text();
    const { code, out, err } = await run('fix', 'web.yaml', ...only, ...args);
    expect([code, err]).toEqual([0, '']);
    expect(text()).toBe(before.replace('  hostIPC: true\n', ''));
    expect(out).toContain(`1 finding that exceptions cover, or whose fix would change what they cover (${place})`);
  });

  it.each<[string, string, string[]]>([
    ['those in comments, for a gatekeeper', 'web.yaml', ['--no-inline-exceptions']],
    ['those of the configuration, without it', 'bulwark.yaml', ['--no-config']],
  ])('but not %s', async (_, where, args) => {
    if (where === 'bulwark.yaml') put(where, exception());
    else put(where, pod('web', { comment }));
    await run('fix', 'web.yaml', ...only, ...args);
    expect(text()).not.toContain('hostPID');
  });

  it('counts them as done: nothing is left to whoever named the control', async () => {
    put('bulwark.yaml', exception());
    const { code, out } = await run('fix', 'web.yaml', '--only', 'pods/host-pid');
    expect([code, text()]).toEqual([0, pod('web')]);
    expect(out).toContain('Nothing was mended: 1 finding left, for the reasons below. No file was changed.');
  });

  it('and says which do not hold', async () => {
    put('web.yaml', pod('web', { comment: ' # bulwark:ignore pods/hostpid reason=x owner=ops until=2099-01-31' }));
    const { err } = await run('fix', 'web.yaml', ...only, '--dry-run');
    expect(err).toMatch(/^bulwark: exception at web\.yaml:5: there is no control/);
    put('web.yaml', pod('web', { comment: comment.replace('2099', '1969') }));
    const { err: expired } = await run('fix', 'web.yaml', ...only, '--dry-run');
    expect(expired).toContain('bulwark: exception at web.yaml:5: the one of pods/host-pid expired on 1969-01-31');
  });
});

describe('fix and what an exception keeps', () => {
  it('leaves a field alone that an exception is about, whoever asks for it', async () => {
    put('own.mjs', ownFix("edit.remove(['spec', 'hostPID'])", 'object.value.spec.hostPID === true'));
    put('bulwark.yaml', exception());
    const { code, out } = await run('fix', 'web.yaml', '--controls', 'own.mjs', '--only', 'acme');
    expect([code, text()]).toEqual([0, pod('web')]);
    expect(out).toContain(
      '1 finding that exceptions cover, or whose fix would change what they cover (bulwark.yaml:2:5)',
    );
    await run('fix', 'web.yaml', '--controls', 'own.mjs', '--only', 'acme', '--no-config');
    expect(text()).not.toContain('hostPID');
  });

  it('and all that is above it', async () => {
    put('own.mjs', ownFix("edit.set(['spec'], { containers: [] })", 'object.value.spec.hostPID === true'));
    put('bulwark.yaml', exception());
    await run('fix', 'web.yaml', '--controls', 'own.mjs', '--only', 'acme');
    expect(text()).toBe(pod('web'));
  });
});

describe('fix leaves what bulwark.yaml leaves out', () => {
  it.each<[string, string, string[]]>([
    ['skips', 'controls: { skip: [pods/host-pid] }\n', only],
    ['does not select', 'controls: { select: [pods/host-ipc] }\n', []],
  ])('what it %s', async (_, configuration, args) => {
    put('bulwark.yaml', configuration);
    const { code, out } = await run('fix', 'web.yaml', ...args);
    expect(code).toBe(0);
    expect(text()).toBe(pod('web').replace('  hostIPC: true\n', ''));
    expect(out).toMatch(/\d+ findings? of controls that the configuration leaves out \(.*pods\/host-pid 1/);
  });

  it('but mends what --only names although it is not selected, as a scan would', async () => {
    put('bulwark.yaml', 'controls: { select: [pods/host-ipc] }\n');
    await run('fix', 'web.yaml', '--only', 'pods/host-pid');
    expect(text()).toBe(pod('web').replace('  hostPID: true\n', ''));
  });

  it('mends a finding that a control which is left out would have covered', async () => {
    const context = 'securityContext: { privileged: true, procMount: Unmasked }';
    put('web.yaml', pod('web').replace(' []', `\n    - { name: a, image: "a:1", ${context} }`));
    const named = ['--only', 'pods/privileged,pods/proc-mount'];
    put('bulwark.yaml', 'controls: { skip: [pods/privileged] }\n');
    const { out } = await run('fix', 'web.yaml', ...named);
    expect(text()).toContain('securityContext: { privileged: true }');
    expect(out).toContain('1 finding of controls that the configuration leaves out (pods/privileged 1)');
  });
});

describe('controls of the user', () => {
  it('are mended where they have a fix', async () => {
    put('own.mjs', ownFix("edit.set(['metadata', 'labels', 'team'], 'shop')"));
    const { code, out } = await run('fix', 'web.yaml', '--controls', 'own.mjs', '--only', 'acme');
    expect(code).toBe(0);
    expect(out).toContain('acme/team: Pod web names no team');
    expect(text()).toContain('labels: { team: shop }');
  });

  it.each<[string, string, string]>([
    ['return no edits', "'spec'", 'must be a list of edits'],
    ['name no field', "{ op: 'remove', path: 3 }", 'must be a list of edits'],
    ['set what is no JSON', "edit.set(['spec'], () => 3)", 'must be a list of edits'],
    ['throw', "(() => { throw new Error('boom'); })()", 'boom'],
    ['do not help', "edit.set(['metadata', 'labels', 'tea'], 'x')", 'its fix does not mend it here'],
  ])('whose fixes %s change nothing', async (_, edits, reason) => {
    put('own.mjs', ownFix(edits));
    const { code, out } = await run('fix', 'web.yaml', '--controls', 'own.mjs', '--only', 'acme');
    expect([code, text()]).toEqual([1, pod('web')]);
    expect(out).toContain(reason);
    const tried = await run('controls', 'test', 'own.mjs');
    expect(tried.code).toBe(1);
    expect(tried.out).toMatch(/FAILED {2}acme\/team[^]*example fail\[0\] is not mended/);
  });

  it('with a good fix are in order', async () => {
    put('own.mjs', ownFix("edit.set(['metadata', 'labels', 'team'], 'shop')"));
    expect((await run('controls', 'test', 'own.mjs')).out).toContain('ok      acme/team (2 examples)');
  });

  it('are explained and listed, as the configuration weighs them', async () => {
    put('own.mjs', ownFix("edit.remove(['spec', 'hostPID'])"));
    put('bulwark.yaml', 'controls: { severities: { acme/team: low }, skip: [pods/host-pid] }\n');
    const given = ['--controls', 'own.mjs'];
    const explained = await run('explain', 'acme/team', ...given);
    expect(explained.out).toMatch(
      /^LOW {2}acme\/team\n[^]*Here\n {2}The configuration gives it this severity; by itself it is high\./,
    );
    expect((await run('explain', 'host-pid', ...given)).out).toContain('Here\n  The configuration leaves it out.');
    const listed = (await run('controls', ...given)).out;
    expect(listed).toMatch(/^ {2}acme\/team +low +fix +Objects say whose they/m);
    expect(listed.replace(/\s+/g, ' ')).toMatch(/ pods\/host-pid \w+ fix [^/]+ \(left out here\)/);
    expect(listed).toContain('The configuration leaves 1 out.');
    expect((await run('explain', 'acme/team', '--no-config')).code).toBe(2);
  });
});

describe('guide', () => {
  it('follows the configuration and exceptions', async () => {
    const state = async (...args: string[]) => {
      const { out } = await run('guide', 'web.yaml', ...args);
      return /^ {2}(.{12})No container is privileged/m.exec(out)?.[1]?.trim();
    };
    put(
      'web.yaml',
      pod('web').replace(' []', '\n    - { name: a, image: "a:1", securityContext: { privileged: true } }'),
    );
    const bare = await state();
    put('bulwark.yaml', exception().replace('host-pid', 'privileged'));
    expect([bare, await state(), await state('--no-config')]).toEqual(['1 finding', 'accepted', '1 finding']);
    put('bulwark.yaml', 'controls: { select: [pods/host-pid] }\n');
    expect(await state()).toBe('left out');
  });
});

function ownFix(edits: string, fails = 'object.value.metadata?.labels?.team === undefined'): string {
  return `import { control, edit, fail } from 'bulwark';
export default control({
  id: 'acme/team', title: 'Objects say whose they are', severity: 'high', subject: 'object',
  why: 'Somebody has to be called when it breaks at night.',
  check: ({ object }) => ${fails}
    ? [fail(object.kind + ' ' + object.name + ' names no team', ['metadata'])] : [],
  fix: { safety: 'safe', edits: () => { const made = ${edits}; return typeof made === 'string' ? made : [made]; } },
  examples: {
    fail: ['{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostPID: true, containers: []}}'],
    pass: ['{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {team: x}}, spec: {containers: []}}'],
  },
});
`;
}
