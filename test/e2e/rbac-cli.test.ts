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

  describe('by acting as another', () => {
    const acting = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: who}
rules:
  - {apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"], resourceNames: [jane]}
  - {apiGroups: [""], resources: [users], verbs: [impersonate], resourceNames: [joe]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: who}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: who}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: what, namespace: shop}
rules:
  - {apiGroups: [""], resources: [pods], verbs: ["impersonate-on:user-info:list"]}
  - {apiGroups: [""], resources: [pods], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: what, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: what}
subjects:
  - {kind: ServiceAccount, name: web, namespace: shop}
  - {kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: joe, apiGroup: rbac.authorization.k8s.io}
`;
    const may = (target: string, version?: string, verb = 'list') => {
      writeFileSync(join(folder, 'acting.yaml'), acting);
      const where = ['-n', 'shop', '--as', web, '--acting-as', target, '-f', 'acting.yaml'];
      return run('why', verb, 'pods', ...where, ...(version === undefined ? [] : ['--kubernetes-version', version]));
    };

    it('names the witnesses of both halves, and of what the other may do', async () => {
      const { code, out } = await may('jane', '1.36');
      expect(code).toBe(0);
      expect(out.split('\n').filter((line) => line.includes('may ') || line.includes('whose'))).toEqual([
        '  system:serviceaccount:shop:web may act as jane by constrained impersonation (user-info):',
        '  ClusterRole who, whose rules[0] allows impersonate:user-info on users of authentication.k8s.io named jane (acting.yaml:5)',
        '  Role shop/what, whose rules[0] allows impersonate-on:user-info:list on pods (acting.yaml:18)',
        '  jane may list pods in namespace shop:',
        '  Role shop/what, whose rules[1] allows list on pods (acting.yaml:19)',
      ]);
    });

    it.each<[string, string | undefined, string, number, RegExp]>([
      ['jane', undefined, 'list', 3, /^unknown\n[^]*on from v1.36/],
      ['jane', '1.35', 'list', 3, /^unknown\n/],
      ['jane', '1.34', 'list', 1, /^no\n[^]*nothing allows them to impersonate users jane/],
      ['joe', '1.20', 'list', 0, /^yes\n[^]*may act as joe by the verb impersonate/],
      ['joe', '1.20', 'delete', 1, /^no\n[^]*Nothing allows joe to delete pods/],
      ['eve', '1.36', 'list', 1, /^no\n/],
    ])('%s in v%s: %s', async (target, version, verb, code, expected) => {
      const ran = await may(target, version, verb);
      expect(ran.out).toMatch(expected);
      expect(ran.code).toBe(code);
    });
  });

  it('draws a difference', async () => {
    writeFileSync(join(folder, 'less.yaml'), manifests.replace('get, list', 'get'));
    const { out } = await run('diff', 'less.yaml', 'rbac.yaml', '-o', 'mermaid');
    expect(out.split('\n').slice(0, 4)).toEqual([
      'flowchart LR',
      '  n0(["ServiceAccount shop/web"])',
      '  n1["list secrets in namespace shop"]:::gained',
      '  n0 -->|"gained"| n1',
    ]);
    expect((await run('diff', 'rbac.yaml', 'less.yaml', '-o', 'dot')).out).toContain('style=dashed');
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

  it('diff tells once what many gained alike', async () => {
    const more = '  - {kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}\n';
    const given = `${manifests.trimEnd()}\n`;
    writeFileSync(
      join(folder, 'two.yaml'),
      given.replace(/subjects:\n/, `subjects:\n${more}${more.replace('ops', 'dev')}`),
    );
    const { out } = await run('diff', 'rbac.yaml', 'two.yaml');
    expect(out).toBe('Group dev, Group ops\n  + get, list secrets in namespace shop\n');
  });

  it('risks tells every control, what it leaves open, and never that nothing is there where something is', async () => {
    const approval = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver}
rules:
  - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}
  - {apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kube-apiserver-client]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: approver}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: approver}
subjects: [{kind: ServiceAccount, name: a, namespace: b}]
`;
    writeFileSync(join(folder, 'approver.yaml'), approval);
    const told = await run('risks', '-f', 'approver.yaml');
    expect(told.out).toMatch(/^critical +ClusterRole approver +ServiceAccount b\/a can approve certificate/m);
    expect(told.out).not.toMatch(/Nobody/);
    const dangling = approval.slice(approval.indexOf('---')).replaceAll('name: approver', 'name: gone');
    writeFileSync(join(folder, 'gone.yaml'), dangling);
    const open = await run('risks', '-f', 'gone.yaml');
    expect(open.out).toMatch(
      /LEFT OPEN +OBJECTS +WHY\nrbac\/dangling-role +1 +ClusterRole gone is not in what was read/,
    );
    expect(open.out).not.toMatch(/Nobody/);
    const json = JSON.parse((await run('risks', '-f', 'gone.yaml', '-o', 'json')).out);
    expect(json.undecided).toContainEqual({
      ...{ control: 'rbac/dangling-role', kind: 'unknown', objects: 1 },
      reason: 'ClusterRole gone is not in what was read',
    });
  });

  it('list says of rules that are for nothing that they are', async () => {
    const rules = [
      '{apiGroups: [], resources: [secrets], verbs: [get]}',
      '{apiGroups: "", resources: [secrets], verbs: [get]}',
      '{apiGroups: [""], resources: [secrets], verbs: []}',
      '{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [""]}',
      '{apiGroups: ["", apps], resources: [pods], verbs: [get]}',
    ];
    const before = manifests.slice(manifests.indexOf('---'));
    const role = `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: shop}\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
    writeFileSync(join(folder, 'idle.yaml'), `${role}${before}`);
    const { out } = await run('list', web, '-f', 'idle.yaml');
    const told = out
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(/ {2,}/)[1]);
    expect(told).toEqual([
      'nothing: get on secrets of no API group',
      'nothing: get on secrets of no API group',
      'nothing: no verb on secrets',
      'get on secrets named ""',
      'get on pods of core, apps',
    ]);
  });

  it.each<[readonly string[], RegExp]>([
    [['who-can', 'get', 'pods', '-n', 'a', '-A'], /-n names one namespace and -A all of them/],
    [['who-can', 'get', '/metrics', 'x'], /a path has no name/],
    [['can-i', 'get', 'pods', '--as', 'sa:foo'], /sa:foo names no service account/],
    [['can-i', 'get', 'pods', '--as', 'sa:'], /sa: names no service account/],
    [['list', 'sa:a/b/c'], /sa:a\/b\/c names no service account/],
    [['can-i', 'get', 'pods', '--as', 'group:'], /group: names nobody/],
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
    'risks shows of a real cluster that the scheduler and kube-proxy can read no Secret',
    async () => {
      const objects = join(folder, 'cluster.json');
      writeFileSync(objects, decompress(readFileSync(cluster)));
      const { out } = await run('risks', '-f', objects, '-o', 'json');
      const standings: readonly {
        component: string;
        identity: string;
        secrets: readonly object[];
        beyond: object[];
      }[] = JSON.parse(out).components;
      const told = standings.map(({ component, identity, secrets, beyond }) =>
        [component, identity, secrets.length > 0 ? 'Secrets' : 'none', beyond.length].join(' | '),
      );
      expect(told).toContain('the scheduler | system:kube-scheduler | none | 0');
      expect(told).toContain('kube-proxy | system:kube-proxy | none | 0');
      expect(told).toContain('kube-proxy | system:serviceaccount:kube-system:kube-proxy | none | 0');
      expect(told).toContain('the controller manager | system:kube-controller-manager | Secrets | 0');
      expect(told).toContain('every kubelet | system:nodes | none | 0');
      const text = await run('risks', '-f', objects);
      expect(text.out).toMatch(/the scheduler +system:kube-scheduler +none, by any of \d+ bindings +nothing/);
    },
    60_000,
  );

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
