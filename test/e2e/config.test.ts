import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

let node = '';
beforeAll(() => {
  node = mkdtempSync(join(tmpdir(), 'bulwark-node-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(node, path)), { recursive: true });
    writeFileSync(join(node, path), text);
  };
  write(
    '/etc/kubernetes/manifests/kube-apiserver.yaml',
    `apiVersion: v1
kind: Pod
metadata: { name: kube-apiserver, namespace: kube-system }
spec:
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:v1.30.2
      command:
        - kube-apiserver
        - --anonymous-auth=false
        - --profiling=true
        - --profiling=false
`,
  );
  write(
    '/var/lib/kubelet/config.yaml',
    'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication:\n  anonymous:\n    enabled: true\n',
  );
  write('/var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS="--anonymous-auth=false"\n');
});
afterAll(() => rmSync(node, { recursive: true }));

describe('bulwark config', () => {
  it.each([
    [
      'the last of a repeated flag',
      ['kube-apiserver', 'profiling'],
      /^profiling +false +--profiling in \/etc\/kubernetes\/manifests\/kube-apiserver\.yaml:12\n$/,
    ],
    [
      'a default of the version',
      ['kube-apiserver', 'request-timeout'],
      /^request-timeout +1?m?0?6?0?s? .*default of v1\.30\n$/,
    ],
    [
      'a flag that overrides the file',
      ['kubelet', 'authentication.anonymous.enabled'],
      /enabled +false +--anonymous-auth in \/var\/lib\/kubelet\/kubeadm-flags\.env:1\n$/,
    ],
  ])('tells %s', async (_, args, expected) => {
    const ran = await runCli(['config', ...args, '--root', node]);
    expect(ran.stdout).toMatch(expected);
    expect(ran.code).toBe(0);
  });

  it('suggests the setting that was meant, and says where nothing is', async () => {
    const misspelt = await runCli(['config', 'kube-apiserver', 'anonymus-auth', '--root', node]);
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean anonymous-auth?') });
    const absent = await runCli(['config', 'kube-proxy', '--root', node]);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('no kube-proxy runs or is configured') });
  });
});
