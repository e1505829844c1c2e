import { describe, expect, it } from 'vitest';
import type { NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import { configuredPorts, portsIn } from './configured-ports.ts';

const process = (pid: number, ...argv: readonly string[]): ProcessEvidence => ({
  pid,
  parent: 1,
  exe: `/usr/bin/${argv[0]}`,
  argv,
  env: {},
});

const node = (more: Partial<NodeEvidence>): NodeEvidence => ({
  name: 'n',
  from: 'host',
  at: '/',
  processes: [],
  files: [],
  users: [],
  groups: [],
  ...more,
});

describe('configuredPorts', () => {
  it('reads them from flags, each with what listens and where it is said; 0 is none', () => {
    const processes = [
      process(7, 'kube-apiserver', '--secure-port=7443', '--insecure-port=0'),
      process(
        8,
        'etcd',
        '--listen-client-urls=https://127.0.0.1:4001,https://10.0.0.5:4001',
        '--listen-peer-urls=https://10.0.0.5:4002',
      ),
    ];
    const found = configuredPorts(node({ processes }), 20);
    expect(found).toEqual([
      { port: 4001, listener: 'etcd', origin: 'listen-client-urls of etcd' },
      { port: 4002, listener: 'etcd-peer', origin: 'listen-peer-urls of etcd' },
      { port: 7443, listener: 'kube-apiserver', origin: 'secure-port of kube-apiserver' },
    ]);
  });

  it('adds what Kubernetes processes were seen to listen on, and nothing of others', () => {
    const listeners = [
      { address: '0.0.0.0', port: 7443, pid: 7 },
      { address: '127.0.0.1', port: 35_001, pid: 9 },
      { address: '0.0.0.0', port: 22, pid: 10 },
      { address: '0.0.0.0', port: 80 },
    ];
    const processes = [
      process(7, 'kube-apiserver', '--secure-port=7443'),
      process(9, 'containerd'),
      process(10, 'sshd'),
    ];
    const found = configuredPorts(node({ processes, host: { listeners } }), 30);
    expect(found).toEqual([
      { port: 7443, listener: 'kube-apiserver', origin: 'secure-port of kube-apiserver' },
      { port: 35_001, origin: 'process 9 (containerd)' },
    ]);
  });
});

describe('portsIn', () => {
  it.each([
    [10250, [10250]],
    [0, []],
    [-1, []],
    [1.5, []],
    ['10250', [10250]],
    ['0.0.0.0:10249', [10249]],
    ['[::]:10249', [10249]],
    ['127.0.0.1', []],
    ['https://127.0.0.1:2379,https://10.0.0.5:2380/', [2379, 2380]],
    [['http://127.0.0.1:2381'], [2381]],
    ['unix://localhost:99999', []],
    [null, []],
    [{ port: 1 }, []],
  ])('%j has %j', (value, ports) => {
    expect(portsIn(value)).toEqual(ports);
  });
});
