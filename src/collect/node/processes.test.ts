import { expect, it } from 'vitest';
import { recogniseProcess } from '../../semantics/node/components.ts';
import { argumentsOf, containerIn, parentIn } from './processes.ts';
import { redactArgv } from './redact-words.ts';

it.each<[string, string[], string | undefined]>([
  ['/usr/bin/kubelet', ['kubelet', '--v=2'], 'kubelet 1'],
  ['/usr/bin/kubelet (deleted)', ['kubelet'], 'kubelet 1'],
  ['/hyperkube', ['/hyperkube', 'apiserver', '--a'], 'kube-apiserver 2'],
  ['/hyperkube', ['/hyperkube', 'kube-proxy'], 'kube-proxy 2'],
  ['/usr/bin/vim', ['kubelet', 'kube-apiserver'], undefined],
  ['', ['/usr/local/bin/etcd'], 'etcd 1'],
  ['/usr/bin/kubectl', ['kubectl', '-n', 'a', 'port-forward', 'x'], 'other 1'],
  ['/usr/bin/kubectl', ['kubectl', 'get', 'pods'], undefined],
  ['/usr/bin/containerd-shim-runc-v2', ['x'], undefined],
  ['/snap/kubelite', ['kubelite'], 'other 1'],
])('%s %s', (exe, argv, expected) => {
  const found = recogniseProcess(exe, argv);
  expect(found && `${found.component ?? 'other'} ${found.argsAt}`).toBe(expected);
});

const id = 'ab'.repeat(32);

it.each([
  ['0::/', undefined],
  [`12:cpu:/kubepods/burstable/pod1/${id}\n0::/`, id],
  [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, id],
  [`0::/../crio-${id}.scope/container`, id],
  [`11:devices:/docker/${'cd'.repeat(32)}/kubepods/pod1/${id}`, id],
])('the container of %s', (cgroup, expected) => expect(containerIn(cgroup)).toBe(expected));

it('reads what the kernel writes', () => {
  expect(parentIn('7 (a) S (b) R 42 7 7 0')).toBe(42);
  expect(argumentsOf(Buffer.from('kubelet\0--a=\0\0'))).toEqual(['kubelet', '--a=']);
  expect(argumentsOf(Buffer.from(''))).toEqual([]);
});

it('redacts secrets in arguments', () => {
  expect(
    redactArgv([
      'k3s',
      '--token',
      'x',
      '--token-file',
      '/a',
      '--password=b',
      '--db=mysql://u:p@h/',
      '--auth-token=jwt',
    ]),
  ).toEqual([
    'k3s',
    '--token',
    'REDACTED',
    '--token-file',
    '/a',
    '--password=REDACTED',
    '--db=mysql://u:REDACTED@h/',
    '--auth-token=jwt',
  ]);
});
