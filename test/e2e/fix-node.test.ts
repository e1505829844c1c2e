import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
let node = '';
beforeAll(() => {
  node = mkdtempSync(join(tmpdir(), 'bulwark-node-'));
  mkdirSync(dirname(join(node, manifest)), { recursive: true });
  writeFileSync(
    join(node, manifest),
    `apiVersion: v1
kind: Pod
metadata: { name: kube-apiserver, namespace: kube-system }
spec:
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:v1.30.2
      command:
        - kube-apiserver
        - --profiling=true
`,
  );
});
afterAll(() => rmSync(node, { recursive: true }));

describe('bulwark fix --root', () => {
  it('says that nothing was mended where it refuses what was asked, and exits with 1', async () => {
    const before = readFileSync(join(node, manifest), 'utf8');
    const ran = await runCli(['fix', '--root', node, '--only', 'kube-apiserver/event-rate-limit', '--may-break']);
    expect(ran.stdout).toMatch(/^Nothing was mended: 1 finding left, .*No file was changed\.\n\nRefused:\n/);
    expect(ran.code).toBe(1);
    expect(readFileSync(join(node, manifest), 'utf8')).toBe(before);
  });

  it('exits with 0 where it mends it, and where there is nothing to mend', async () => {
    const mended = await runCli(['fix', '--root', node, '--only', 'kube-apiserver/profiling']);
    expect(mended).toMatchObject({ code: 0, stdout: expect.stringContaining('1 finding mended') });
    const again = await runCli(['fix', '--root', node, '--only', 'kube-apiserver/profiling']);
    expect(again).toEqual({ code: 0, stderr: '', stdout: 'Nothing to mend was found; no file was changed.\n' });
  });
});

it.each([
  ['--root', 'name the top folder of a node'],
  ['--node-bundle', 'name a file that "bulwark node script" wrote'],
])('a node that is not there is an error of usage: %s', async (option, hint) => {
  const ran = await runCli(['scan', option, '/nonexistent']);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('cannot read the node at /nonexistent: ENOENT');
  expect(ran.stderr).toContain(hint);
});
