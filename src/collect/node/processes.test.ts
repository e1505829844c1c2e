import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recogniseProcess } from '../../semantics/node/components.ts';
import { argumentsOf, containerIn, effectiveUserIn, parentIn, readProcesses } from './processes.ts';
import { redactArgv } from './redact-words.ts';

it.each<[string, string[], string | undefined]>([
  ['/usr/bin/kubelet', ['kubelet', '--v=2'], 'kubelet 1'],
  ['/usr/bin/kubelet (deleted)', ['kubelet'], 'kubelet 1'],
  ['/hyperkube', ['/hyperkube', 'apiserver', '--a'], 'kube-apiserver 2'],
  ['/hyperkube', ['/hyperkube', 'kube-proxy'], 'kube-proxy 2'],
  ['/usr/bin/vim', ['kubelet', 'kube-apiserver'], undefined],
  ['', ['/usr/local/bin/etcd'], 'etcd 1'],
  ['/usr/bin/kubectl', ['kubectl', '-n', 'a', 'port-forward', 'x'], 'other 1'],
  ['/usr/bin/kubectl', ['kubectl', '--context=a', '-v', '4', 'proxy', '--port=0'], 'other 1'],
  ['/usr/bin/kubectl', ['kubectl', 'get', 'pods'], undefined],
  ['/usr/bin/kubectl', ['kubectl', 'get', 'pods', 'proxy'], undefined],
  ['/usr/bin/kubectl', ['kubectl', '-n', 'proxy', 'exec', 'a'], undefined],
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
  expect(effectiveUserIn('Name:\tetcd\nUid:\t1\t2\t3\t4\n')).toBe(2);
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

describe('a process that ends while it is read', () => {
  const files = {
    cmdline: 'kubelet\0--v=2\0',
    stat: '7 (kubelet) S 1 7 7 0',
    cgroup: '0::/\n',
    status: 'Uid:\t0\t0\t0\t0\n',
    environ: 'A=b\0',
  };
  let proc = '';
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'bulwark-proc-'));
    mkdirSync(join(proc, '7'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(proc, '7', name), content);
    symlinkSync('/usr/bin/kubelet', join(proc, '7/exe'));
  });
  afterEach(() => rmSync(proc, { recursive: true, force: true }));

  it.each(['cmdline', 'exe', 'stat', 'cgroup', 'status', 'environ'])('before its %s is left out', (name) => {
    expect(readProcesses(proc)).toMatchObject({ processes: [{ pid: 7, exe: '/usr/bin/kubelet', uid: 0 }], gaps: [] });
    rmSync(join(proc, '7', name));
    expect(readProcesses(proc)).toEqual({ processes: [], gaps: [] });
  });

  it('before it is looked at, too', () => {
    expect(readProcesses(proc, [7, 8]).processes).toHaveLength(1);
    expect(readProcesses(proc, [8])).toEqual({ processes: [], gaps: [] });
  });
});
