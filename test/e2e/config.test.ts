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
      /^kube-apiserver v1\.30 on \S+\nSETTING +VALUE +DEFAULT +FROM\nprofiling +false +true +--profiling in \/etc\/kubernetes\/manifests\/kube-apiserver\.yaml:12\n$/,
    ],
    [
      'a default of the version',
      ['kube-apiserver', 'request-timeout'],
      /\nrequest-timeout +1m0s +1m0s +default of v1\.30\n$/,
    ],
    [
      'a flag that overrides the file',
      ['kubelet', 'authentication.anonymous.enabled'],
      /enabled +false +false +--anonymous-auth in \/var\/lib\/kubelet\/kubeadm-flags\.env:1\n$/,
    ],
  ])('tells %s', async (_, args, expected) => {
    const ran = await runCli(['config', ...args, '--root', node]);
    expect(ran.stdout).toMatch(expected);
    expect(ran.code).toBe(0);
  });

  it('gives programs value, default, origin and version', async () => {
    const ran = await runCli(['config', 'kubelet', 'authentication.anonymous.enabled', '--root', node, '-o', 'json']);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout).components).toEqual([
      expect.objectContaining({
        component: 'kubelet',
        minor: 30,
        version: 'v1.30 (taken from the image of kube-apiserver)',
        settings: [
          {
            name: 'authentication.anonymous.enabled',
            value: false,
            default: false,
            origin: {
              kind: 'flag',
              flag: '--anonymous-auth',
              where: '/var/lib/kubelet/kubeadm-flags.env',
              line: 1,
            },
          },
        ],
      }),
    ]);
  });

  it('suggests the setting that was meant, and says where nothing is', async () => {
    const misspelt = await runCli(['config', 'kube-apiserver', 'anonymus-auth', '--root', node]);
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean anonymous-auth?') });
    const shortened = await runCli(['config', 'kubelet', 'anonymous', '--root', node]);
    expect(shortened.stderr).toContain('did you mean authentication.anonymous.enabled?');
    const absent = await runCli(['config', 'kube-proxy', '--root', node]);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('no kube-proxy runs or is configured') });
  });
});
