import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulwark-network-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pods = ['web', 'db']
  .map(
    (name) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
spec: {containers: [{name: app, image: r/app:1, ports: [{name: http, containerPort: 8080}]}]}
`,
  )
  .join('---\n');
const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: http}]
`;
writeFileSync(join(folder, 'open.yaml'), pods);
writeFileSync(join(folder, 'shut.yaml'), `${pods}---\n${policy}`);
writeFileSync(
  join(folder, 'odd.yaml'),
  `${pods}---\n${policy.replace('db}', '"\\e[31m"}').replace('name: db,', 'name: "d\\e[31mb",')}`,
);

writeFileSync(
  join(folder, 'ended.yaml'),
  `${pods}---
apiVersion: v1
kind: Pod
metadata: {name: done, namespace: shop}
spec: {containers: [{name: app, image: r/app:1}]}
status: {phase: Succeeded}
---
apiVersion: v1
kind: Pod
metadata: {name: y, namespace: shop}
spec: {containers: [{name: app, image: r/app:1}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: idle, namespace: shop}
spec: {replicas: 0, template: {spec: {containers: [{name: app, image: r/app:1}]}}}
`,
);
writeFileSync(join(folder, 'holds.txt'), 'allow shop/web -> shop/db:8080\ndeny internet -> shop/db\n');
writeFileSync(join(folder, 'broken.txt'), 'deny shop/web -> shop/db\n');
writeFileSync(
  join(folder, 'old.yaml'),
  'apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: old}\nspec: {priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}\n',
);
writeFileSync(
  join(folder, 'nodes.yaml'),
  `${pods}---\napiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: nodes}\nspec: {nodeSelector: {}}\n---\napiVersion: projectcalico.org/v3\nkind: StagedNetworkPolicy\nmetadata: {name: later, namespace: shop}\nspec: {}\n`,
);

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal: Terminal = {
    cwd: folder,
    env: {},
    out: async (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outIsTty: false,
    errIsTty: false,
    width: 100,
    stdin: async () => Buffer.alloc(0),
    now: () => new Date(0),
  };
  const code = await createProgram(terminal, 'bulwark').run(['network', ...args]);
  return { code, out, err };
}

describe('bulwark network', () => {
  it.each<[readonly string[], number, string]>([
    [['can', 'shop/web', 'shop/db:8080', 'shut.yaml'], 0, 'yes: shop/web to shop/db:8080'],
    [['can', 'shop/web', 'shop/db:http', 'shut.yaml'], 0, 'yes: shop/web to shop/db:http'],
    [['can', 'shop/web', 'shop/db:80', 'shut.yaml'], 1, 'no: shop/web to shop/db:80'],
    [['can', 'internet', 'shop/db:8080', 'shut.yaml'], 1, 'no: internet to shop/db:8080'],
    [['can', 'pod/shop/db', 'shop/db', 'shut.yaml'], 0, 'a pod always reaches itself'],
    [['can', 'shop/*', 'shop/db:8080', 'shut.yaml'], 0, 'yes: shop/* to shop/db:8080'],
    [['why', 'shop/web', 'shop/db', 'shut.yaml'], 0, 'allowed by NetworkPolicy shop/db, spec.ingress[0] (shut.yaml:'],
    [
      ['why', 'internet', 'shop/db', 'shut.yaml'],
      1,
      'selected by NetworkPolicy shop/db; no rule takes it, so it is denied',
    ],
    [['list', 'shut.yaml'], 0, 'To shop/db\n  TCP 8080   shop/web\n'],
    [['list', '--focus', 'shop/db', '-o', 'dot', 'shut.yaml'], 0, '"shop/web" -> "shop/db" [label="TCP 8080"];'],
    [['list', '-o', 'svg', 'shut.yaml'], 0, '</svg>'],
    [['matrix', 'shut.yaml'], 0, 'TCP 8080'],
    [['matrix', '-o', 'svg', 'shut.yaml'], 0, '</svg>'],
    [['exposed', 'shut.yaml'], 0, 'Nothing lets traffic from outside into the cluster.'],
    [['diff', 'open.yaml', 'shut.yaml'], 1, '0 kinds of connections open, 2 end.'],
    [['diff', 'open.yaml', 'open.yaml'], 0, 'Both let through the same connections.'],
    [
      ['diff', '-o', 'markdown', 'open.yaml', 'shut.yaml'],
      1,
      '| closed | all ports | `nodes`, `any address outside` | `shop/db` |',
    ],
    [['diff', '-o', 'markdown', 'open.yaml', 'open.yaml'], 0, '## Network: the same connections as before'],
    [['list', '-o', 'dot', 'shut.yaml'], 0, 'label="Whether anything enforces policies is not known'],
    [['can', 'shop/web', 'shop/db:nothing', 'shut.yaml'], 1, 'shop/db has no port of the name nothing'],
    [['assert', 'holds.txt', 'shut.yaml'], 0, '2 of 2 requirements hold.'],
    [['assert', 'broken.txt', 'shut.yaml'], 1, 'broken: deny shop/web -> shop/db'],
    [['convert', 'old.yaml'], 0, 'kind: ClusterNetworkPolicy'],
    [['generate', '--baseline', 'open.yaml'], 0, 'name: default-deny'],
  ])('%j', async (args, code, wanted) => {
    const result = await run(...args);
    expect(result.out).toContain(wanted);
    expect(result.code).toBe(code);
  });

  it.each([
    [['can', 'shop/wbe', 'shop/db', 'shut.yaml'], 'did you mean shop/web?'],
    [['can', 'shop/web', 'shop/db:0', 'shut.yaml'], 'port 0 is out of range'],
    [['can', 'shop/web', 'shop/db:99999', 'shut.yaml'], 'port 99999 is out of range'],
    [['can', 'shop/web', 'shop/db:8080/sctp/x', 'shut.yaml'], 'is no endpoint with a port'],
    [['can', 'shop/web', 'shop/done:80', 'ended.yaml'], 'pod shop/done has terminated (Succeeded)'],
    [['can', 'shop/web', 'shop/idle:80', 'ended.yaml'], 'Deployment shop/idle has no pods now'],
    [['can', 'shop/y', 'shop/web', 'ended.yaml'], 'did you mean shop/db?'],
    [['generate', '--flows', 'open.yaml', 'open.yaml'], 'holds no flows'],
    [['generate', '--for', 'nowhere', 'open.yaml'], 'there is no namespace nowhere'],
    [['generate', '--api-server', 'kubernetes', 'open.yaml'], 'kubernetes is no address with a port'],
    [['assert', 'open.yaml', 'open.yaml'], 'open.yaml:1: apiVersion: v1 is no requirement'],
    [['assert', 'gone.txt', 'open.yaml'], 'cannot read gone.txt'],
  ])('%j is refused', async (args, wanted) => {
    const result = await run(...args);
    expect([result.code, result.err]).toEqual([2, expect.stringContaining(wanted)]);
  });

  it('says which policies are not read, and what that leaves open', async () => {
    const { err } = await run('list', 'nodes.yaml');
    expect(err).toContain(
      'CiliumClusterwideNetworkPolicy nodes: policies for nodes (nodeSelector) are not read; what nodes may do and take is unknown',
    );
    expect(err).toContain('StagedNetworkPolicy later: it only rehearses and decides nothing');
  });

  it.each(['list', 'matrix', 'exposed'])('%s shows no control character of a name', async (name) => {
    for (const format of ['text', 'json']) {
      const { out, err } = await run(name, '-o', format, 'odd.yaml');
      expect(`${out}${err}`).not.toContain('\u001b');
    }
  });
});
