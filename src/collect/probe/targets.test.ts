import { describe, expect, it } from 'vitest';
import { usualPorts } from '../../semantics/probe/listeners.ts';
import { parseHost, parsePortOption, targetsOf } from './targets.ts';

describe('parseHost', () => {
  it.each([
    ['10.0.0.5', { host: '10.0.0.5' }],
    ['node-1.example', { host: 'node-1.example' }],
    ['node-1:10250', { host: 'node-1', port: 10250 }],
    ['node-1:4711=kubelet', { host: 'node-1', port: 4711, listener: 'kubelet' }],
    ['fd00::5', { host: 'fd00::5' }],
    ['[fd00::5]', { host: 'fd00::5' }],
    ['[fd00::5]:6443', { host: 'fd00::5', port: 6443 }],
    ['::1', { host: '::1' }],
  ])('reads %s', (text, expected) => {
    expect(parseHost(text)).toEqual(expected);
  });

  it.each([
    ['', 'names no host'],
    [':10250', 'names no host'],
    ['https://10.0.0.5', 'is a URL or a range of addresses'],
    ['10.0.0.0/24', 'is a URL or a range of addresses'],
    ['10.0.0.5:0', '"0" is not a port'],
    ['10.0.0.5:65536', '"65536" is not a port'],
    ['10.0.0.5:', '"" is not a port'],
    ['10.0.0.5:6443x', '"6443x" is not a port'],
    ['10.0.0.5:-1', '"-1" is not a port'],
    ['10.0.0.5=kubelet', 'names a listener without a port'],
    ['10.0.0.5:1=cubelet', 'there is no listener "cubelet"'],
    ['[10.0.0.5]:1', 'is not a host name or address'],
    ['fd00::5::6', 'is not a host name or address'],
    ['a b', 'is not a host name or address'],
    ['-oProxyCommand', 'is not a host name or address'],
    ['x\u001b[31m', 'names no host'],
    ['x\u202ey', 'is not a host name or address'],
    [`${'a'.repeat(254)}`, 'is not a host name or address'],
  ])('refuses %j', (text, message) => {
    expect(() => parseHost(text)).toThrow(message);
  });
});

describe('targetsOf', () => {
  it('gives a host its own port, else the usual ones and those that were found', () => {
    const found = [{ port: 4711, listener: 'kubelet', origin: 'port of kubelet' } as const];
    const targets = targetsOf(
      [
        { host: 'a', port: 1 },
        { host: 'b', node: 'n' },
      ],
      { named: [], found },
    );
    expect(targets[0]).toEqual({ host: 'a', port: 1, origin: 'named' });
    expect(targets[1]).toEqual({ host: 'b', port: 4711, listener: 'kubelet', origin: 'port of kubelet', node: 'n' });
    expect(targets.slice(2).map(({ port }) => port)).toEqual(usualPorts);
  });

  it('looks at named ports only, and at nothing twice', () => {
    const named = [parsePortOption('6443'), parsePortOption('4711=etcd')];
    const targets = targetsOf([{ host: 'a' }, { host: 'A' }], { named, found: [] });
    expect(targets).toEqual([
      { host: 'a', port: 6443, origin: 'named' },
      { host: 'a', port: 4711, origin: 'named', listener: 'etcd' },
    ]);
  });

  it('asks a metadata service, where the user names one, for metadata only', () => {
    expect(targetsOf([{ host: '169.254.169.254' }], { named: [], found: [] })).toEqual([
      { host: '169.254.169.254', port: 80, listener: 'metadata', origin: 'usual port' },
    ]);
  });
});
