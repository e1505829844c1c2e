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
    [['generate', '--baseline', 'open.yaml'], 0, 'name: default-deny'],
  ])('%j', async (args, code, wanted) => {
    const result = await run(...args);
    expect(result.out).toContain(wanted);
    expect(result.code).toBe(code);
  });

  it.each([
    [['can', 'shop/wbe', 'shop/db', 'shut.yaml'], 'did you mean shop/web?'],
    [['can', 'shop/web', 'shop/db:0', 'shut.yaml'], 'is no endpoint with a port'],
    [['generate', '--flows', 'open.yaml', 'open.yaml'], 'holds no flows'],
    [['generate', '--for', 'nowhere', 'open.yaml'], 'there is no namespace nowhere'],
  ])('%j is refused', async (args, wanted) => {
    const result = await run(...args);
    expect([result.code, result.err]).toEqual([2, expect.stringContaining(wanted)]);
  });

  it.each(['list', 'matrix', 'exposed'])('%s shows no control character of a name', async (name) => {
    for (const format of ['text', 'json']) {
      const { out, err } = await run(name, '-o', format, 'odd.yaml');
      expect(`${out}${err}`).not.toContain('\u001b');
    }
  });
});
