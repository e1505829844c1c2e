import type { NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import type { Failure } from '../../model/verdict.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { tomlAt } from '../../semantics/node/toml.ts';
import { file } from '../node-examples.ts';
import { argumentsOf, programOf } from './command-line.ts';
import { node as nodeWith } from './examples.ts';
import { type HostRow, hostControls, hostFailure } from './host-control.ts';
import { runtimeRows, textAt, textsAt } from './runtime-config.ts';

const config = (value: unknown): string => file('/etc/docker/daemon.json', JSON.stringify(value));

const rows = runtimeRows('docker', [
  {
    name: 'docker-tcp',
    title: 'Docker’s API asks everyone on the network for a certificate',
    severity: 'critical',
    why: 'Whoever reaches the API asks for a container with the node’s files in it, and is root on the node.',
    remedy: 'Let dockerd listen on its socket alone, or set tlsverify with a CA of its own.',
    problems: ({ config: top }) => {
      const isChecked = tomlAt(top, ['tlsverify']) === true;
      return textsAt(top, ['hosts'])
        .filter((address) => address.startsWith('tcp://') && !isChecked)
        .map((address) => ({ path: ['hosts', address], ...openApi(address) }));
    },
    examples: {
      fail: [
        config({ hosts: ['tcp://0.0.0.0:2375'] }),
        nodeWith({
          processes: [{ pid: 7, parent: 1, exe: '/usr/bin/dockerd', argv: ['dockerd', '-H', 'tcp://:2375'], env: {} }],
        }),
      ],
      pass: [
        config({ hosts: ['fd://'] }),
        config({ hosts: ['tcp://0.0.0.0:2376'], tlsverify: true }),
        nodeWith({
          processes: [
            {
              pid: 7,
              parent: 1,
              exe: '/usr/bin/dockerd',
              argv: ['dockerd', '--tlsverify', '--host=tcp://:2376'],
              env: {},
            },
          ],
        }),
      ],
    },
  },
  {
    name: 'docker-registries',
    title: 'Docker pulls images over TLS, and checks with whom',
    severity: 'high',
    why: 'Without, whoever is on the way puts another image in place of the one that was asked for.',
    problems: ({ config: top }) => {
      const names = textsAt(top, ['insecure-registries']).filter(
        (name) => !isLoopbackEndpoint(name) && !name.startsWith('127.'),
      );
      if (names.length === 0) return [];
      const message = `insecure-registries has ${names.join(', ')}: nobody checks whose images these are`;
      return [{ path: ['insecure-registries'], message }];
    },
    examples: {
      fail: [config({ 'insecure-registries': ['r.example'] })],
      pass: [config({ 'insecure-registries': ['127.0.0.0/8'] })],
    },
  },
  {
    name: 'docker-seccomp',
    title: 'Containers of Docker have a seccomp profile',
    severity: 'high',
    why: 'Without, every system call of the kernel is in reach of each container that asks for no profile itself.',
    problems: ({ config: top }) => {
      if (textAt(top, ['seccomp-profile']) !== 'unconfined') return [];
      return [
        { path: ['seccomp-profile'], message: 'seccomp-profile is unconfined: containers may make every system call' },
      ];
    },
    examples: {
      fail: [config({ 'seccomp-profile': 'unconfined' })],
      pass: [config({ 'seccomp-profile': '/etc/docker/seccomp.json' })],
    },
  },
  {
    name: 'docker-iptables',
    title: 'Docker keeps its containers apart from the network',
    severity: 'low',
    why: 'With iptables off and icc on, containers that are no pods reach each other and publish ports past the firewall.',
    problems: ({ config: top }) =>
      (['iptables', 'icc'] as const).flatMap((name) => {
        const wrong = name === 'icc';
        if (tomlAt(top, [name]) !== wrong) return [];
        const says = wrong ? 'containers that are no pods reach each other' : 'nothing filters what reaches containers';
        return [{ path: [name], message: `${name} is ${wrong}: ${says}` }];
      }),
    examples: { fail: [config({ icc: true }), config({ iptables: false })], pass: [config({ icc: false })] },
  },
]);

/** Docker's configuration: /etc/docker/daemon.json, and for its addresses the arguments of dockerd. */
export default hostControls(
  rows.map((row) => (row.name === 'docker-tcp' ? { ...row, check: withArguments(row.check) } : row)),
);

function withArguments(checkFile: HostRow['check']): HostRow['check'] {
  return (node, facts) => {
    const fromFile = checkFile(node, facts);
    const daemons = node.processes.filter(({ exe }) => programOf(exe) === 'dockerd');
    const fromArguments = daemons.flatMap((daemon) => openHosts(node, daemon));
    if (fromArguments.length > 0) return 'kind' in fromFile ? fromArguments : [...fromFile, ...fromArguments];
    const isMoot = 'kind' in fromFile && fromFile.kind === 'not-applicable';
    return isMoot && daemons.length > 0 ? [] : fromFile;
  };
}

function openHosts(node: NodeEvidence, { argv, pid }: ProcessEvidence): Failure[] {
  const flags = argumentsOf(argv.slice(1), { short: new Map([['H', 'host']]) });
  if (flags.isSet('tlsverify')) return [];
  const open = flags.all('host').filter((address) => address.startsWith('tcp://'));
  return open.map((address) =>
    hostFailure(node, { key: `dockerd ${address}`, file: `process ${pid} (dockerd)`, ...openApi(address) }),
  );
}

function openApi(address: string): { message: string; severity: 'high' | 'critical' } {
  const severity = isLoopbackEndpoint(address) ? 'high' : 'critical';
  return {
    severity,
    message: `dockerd listens on ${address} without tlsverify: whoever reaches it is root on the node`,
  };
}
