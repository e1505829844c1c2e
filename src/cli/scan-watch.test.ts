import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectManifests } from '../collect/manifests/collect.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { controls } from '../controls/registry.ts';
import { judge } from '../engine/judge.ts';
import type { ScanChange } from '../report/scan-change.ts';
import { ScanWatch } from './scan-watch.ts';

const pod = (name: string, more = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}\nspec:\n  containers:\n  - {name: app, image: "r.example/app:1"${more}}\n`;
const privileged = ', securityContext: {privileged: true}';

describe('a scan that follows its files', () => {
  let folder = '';
  let watch: ScanWatch;
  let changes: ScanChange[] = [];
  let wake: () => void = () => undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-follow-'));
    changes = [];
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'a.yaml'), pod('a'));
    writeFileSync(join(folder, 'deep/b.yaml'), pod('b'));
    const rescan = {
      take: async () =>
        assembleSnapshot(
          [await collectManifests({ paths: ['.'], cwd: folder, render: { mode: 'never' } })],
          '2026-11-21T00:00:00Z',
        ),
      judge: async (snapshot: Parameters<typeof judge>[0], only?: Parameters<typeof judge>[1]['only']) =>
        judge(snapshot, { controls, ...(only !== undefined && { only }) }),
    };
    const snapshot = await rescan.take();
    const tell = (change: ScanChange) => {
      changes.push(change);
      wake();
    };
    watch = new ScanWatch({ cwd: folder, rescan, snapshot, judgement: await rescan.judge(snapshot), tell });
    await watch.start(['.']);
  });

  afterEach(async () => {
    await watch.close();
    rmSync(folder, { recursive: true });
  });

  async function next(): Promise<ScanChange> {
    while (changes.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return changes.shift() as ScanChange;
  }

  const ids = (findings: ScanChange['appeared']) => findings.map(({ control }) => control.id);

  it('tells what a change of one file brings, and what mending it takes away', async () => {
    writeFileSync(join(folder, 'deep/b.yaml'), pod('b', privileged));
    const worse = await next();
    expect(worse.file).toBe('deep/b.yaml');
    expect(ids(worse.appeared)).toContain('pods/privileged');
    expect(worse.appeared.every(({ owner }) => owner.name === 'b')).toBe(true);
    writeFileSync(join(folder, 'deep/b.yaml'), pod('b'));
    const better = await next();
    expect(ids(better.gone)).toEqual(ids(worse.appeared));
    expect(ids(better.appeared)).toEqual(ids(worse.gone));
  });

  it('sees a file that an editor replaces by another', async () => {
    writeFileSync(join(folder, 'a.yaml.tmp'), pod('a', privileged));
    renameSync(join(folder, 'a.yaml.tmp'), join(folder, 'a.yaml'));
    expect(ids((await next()).appeared)).toContain('pods/privileged');
  });

  function replace(name: string, text: string): void {
    writeFileSync(join(folder, `${name}.tmp`), text);
    renameSync(join(folder, `${name}.tmp`), join(folder, name));
  }

  it('goes on to see a file that is replaced, written, broken, removed and made anew', async () => {
    const privilegedIn = async () => {
      const { appeared, gone, problems } = await next();
      const signs = [...ids(appeared).map((id) => `+${id}`), ...ids(gone).map((id) => `-${id}`)];
      return [...signs.filter((sign) => sign.endsWith('pods/privileged')), ...problems.map(() => '!')];
    };
    replace('deep/b.yaml', pod('b', privileged));
    expect(await privilegedIn()).toEqual(['+pods/privileged']);
    replace('deep/b.yaml', pod('b'));
    expect(await privilegedIn()).toEqual(['-pods/privileged']);
    writeFileSync(join(folder, 'deep/b.yaml'), pod('b', privileged));
    expect(await privilegedIn()).toEqual(['+pods/privileged']);
    // What nobody can read is not gone.
    replace('deep/b.yaml', 'a: [');
    expect(await privilegedIn()).toEqual(['!']);
    replace('deep/b.yaml', pod('b', privileged));
    expect(await privilegedIn()).toEqual([]);
    rmSync(join(folder, 'deep/b.yaml'));
    expect(await privilegedIn()).toEqual(['-pods/privileged']);
    replace('deep/b.yaml', pod('b', privileged));
    expect(await privilegedIn()).toEqual(['+pods/privileged']);
  });

  it('follows folders that come, go and come again, and none that is ignored', async () => {
    mkdirSync(join(folder, 'new/below'), { recursive: true });
    writeFileSync(join(folder, 'new/below/c.yaml'), pod('c', privileged));
    expect(ids((await next()).appeared)).toContain('pods/privileged');
    rmSync(join(folder, 'new'), { recursive: true });
    expect(ids((await next()).gone)).toContain('pods/privileged');
    mkdirSync(join(folder, 'new/below'), { recursive: true });
    writeFileSync(join(folder, 'new/below/c.yaml'), pod('c'));
    expect((await next()).appeared.map(({ owner }) => owner.name)).toContain('c');
    replace('new/below/c.yaml', pod('c', privileged));
    expect(ids((await next()).appeared)).toContain('pods/privileged');
    writeFileSync(join(folder, '.gitignore'), 'out/\n');
    await next();
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out/d.yaml'), pod('d', privileged));
    writeFileSync(join(folder, 'a.yaml'), pod('a', privileged));
    expect((await next()).file).toBe('a.yaml');
  });

  it('tells one change of an object that two folders hold', async () => {
    mkdirSync(join(folder, 'prod'));
    writeFileSync(join(folder, 'prod/a.yaml'), pod('a'));
    await next();
    writeFileSync(join(folder, 'a.yaml'), pod('a', privileged));
    expect(ids((await next()).appeared)).toEqual(['pods/privileged']);
    writeFileSync(join(folder, 'prod/a.yaml'), pod('a', privileged));
    const both = await next();
    expect([both.file, ids(both.appeared)]).toEqual(['prod/a.yaml', ['pods/privileged']]);
    writeFileSync(join(folder, 'a.yaml'), pod('a'));
    expect(ids((await next()).gone)).toEqual(['pods/privileged']);
  });

  it('says what is wrong with a new file that cannot be parsed', async () => {
    writeFileSync(join(folder, 'c.yaml'), 'a: [');
    const { file, problems } = await next();
    expect([file, problems]).toEqual([undefined, [expect.stringMatching(/^c\.yaml: line \d: /)]]);
  });

  it('says what is wrong with a file that cannot be parsed, and goes on when it can', async () => {
    writeFileSync(join(folder, 'a.yaml'), 'a: [');
    const broken = await next();
    expect(broken.problems.join()).toMatch(/line \d: /);
    writeFileSync(join(folder, 'a.yaml'), pod('a', privileged));
    expect(ids((await next()).appeared)).toContain('pods/privileged');
  });

  it('reads everything again for a file that is new, and for one that is gone', async () => {
    writeFileSync(join(folder, 'c.yaml'), pod('c', privileged));
    const added = await next();
    expect([added.file, added.appeared.some(({ owner }) => owner.name === 'c')]).toEqual([undefined, true]);
    rmSync(join(folder, 'c.yaml'));
    const removed = await next();
    expect([removed.file, ids(removed.gone).includes('pods/privileged')]).toEqual([undefined, true]);
  });

  it('tells afterwards what the change means for other files', async () => {
    const policy = (app: string) =>
      `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: ${app}}}\n  policyTypes: [Ingress]\n`;
    writeFileSync(join(folder, 'p.yaml'), policy('a'));
    await next();
    writeFileSync(join(folder, 'p.yaml'), policy('b'));
    expect((await next()).file).toBe('p.yaml');
    const later = await next();
    expect(later.file).toBeUndefined();
    expect(later.appeared.map(({ owner }) => owner.name)).toContain('a');
    expect(later.gone.map(({ owner }) => owner.name)).toContain('b');
  });
});
