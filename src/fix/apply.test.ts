import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectManifests } from '../collect/manifests/collect.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { type AnyControl, control } from '../controls/control.ts';
import hostPid from '../controls/pods/host-pid.ts';
import privileged from '../controls/pods/privileged.ts';
import { judge } from '../engine/judge.ts';
import { edit } from '../model/edit.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { fail, pass } from '../model/verdict.ts';
import { type FixOptions, type FixReport, fixManifests } from './apply.ts';
import { formatFixReport, formatPatch } from './format-report.ts';
import { planFixes } from './plan.ts';

const pod = (name: string, more = '') => `apiVersion: v1
kind: Pod
metadata: { name: ${name} } # the ${name}
spec:
  hostPID: true # to see everything
  containers:
  - name: app
    securityContext:
      privileged: yes${more}
`;

const mendedPod = (name: string) =>
  pod(name).replace('  hostPID: true # to see everything\n', '').replace('yes', 'false');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-fix-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string | Buffer): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function collect(...paths: string[]): Promise<Snapshot> {
  const collected = await collectManifests({ paths, cwd: folder });
  return assembleSnapshot([collected], '2026-11-21T00:00:00Z');
}

async function fix(options: Partial<FixOptions> = {}): Promise<FixReport> {
  return fixManifests({
    snapshot: options.snapshot ?? (await collect('.')),
    controls: [hostPid, privileged],
    cwd: folder,
    mode: 'write',
    allow: 'may-break',
    ...options,
  });
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

const left = (report: FixReport) =>
  report.left.map(({ finding, cause, detail }) => [finding.control.id, cause, detail]);

describe('fixManifests', () => {
  it('mends every file and nothing else in it', async () => {
    put('a.yaml', `# two pods\n${pod('one')}---\n${pod('two')}`);
    put('b.json', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"j"},"spec":{"hostPID":true,"containers":[]}}');
    put('c.yaml', '# nothing here\nkind: Pod\napiVersion: v1\nmetadata: {name: c}\nspec: {containers: []}\n');
    const report = await fix();
    expect(read('a.yaml')).toBe(`# two pods\n${mendedPod('one')}---\n${mendedPod('two')}`);
    expect(read('b.json')).toBe('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"j"},"spec":{"containers":[]}}');
    expect(report.files.map(({ file, mended }) => [file, mended.map(({ message }) => message)])).toEqual([
      [
        'a.yaml',
        [
          'the pod sets hostPID: true',
          'container app sets privileged: true',
          'the pod sets hostPID: true',
          'container app sets privileged: true',
        ],
      ],
      ['b.json', ['the pod sets hostPID: true']],
    ]);
    expect(report.left).toEqual([]);
    expect(report.judgement.findings).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['a.yaml', 'b.json', 'c.yaml']);
    expect((await fix()).files).toEqual([]);
  });

  it('keeps fixes that may break a workload for those who allow them', async () => {
    put('a.yaml', pod('one'));
    const report = await fix({ allow: 'safe' });
    expect(read('a.yaml')).toBe(pod('one'));
    expect(left(report)).toEqual([
      ['pods/host-pid', 'may-break', undefined],
      ['pods/privileged', 'may-break', undefined],
    ]);
    expect(
      formatFixReport(report),
    ).toBe(`Nothing was mended: 2 findings left, for the reasons below. No file was changed.

Not mended:
  2 findings with a fix that may stop a workload, which --safe leaves out (pods/host-pid 1, pods/privileged 1)
`);
  });

  it('mends only what is selected', async () => {
    put('a.yaml', pod('one'));
    await fix({ select: ({ control }) => control === privileged });
    expect(read('a.yaml')).toBe(pod('one').replace('yes', 'false'));
  });

  it('shows what it would do, as a patch that git takes', async () => {
    mkdirSync(join(folder, 'with space'));
    put('with space/a.yaml', pod('one').trimEnd());
    put('b.yaml', `${pod('one')}---\n${pod('two')}`.replaceAll('\n', '\r\n'));
    const before = [read('with space/a.yaml'), read('b.yaml')];
    const report = await fix({ mode: 'diff' });
    expect([read('with space/a.yaml'), read('b.yaml')]).toEqual(before);
    const patch = join(folder, 'fix.patch');
    writeFileSync(patch, formatPatch(report));
    execFileSync('git', ['init', '-q', folder]);
    execFileSync('git', ['-C', folder, 'apply', '--check', patch]);
    execFileSync('git', ['-C', folder, 'apply', patch]);
    expect(read('with space/a.yaml')).toBe(mendedPod('one').trimEnd());
    expect(read('b.yaml')).toBe(`${mendedPod('one')}---\n${mendedPod('two')}`.replaceAll('\n', '\r\n'));
    expect(formatFixReport(report)).toContain('2 files would change; nothing was written.');
  });

  it('mends the same object in every file that has it', async () => {
    put('a.yaml', pod('one'));
    put('b.yaml', pod('one'));
    const report = await fix();
    expect([read('a.yaml'), read('b.yaml')]).toEqual([mendedPod('one'), mendedPod('one')]);
    expect(report.left).toEqual([]);
  });

  it('mends items of a List, and keeps a byte order mark', async () => {
    const list = `\ufeffapiVersion: v1\nkind: List\nitems:\n${pod('one')
      .replace(/^(?=.)/gm, '  ')
      .replace('  api', '- api')}`;
    put('a.yaml', list);
    expect(left(await fix())).toEqual([]);
    expect(read('a.yaml')).toBe(list.replace('    hostPID: true # to see everything\n', '').replace('yes', 'false'));
  });

  it('says why a text does not allow an edit, and mends the rest', async () => {
    put(
      'a.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec:\n  hostPID: true\n  containers:\n  - &c\n    name: app\n    securityContext: { privileged: true }\n  initContainers: [*c]\n',
    );
    const report = await fix();
    expect(read('a.yaml')).not.toContain('hostPID');
    expect(read('a.yaml')).toContain('privileged: true');
    expect(left(report)).toEqual([
      ['pods/privileged', 'refused', 'spec.initContainers[0] is the alias *c, which stands for text elsewhere'],
      ['pods/privileged', 'refused', 'spec.containers[0] has the anchor &c, which is used elsewhere too'],
    ]);
    expect(formatFixReport(report)).toContain(
      'a.yaml: Pod x: pods/privileged: spec.containers[0] has the anchor &c, which is used elsewhere too',
    );
  });

  it('names what is no file of the user', async () => {
    const snapshot = await collect('.');
    const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { hostPID: true } };
    const live = { ...value, name: 'x', namespace: undefined, value };
    const rendered = { by: 'helm', from: 'charts/web' } as const;
    const objects = [
      { ...live, source: { file: '/api/v1/namespaces/x/pods/x', document: 0, base: [] } },
      { ...live, name: 'y', source: { file: 'charts/web', document: 0, base: [], rendered } },
    ];
    const report = await fix({ snapshot: { ...snapshot, objects } });
    expect(left(report)).toEqual([
      ['pods/host-pid', 'not-a-file', undefined],
      ['pods/host-pid', 'rendered', 'charts/web'],
    ]);
  });
});

describe('a fix that does not hold', () => {
  const testControl = (edits: string): AnyControl =>
    control({
      id: 'pods/test',
      title: 'Pods are as the test wants them',
      severity: 'high',
      subject: 'pod',
      why: 'The test says so.',
      check: ({ pod }) => (pod.raw.x === true ? fail('the pod sets x: true', pod.at('x')) : pass),
      fix: { safety: 'safe', edits: ({ pod }) => [edit.set(pod.at(...edits.split('.')), true)] },
      examples: { pass: [], fail: [] },
    });

  it('is undone, and the others are made', async () => {
    const text = pod('one').replace('hostPID', 'x: true\n  hostPID');
    put('a.yaml', text);
    const report = await fix({ controls: [testControl('nothing.here'), privileged] });
    expect(read('a.yaml')).toBe(text.replace('yes', 'false'));
    expect(left(report)).toEqual([['pods/test', 'refused', 'its fix does not mend it here']]);
  });

  it('is undone where it makes another finding as grave', async () => {
    const swaps = control({
      ...(testControl('x') as Extract<AnyControl, { subject: 'pod' }>),
      fix: { safety: 'safe', edits: ({ pod }) => [edit.remove(pod.at('x')), edit.set(pod.at('hostPID'), true)] },
    });
    const text = pod('one').replace('hostPID', 'x');
    put('a.yaml', text);
    const report = await fix({ controls: [swaps, hostPid], allow: 'safe' });
    expect(read('a.yaml')).toBe(text);
    expect(left(report)).toEqual([
      ['pods/test', 'refused', 'mending it would make another finding: the pod sets hostPID: true'],
    ]);
  });

  it('is made again where a mended finding uncovers another', async () => {
    const covered: AnyControl = { ...hostPid, coveredBy: ['pods/test'] };
    const mends = control({
      ...(testControl('x') as Extract<AnyControl, { subject: 'pod' }>),
      fix: { safety: 'safe', edits: ({ pod }) => [edit.remove(pod.at('x'))] },
    });
    put('a.yaml', pod('one').replace('hostPID', 'x: true\n  hostPID'));
    const report = await fix({ controls: [mends, covered, privileged] });
    expect(read('a.yaml')).toBe(mendedPod('one'));
    expect(report.files[0]?.mended.map(({ control }) => control.id)).toEqual([
      'pods/test',
      'pods/privileged',
      'pods/host-pid',
    ]);
  });

  it('is one that throws', async () => {
    const throws = control({
      ...(testControl('x') as Extract<AnyControl, { subject: 'pod' }>),
      fix: {
        safety: 'safe',
        edits: () => {
          throw new Error('no such thing');
        },
      },
    });
    put('a.yaml', pod('one').replace('hostPID', 'x'));
    const snapshot = await collect('.');
    const plan = planFixes(judge(snapshot, { controls: [throws] }));
    expect(plan.left.map(({ cause, detail }) => [cause, detail])).toEqual([
      ['refused', 'the fix failed: no such thing'],
    ]);
  });
});

describe('writing', () => {
  it('keeps the mode, and writes through a symbolic link', async () => {
    mkdirSync(join(folder, 'real'));
    put('real/a.yaml', pod('one'));
    chmodSync(join(folder, 'real/a.yaml'), 0o640);
    symlinkSync('real/a.yaml', join(folder, 'link.yaml'));
    const report = await fix({ snapshot: await collect('link.yaml') });
    expect(report.files.map(({ file }) => file)).toEqual(['link.yaml']);
    expect(read('real/a.yaml')).toBe(mendedPod('one'));
    expect(statSync(join(folder, 'real/a.yaml')).mode & 0o7777).toBe(0o640);
    expect(lstatSync(join(folder, 'link.yaml')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'real'))).toEqual(['a.yaml']);
  });

  it('mends a file once that has two names', async () => {
    put('a.yaml', pod('one'));
    symlinkSync('a.yaml', join(folder, 'b.yaml'));
    const report = await fix({ snapshot: await collect('a.yaml', 'b.yaml') });
    expect(read('a.yaml')).toBe(mendedPod('one'));
    expect(report.left).toEqual([]);
    expect(report.judgement.findings).toEqual([]);
  });

  it.each<[string, (path: string) => void, string]>([
    ['changed', (path) => writeFileSync(path, pod('two')), 'it changed since it was read'],
    ['went', (path) => rmSync(path), 'it is no longer there'],
    ['is a folder now', (path) => (rmSync(path), mkdirSync(path)), 'it is not a regular file'],
    [
      'has another name',
      (path) => linkSync(path, `${path}.too`),
      'it has more than one name (hard links), which replacing it would part',
    ],
    ['is not UTF-8', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x61])), 'it is not UTF-8 text'],
  ])('leaves a file alone that %s', async (_, happen, reason) => {
    const path = put('a.yaml', pod('one'));
    put('b.yaml', pod('b'));
    const snapshot = await collect('.');
    happen(path);
    const was = lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined;
    const report = await fix({ snapshot });
    if (was !== undefined) expect(readFileSync(path)).toEqual(was);
    expect(left(report)).toEqual([
      ['pods/host-pid', 'file', reason],
      ['pods/privileged', 'file', reason],
    ]);
    expect(read('b.yaml')).toBe(mendedPod('b'));
    expect(formatFixReport(report)).toContain(`a.yaml was left alone: ${reason} (2 findings)`);
  });
});
