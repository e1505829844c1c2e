import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CollectManifestsOptions, collectManifests } from './collect.ts';

const assets = labAssets();
if (assets === undefined) console.warn('skipped: there is no kubectl to render a kustomization with');

/** A folder with a kubectl. */
function labAssets(): string | undefined {
  const lab = join(import.meta.dirname, '../../../../shared/kube/lab');
  if (!existsSync(lab)) return undefined;
  try {
    return execFileSync(lab, ['assets'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'manifests-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n`;

function write(files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
}

const never = { mode: 'never' } as const;
const collect = (paths: string[], more: Partial<CollectManifestsOptions> = {}) =>
  collectManifests({ paths, cwd, render: never, ...more });
const found = async (...paths: string[]) => {
  const { objects } = await collect(paths);
  return objects.map(({ source, name }) => `${source.file} ${name}`);
};
const kinds = (inputs: readonly { file: string; bucket: string; reason: string }[]) =>
  inputs.map(({ file, bucket, reason }) => `${file} ${bucket}: ${reason}`);

describe('which files are read', () => {
  it('walks folders in order, dot-folders too, and never .git or node_modules', async () => {
    write({
      'b.yml': pod('b'),
      'a/z.YAML': pod('z'),
      '.argo/c.yaml': pod('c'),
      'a/.git/x.yaml': pod('unwanted'),
      'node_modules/x.yaml': pod('unwanted'),
      'notes.txt': pod('unwanted'),
      'd.json': '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d"}}',
    });
    expect(await found('.')).toEqual(['.argo/c.yaml c', 'a/z.YAML z', 'b.yml b', 'd.json d']);
  });

  it('reads a named file whatever it is called, and each file once', async () => {
    write({ 'dir/pod.txt': pod('a'), 'dir/b.yaml': pod('b') });
    expect(await found('dir/pod.txt', 'dir', './dir/b.yaml')).toEqual(['dir/b.yaml b', 'dir/pod.txt a']);
  });

  it('honours ignore files as git does, but not for what is named', async () => {
    write({
      '.gitignore': 'build/\n*.gen.yaml\n!keep.gen.yaml\n/only-here.yaml\n',
      'a.gen.yaml': pod('unwanted'),
      'keep.gen.yaml': pod('keep'),
      'only-here.yaml': pod('unwanted'),
      'build/x.yaml': pod('built'),
      'sub/only-here.yaml': pod('below'),
      'sub/.gitignore': '!b.gen.yaml\nc.yaml\n',
      'sub/b.gen.yaml': pod('brought-back'),
      'sub/c.yaml': pod('unwanted'),
      'sub/deep/c.yaml': pod('unwanted'),
      'other/.bulwarkignore': '/secret.yaml',
      'other/secret.yaml': pod('unwanted'),
    });
    expect(await found('.')).toEqual(['keep.gen.yaml keep', 'sub/b.gen.yaml brought-back', 'sub/only-here.yaml below']);
    expect(await found('build', 'a.gen.yaml')).toEqual(['a.gen.yaml unwanted', 'build/x.yaml built']);
  });

  it('expands patterns, unless a file has that name', async () => {
    write({ 'a/x.yaml': pod('x'), 'a/b/y.yaml': pod('why'), 'a/.c/z.yaml': pod('z'), 'a/[x].yaml': pod('literal') });
    expect(await found('a/*.yaml')).toEqual(['a/[x].yaml literal', 'a/x.yaml x']);
    expect(await found('a/**/{y,z}.yaml')).toEqual(['a/.c/z.yaml z', 'a/b/y.yaml why']);
    expect(await found('a/[x].yaml')).toEqual(['a/[x].yaml literal']);
    expect((await collect(['a/*.json'])).gaps).toMatchObject([{ code: 'unreadable', what: 'a/*.json' }]);
  });

  it('reads linked files once, and follows no linked folders', async () => {
    write({ 'real/a.yaml': pod('a'), 'outside.yml': pod('o') });
    mkdirSync(join(cwd, 'scan'));
    symlinkSync('../outside.yml', join(cwd, 'scan/link.yaml'));
    symlinkSync('../real', join(cwd, 'scan/folder.yaml'));
    symlinkSync('.', join(cwd, 'scan/loop'));
    symlinkSync('nowhere', join(cwd, 'scan/broken.yaml'));
    const { objects, gaps } = await collect(['scan']);
    expect(objects.map(({ name, source }) => [name, source.file])).toEqual([['o', 'scan/link.yaml']]);
    expect(gaps).toEqual([
      {
        code: 'unreadable',
        what: 'scan/broken.yaml',
        reason: 'a link that cannot be followed: no such file or folder',
      },
    ]);
    expect(await found('.')).toEqual(['outside.yml o', 'real/a.yaml a']);
  });

  it('reads standard input beside files', async () => {
    write({ 'a.yaml': pod('a') });
    const { objects } = await collect(['-', 'a.yaml'], { stdin: async () => Buffer.from(pod('in')) });
    expect(objects.map(({ source, name }) => `${source.file} ${name}`)).toEqual(['- in', 'a.yaml a']);
  });
});

describe('what cannot be read', () => {
  it.each<[string, string | Buffer, string, string]>([
    ['NUL bytes', Buffer.from([0x61, 0, 0x62]), 'unreadable', 'a binary file: it has NUL bytes'],
    ['no UTF-8', Buffer.from([0x61, 0xff, 0xc0]), 'unreadable', 'not UTF-8 text'],
    ['a large file', 'x'.repeat(2001), 'too-large', 'larger than 2000 bytes'],
  ])('%s: a gap that names the file, and the rest is read', async (_, content, code, reason) => {
    write({ 'bad.yaml': content, 'good.yaml': pod('good') });
    const { objects, gaps } = await collect(['.', 'missing'], { limits: { maxFileBytes: 2000 } });
    expect(objects.map(({ name }) => name)).toEqual(['good']);
    expect(gaps).toMatchObject([
      { code: 'unreadable', what: 'missing', reason: 'no such file or folder' },
      { code, what: 'bad.yaml', reason },
    ]);
  });

  it.each(['utf16le', 'utf8'] as const)('a byte order mark is no trouble (%s)', async (encoding) => {
    write({ 'a.yaml': Buffer.from(`\ufeff${pod('a')}`, encoding) });
    const { objects } = await collect(['.']);
    expect(objects[0]?.source.positions?.locate(['apiVersion'])).toMatchObject({ line: 1, column: 1 });
  });

  it('leaves the JSON of other tools alone in folders', async () => {
    write({ 'tsconfig.json': '{ // comment\n}', 'app.yaml': 'name: x', 'broken.yaml': 'a: [', 'named.json': '{ // x' });
    const { inputs } = await collect(['.', 'named.json']);
    expect(inputs.map(({ file, bucket, line }) => [file, bucket, line])).toEqual([
      ['app.yaml', 'not-applicable', 1],
      ['broken.yaml', 'unparsable', 2],
      ['named.json', 'unparsable', 2],
      ['tsconfig.json', 'not-applicable', undefined],
    ]);
  });
});

describe('Helm charts', () => {
  const chart = {
    'app/Chart.yaml': 'apiVersion: v2\nname: my-app\nversion: 1.0.0\n',
    'app/values.yaml': 'a: 1',
    'app/crds/crd.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}',
    'app/templates/pod.yaml': 'kind: {{ x }}',
    'app/templates/idle.yaml': '{{ if .Values.no }}{{ end }}',
    'app/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
    'app/charts/sub/templates/sub.yaml': '{{ y }}',
  };

  function command(name: string, script: string): string {
    write({ [`bin/${name}`]: `#!/bin/sh\n${script}` });
    chmodSync(join(cwd, 'bin', name), 0o755);
    return join(cwd, 'bin');
  }

  it('counts templates as unrendered without helm, with the command that renders them', async () => {
    write(chart);
    const { objects, inputs, gaps } = await collect(['app']);
    expect(objects.map(({ kind, source }) => [kind, source.file])).toEqual([
      ['CustomResourceDefinition', 'app/crds/crd.yaml'],
    ]);
    const reason = 'a Helm template, and there is no helm to render it';
    expect(kinds(inputs)).toEqual([
      `app/charts/sub/templates/sub.yaml unrendered: ${reason}`,
      `app/templates/idle.yaml unrendered: ${reason}`,
      `app/templates/pod.yaml unrendered: ${reason}`,
      'app/Chart.yaml not-applicable: part of the Helm chart app',
      'app/charts/sub/Chart.yaml not-applicable: part of the Helm chart app',
      'app/values.yaml not-applicable: part of the Helm chart app',
    ]);
    expect(inputs.find(({ bucket }) => bucket === 'unrendered')?.hint).toBe('helm template app app | bulwark scan -');
    expect(gaps).toEqual([]);
  });

  it('renders with helm, and names the template of each object', async () => {
    write(chart);
    const output = ['my-app/templates/pod.yaml', 'my-app/charts/sub/templates/sub.yaml']
      .map((source, index) => `---\n# Source: ${source}\n${pod(`p${index}`)}`)
      .join('');
    const path = command(
      'helm',
      `test "$1 $2 $3" = "template app ${join(cwd, 'app')}" || exit 9\ncat <<'EOF'\n${output}EOF\n`,
    );
    const { objects, inputs } = await collect(['app'], { render: { path: `${path}:/bin:/usr/bin` } });
    expect(
      objects
        .filter(({ kind }) => kind === 'Pod')
        .map(({ name, source }) => [name, source.file, source.rendered, source.positions]),
    ).toEqual([
      ['p0', 'app', { by: 'helm', from: 'app', template: 'app/templates/pod.yaml' }, undefined],
      ['p1', 'app', { by: 'helm', from: 'app', template: 'app/charts/sub/templates/sub.yaml' }, undefined],
    ]);
    expect(kinds(inputs)).toContain(
      "app/templates/idle.yaml not-applicable: renders no object with the chart's own values",
    );
    const named = await collect(['app/templates/pod.yaml'], { render: { path: `${path}:/bin:/usr/bin` } });
    expect(named.objects.map(({ name }) => name)).toEqual(['p0']);
  });

  it.each<[string, string, string]>([
    [
      'a missing dependency',
      'echo "noise" >&2; echo "Error: missing dependencies: redis" >&2; exit 1',
      'helm template: Error: missing dependencies: redis',
    ],
    ['no answer', 'sleep 5', 'helm template: no answer within 0.2 s'],
  ])('%s is a gap with the command’s own words', async (_, script, reason) => {
    write(chart);
    const path = command('helm', script);
    const { gaps, inputs } = await collect(['app'], { render: { path: `${path}:/bin:/usr/bin`, timeoutMs: 200 } });
    expect(gaps).toMatchObject([{ code: 'render-failed', what: 'app', reason }]);
    expect(inputs.filter(({ bucket }) => bucket === 'unrendered')).toHaveLength(3);
  });

  it('runs nothing that a file name could smuggle into a shell', async () => {
    write({ 'a;touch x/Chart.yaml': 'name: x', 'a;touch x/templates/t.yaml': '{{ x }}' });
    const { inputs } = await collect(['.']);
    expect(inputs.find(({ hint }) => hint)?.hint).toBe("helm template a-touch-x 'a;touch x' | bulwark scan -");
  });
});

describe('kustomizations', () => {
  const files = {
    'base/kustomization.yaml': 'resources: [pod.yaml]\n',
    'base/pod.yaml': `${pod('web')}spec:\n  containers: [{name: c, image: i}]\n`,
    'over/kustomization.yaml':
      'namePrefix: prod-\nresources: [../base]\npatches:\n- path: patch.yaml\nconfigMapGenerator:\n- name: c\n  files: [app.yaml]\n',
    'over/patch.yaml': `${pod('web')}spec:\n  hostPID: true\n`,
    'over/app.yaml': pod('not-an-object'),
    'remote/kustomization.yaml': 'resources:\n- https://example.com/x?ref=1\n- more.yaml\n',
    'remote/more.yaml': pod('more'),
    'part/kustomization.yaml': 'kind: Component\nresources: [extra.yaml]\n',
    'part/extra.yaml': pod('extra'),
  };

  it('judges raw resources where there is no renderer', async () => {
    write(files);
    const { objects, inputs } = await collect(['.']);
    expect(objects.map(({ name, source }) => `${source.file} ${name}`)).toEqual([
      'base/pod.yaml web',
      'part/extra.yaml extra',
      'remote/more.yaml more',
    ]);
    expect(kinds(inputs)).toEqual([
      'base/kustomization.yaml unrendered: part of a kustomization that was not rendered',
      'over/kustomization.yaml unrendered: a kustomization, and there is no kustomize or kubectl to render it',
      'over/app.yaml not-applicable: read by the kustomization over',
      'over/patch.yaml unrendered: a patch of over',
      'part/kustomization.yaml unrendered: a component, which is rendered only with a kustomization that includes it',
      'remote/kustomization.yaml unrendered: a kustomization that is not rendered here: it refers to https://example.com/x?ref=1, which is on the network',
    ]);
  });

  it('renders roots once, and does not judge their resources again', async () => {
    write(files);
    write({
      'bin/kustomize': `#!/bin/sh\ntest "$1 $2" = "build ${join(cwd, 'over')}" || exit 9\ncat <<'EOF'\n${pod('prod-web')}spec: {hostPID: true}\nEOF\n`,
    });
    chmodSync(join(cwd, 'bin/kustomize'), 0o755);
    const { objects, inputs, gaps } = await collect(['.'], { render: { path: `${join(cwd, 'bin')}:/bin:/usr/bin` } });
    expect(gaps).toEqual([]);
    expect(objects.map(({ name, source }) => [name, source.file, source.rendered?.template])).toEqual([
      ['prod-web', 'over', 'base/pod.yaml'],
      ['extra', 'part/extra.yaml', undefined],
      ['more', 'remote/more.yaml', undefined],
    ]);
    expect(kinds(inputs).filter((line) => /^(base|over)/.test(line))).toEqual([
      'base/kustomization.yaml not-applicable: rendered as part of over',
      'base/pod.yaml not-applicable: rendered as part of over',
      'over/kustomization.yaml not-applicable: a kustomization, rendered',
      'over/app.yaml not-applicable: read by the kustomization over',
      'over/patch.yaml not-applicable: a patch of over',
    ]);
  });

  it('judges raw resources where rendering fails, and says why', async () => {
    write({ ...files, 'bin/kustomize': '#!/bin/sh\necho "Error: no such field" >&2; exit 1' });
    chmodSync(join(cwd, 'bin/kustomize'), 0o755);
    const { objects, gaps } = await collect(['over', 'base'], {
      render: { path: `${join(cwd, 'bin')}:/bin:/usr/bin` },
    });
    expect(objects.map(({ name }) => name)).toEqual(['web']);
    expect(gaps).toEqual([{ code: 'render-failed', what: 'over', reason: 'kustomize: Error: no such field' }]);
  });

  it.skipIf(assets === undefined)('agrees with kubectl kustomize', async () => {
    write(files);
    const { objects, gaps } = await collect(['over'], { render: { path: assets ?? '' } });
    expect(gaps).toEqual([]);
    expect(
      objects.map(({ kind, name, value, source }) => [
        kind,
        name.replace(/-\w{10}$/, ''),
        source.rendered?.template,
        value.spec,
      ]),
    ).toEqual([
      ['ConfigMap', 'prod-c', undefined, undefined],
      ['Pod', 'prod-web', 'base/pod.yaml', { containers: [{ image: 'i', name: 'c' }], hostPID: true }],
    ]);
  });

  it('says where a kustomization itself cannot be read', async () => {
    write({ 'kustomization.yaml': 'resources: [' });
    expect((await collect(['.'])).inputs).toMatchObject([{ file: 'kustomization.yaml', bucket: 'unparsable' }]);
  });
});
