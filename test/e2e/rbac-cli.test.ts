import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decompress } from 'fzstd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { root } from './run-cli.ts';

const manifests = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
  - {kind: ServiceAccount, name: web}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "odd\\u001b[31m"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: elsewhere}
subjects:
  - {kind: User, name: anne, apiGroup: rbac.authorization.k8s.io}
`;

const folder = mkdtempSync(join(tmpdir(), 'bulwark-rbac-'));
const file = join(folder, 'rbac.yaml');

/** Runs the command line in this process. */
async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const terminal = {
    cwd: folder,
    env: {},
    out: async (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    ...{ outIsTty: false, errIsTty: false, width: 100 },
    stdin: async () => Buffer.alloc(0),
    now: () => new Date('2026-11-21T00:00:00Z'),
  };
  const code = await createProgram(terminal, 'bulwark').run(['rbac', ...args]);
  return { code, out, err };
}

const web = 'sa:shop/web';
const sees = ['-f', 'rbac.yaml'];

describe('bulwark rbac', () => {
  beforeAll(() => writeFileSync(file, manifests));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('who-can names subjects, scope, role and lines', async () => {
    const { code, out, err } = await run('who-can', 'get', 'secrets', ...sees, '-n', 'shop');
    expect(out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))).toContain(
      'ServiceAccount shop/web | namespace shop | Role shop/reader (rbac.yaml:5) | RoleBinding shop/reader (rbac.yaml:14) | any',
    );
    // What was not read may give it to others.
    expect([code, err]).toEqual([3, expect.stringContaining('gives ClusterRole elsewhere, which was not read')]);
    expect(out + err).not.toContain('\u001b');
  });

  it.each<[readonly string[], number, RegExp]>([
    [
      ['can-i', 'get', 'secrets', '--as', web, '-n', 'shop'],
      0,
      /^yes\n {2}RoleBinding shop\/reader binds ServiceAccount shop\/web \(rbac.yaml:14\)\n {2}Role shop\/reader, whose rules\[0\] allows get, list on secrets \(rbac.yaml:5\)/,
    ],
    [['can-i', 'get', 'secrets', '--as', web], 1, /^no\n[^]*Not in all namespaces, but in shop/],
    [['can-i', 'delete', 'secrets', '--as', web, '-n', 'shop'], 1, /^no\n/],
    [['can-i', 'get', 'pods', '--as', 'anne'], 3, /^unknown\n {2}ClusterRole elsewhere is bound and was not read/],
    [['can-i', 'get', 'pods', '--as', 'eve', '--as-group', 'system:masters'], 0, /system:masters may do anything/],
    [['can-i', 'get', '/version', '--as', 'eve'], 1, /Nothing allows eve to get \/version/],
    [
      ['why-not', 'delete', 'secrets', '--as', web, '-n', 'shop'],
      1,
      /Nearest: Role shop\/reader rules\[0\] allows get, list on secrets \(rbac.yaml:5\);\n {4}what differs is the verb/,
    ],
    [
      ['why', 'get', 'secrets', 'db', '--as', web, '-n', 'shop', '-o', 'mermaid'],
      0,
      /flowchart LR\n {2}n0\(\["ServiceAccount shop\/web"\]\)/,
    ],
    [
      ['why', 'get', 'secrets', '--as', web, '-n', 'shop', '-o', 'dot'],
      0,
      /n0 -> n1 \[label="RoleBinding shop\/reader"\]/,
    ],
    [['list', web], 0, /namespace shop +get, list on secrets +Role shop\/reader \(rbac.yaml:5\)/],
    [['list', 'nobody'], 0, /No role gives nobody anything/],
    [['risks'], 0, /medium +ServiceAccount shop\/web +read Secrets +namespace shop/],
  ])('%j', async (args, code, expected) => {
    const ran = await run(...args, ...sees);
    expect(ran.out).toMatch(expected);
    expect(ran.code).toBe(code);
  });

  it('answers as JSON with the witness', async () => {
    const { out } = await run('why', 'get', 'secrets', '--as', web, '-n', 'shop', '-o', 'json', ...sees);
    expect(JSON.parse(out)).toMatchObject({
      ...{ decision: 'allowed', by: 'rbac', namespace: 'shop' },
      witness: { role: { kind: 'Role', name: 'reader', file: 'rbac.yaml', line: 5 }, rule: { verbs: ['get', 'list'] } },
    });
  });

  it('diff tells who gained what, and exits with 1', async () => {
    writeFileSync(
      join(folder, 'after.yaml'),
      manifests.replace('[secrets]', '[secrets, pods]').replace('get, list', 'get'),
    );
    const gained = await run('diff', 'rbac.yaml', 'after.yaml');
    expect([gained.code, gained.out]).toEqual([
      1,
      'ServiceAccount shop/web\n  + get pods in namespace shop\n  - list secrets in namespace shop\n',
    ]);
    expect(await run('diff', 'rbac.yaml', 'rbac.yaml')).toMatchObject({
      code: 0,
      out: 'Nobody gained or lost anything.\n',
    });
  });

  it.each<[readonly string[], RegExp]>([
    [['who-can', 'get', 'pods', '-n', 'a', '-A'], /-n names one namespace and -A all of them/],
    [['who-can', 'get', '/metrics', 'x'], /a path has no name/],
    [['can-i', 'get', 'pods'], /required option '--as <user>' not specified/],
    [['diff', 'none.yaml', 'rbac.yaml'], /there is no none.yaml/],
    [['tighten', '--from-audit', 'none.log'], /there is no file/],
  ])('%j is refused', async (args, message) => {
    const { code, err } = await run(...args, ...(args[0] === 'diff' ? [] : sees));
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });

  const log = join(root, '../shared/samples/lab-audit.log.zst');
  const cluster = join(root, '../shared/samples/lab-cluster.json.zst');
  const isThere = existsSync(log) && existsSync(cluster);
  if (!isThere) console.warn('skipped: the sample log and cluster are not here, so rbac tighten is not tried on them');

  it.skipIf(!isThere)(
    'tighten proves its roles on a real log, and tells what was not used',
    async () => {
      const objects = join(folder, 'cluster.json');
      writeFileSync(objects, decompress(readFileSync(cluster)));
      const { code, out } = await run('tighten', '--from-audit', log, '-f', objects);
      expect(code).toBe(0);
      expect(out).toMatch(/^Observed 2026-11-20T20:06Z to 2026-11-20T20:10Z \(4 minutes\): 7961 requests/);
      expect(out).toMatch(
        /Proof: \d{3} different requests that were allowed were asked of the new roles, and all are allowed/,
      );
      expect(out).toMatch(/ClusterRoleBinding superadmin [^\n]*\n {4}nothing of it was used/);
      expect(out).toMatch(/rules\[0\] \* on \* of \*: used for create, delete, get, impersonate, list only/);
      const yaml = await run('tighten', '--from-audit', log, '-o', 'yaml', '--user', 'sa:default/dev');
      const { objects: made, inputs } = decodeManifest(yaml.out, 'seen.yaml');
      expect(inputs).toEqual([]);
      expect(made.map(({ kind, namespace }) => `${kind} ${namespace ?? ''}`)).toEqual([
        ...['ClusterRole ', 'ClusterRoleBinding ', 'Role default', 'RoleBinding default'],
        ...['Role kube-system', 'RoleBinding kube-system'],
      ]);
      const json = JSON.parse((await run('tighten', '--from-audit', log, '-o', 'json')).out);
      expect(json.replay.denied).toEqual([]);
      expect(json.unused).toBe(null);
      expect(json.users.map(({ user }: { user: string }) => user)).toEqual(['system:serviceaccount:default:dev']);
    },
    60_000,
  );
});
