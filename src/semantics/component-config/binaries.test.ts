import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Component } from '../../model/component.ts';
import { isObject, type Json } from '../../model/json.ts';
import { resolveComponent } from './resolve.ts';
import { defaultValue, inVersion, type SettingRow, settingTable } from './table.ts';

/* The tables against the programs of v1.20 themselves: each flag that the help shows, its type and its default. */

const folder = mkdtempSync(join(tmpdir(), 'bulwark-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lab = resolve(import.meta.dirname, '../../../../shared/kube/lab');
const binaries = findBinaries();
if (binaries === undefined) {
  console.warn('settings against the real programs are skipped: no KUBEBUILDER_ASSETS and no ../shared/kube/lab');
}

function findBinaries(): string | undefined {
  const given = process.env.KUBEBUILDER_ASSETS;
  if (given !== undefined && existsSync(join(given, 'kubelet'))) return given;
  if (!existsSync(lab)) return undefined;
  const { status, stdout } = spawnSync(lab, ['assets'], { encoding: 'utf8', timeout: 120_000 });
  return status === 0 ? stdout.trim() : undefined;
}

function run(component: Component, args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  return spawnSync(join(binaries ?? '', component), args, { encoding: 'utf8', timeout: 20_000 });
}

function write(text: string): string {
  const file = join(mkdtempSync(join(folder, 'file-')), 'config.yaml');
  writeFileSync(file, text);
  return file;
}

interface HelpFlag {
  readonly flag: string;
  readonly bool: boolean;
  /** Its default as it is shown. */
  readonly text: string | undefined;
}

const components: readonly Component[] = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
];

function help(component: Component): readonly HelpFlag[] {
  const flags: HelpFlag[] = [];
  for (const line of run(component, ['--help']).stdout.split(/\n(?= {2,6}(?:-\w, )?--)/)) {
    const match = /^ +(?:-\w, )?--([\w-]+)( \S+)?(?:\s{2,}([\s\S]*))?$/.exec(line.split('\n\n')[0] ?? '');
    if (match?.[1] === undefined || match[1] === 'help') continue;
    const text = /\(default (\[[^\]]*\]|"[^"]*"|[^\s()]+)\)/.exec(match[3] ?? '')?.[1];
    flags.push({ flag: match[1], bool: match[2] === undefined, text });
  }
  return flags;
}

/** A default as the help shows it; undefined for a zero value, which it does not show. */
function printed(row: SettingRow): string | undefined {
  const value: Json = defaultValue(row, 20, 'flags');
  if (isObject(value)) {
    const pairs = Object.entries(value).map(([key, item]) => `${key}${row.separator ?? '='}${String(item)}`);
    return plain(pairs.join(','));
  }
  return value === false ? undefined : plain(String(value));
}

function plain(text: string | undefined): string | undefined {
  const bare = text?.replaceAll('"', '').replace(/^\[(.*)\]$/, '$1');
  return bare === '0' || bare === '0s' || bare === '' ? undefined : bare;
}

describe.skipIf(binaries === undefined)('the programs of v1.20', () => {
  it.each(components)('%s has the flags and defaults of the table', (component) => {
    const table = settingTable(component);
    const shown = help(component);
    expect(shown.length).toBeGreaterThan(50);
    const wrong: string[] = [];
    for (const { flag, bool, text } of shown) {
      const row = table.byFlag(flag.replaceAll('_', '-'));
      if (row === undefined || !inVersion(20, row.since, row.removed)) wrong.push(`${flag} is not in the table`);
      else if ((row.type === 'bool') !== bool) wrong.push(`${flag} is of type ${row.type}`);
      else if (row.type !== 'gates' && row.bare === undefined && printed(row) !== plain(text)) {
        wrong.push(`${flag}: ${printed(row)} in the table, ${text} in the help`);
      }
    }
    expect(wrong).toEqual([]);
  });

  // The kubelet reads its flags by itself, and with an empty value would start.
  it.each(components.filter((component) => component !== 'kubelet'))(
    '%s has the hidden flags of the table, and no newer ones',
    (component) => {
      const shown = new Set(help(component).map(({ flag }) => flag));
      const wrong: string[] = [];
      for (const row of settingTable(component).rows) {
        const flag = row.spelled ?? row.flag;
        if (flag === undefined || shown.has(flag)) continue;
        // An unknown flag is refused before the help is shown.
        const { stderr } = run(component, [`--${flag}=`, '--help']);
        if (stderr.includes('unknown flag') === inVersion(20, row.since, row.removed)) wrong.push(flag);
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  it('kube-proxy does not start with the file of a guide, which has no kind', () => {
    const file = write(
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkubeconfig: /var/lib/kube-proxy/kubeconfig.conf\n',
    );
    expect(run('kube-proxy', [`--config=${file}`]).stderr).toContain("Object 'Kind' is missing");
  });

  it('kube-scheduler refuses unknown fields, and versions that are gone', () => {
    const head = (version: string): string =>
      `apiVersion: kubescheduler.config.k8s.io/${version}\nkind: KubeSchedulerConfiguration\n`;
    const unknown = run('kube-scheduler', [`--config=${write(`${head('v1beta1')}enableProfilin: false\n`)}`]);
    expect(unknown.stderr).toContain('unknown field');
    const gone = run('kube-scheduler', [`--config=${write(head('v1alpha1'))}`]);
    expect(gone.stderr).toContain('no kind "KubeSchedulerConfiguration" is registered');
  });

  it('kube-scheduler with --config runs with what the resolver says', () => {
    const kubeconfig = write(
      'apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\nusers: [{name: a, user: {}}]\n',
    );
    const text = `apiVersion: kubescheduler.config.k8s.io/v1beta1\nkind: KubeSchedulerConfiguration\nclientConnection:\n  kubeconfig: ${kubeconfig}\n`;
    const file = write(text);
    const written = join(folder, 'written.yaml');
    const args = [`--config=${file}`, '--profiling=false', '--leader-elect=false', '--kube-api-qps=1'];
    run('kube-scheduler', [...args, `--write-config-to=${written}`]);
    const effective = readFileSync(written, 'utf8');
    const resolved = resolveComponent({
      component: 'kube-scheduler',
      minor: 20,
      args: args.map((arg) => ({ text: arg, where: 'pid 1' })),
      readFile: (path) => (path === file ? text : undefined),
    });
    const lines: string[] = [];
    for (const { field, type, fieldSince } of settingTable('kube-scheduler').rows) {
      if (field === undefined || fieldSince !== undefined || !['bool', 'int', 'number', 'duration'].includes(type))
        continue;
      lines.push(`${field.slice(field.lastIndexOf('.') + 1)}: ${String(resolved.get(field)?.value)}`);
    }
    expect(lines).toContain('enableProfiling: true');
    for (const line of lines) expect(effective).toContain(`${line}\n`);
  });
});
