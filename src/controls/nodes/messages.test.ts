import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { file } from '../node-examples.ts';
import accounts from './accounts.ts';
import { argumentsOf } from './command-line.ts';
import containerd from './containerd.ts';
import crio from './crio.ts';
import docker from './docker.ts';
import { administrators, host, node, sshd as sshdWith } from './examples.ts';
import { goPatternsMatch } from './go-pattern.ts';
import kernel from './kernel.ts';
import kubectl from './kubectl.ts';
import listeners from './listeners.ts';
import space from './space.ts';
import sshd from './sshd.ts';

const controls = [accounts, containerd, crio, docker, kernel, kubectl, listeners, space, sshd].flat();

/** What is found, with severity, control, message and the line that says it. */
function findings(text: string): string[] {
  const { findings: found, errors } = judgeText(controls, text);
  expect(errors).toEqual([]);
  return found.map(({ control, severity, message, places: [place] }) => {
    const { file: where, positions } = place?.object.source ?? {};
    const line = positions?.locate([])?.line;
    return `${severity} ${control.id} ${where}${line === undefined ? '' : `:${line}`} ${message}`;
  });
}

function running(...argv: readonly string[]): string {
  const [exe = ''] = argv;
  const process = { pid: 12, parent: 1, exe: `/usr/bin/${exe}`, argv, env: {}, uid: 1000 };
  return node({ processes: [process], users: [{ id: 1000, name: 'deploy' }] } satisfies Partial<NodeEvidence>);
}

const cri = '[plugins."io.containerd.grpc.v1.cri".registry';
const all = 'whoever reaches it has its user’s rights';

describe('what is found on a node', () => {
  it.each<[string, string[]]>([
    [
      sshdWith({ port: '22', permitrootlogin: 'yes', passwordauthentication: 'no' }),
      ['low nodes/sshd-root-login /etc/ssh/sshd_config:2 sshd: permitrootlogin is yes: root can log in by itself'],
    ],
    [sshdWith({ permitrootlogin: 'without-password', passwordauthentication: 'no' }), []],
    [
      sshdWith({ port: '22' }),
      [
        'medium nodes/sshd-passwords /etc/ssh/sshd_config sshd: passwordauthentication is yes (default): passwords can be guessed',
      ],
    ],
    [
      administrators({ sudoers: [{ who: '%wheel', withoutPassword: true, where: '/etc/sudoers.d/w' }] }),
      ['medium nodes/sudo-password /etc/sudoers.d/w group wheel can be root by sudo without a password'],
    ],
    [
      host({ sysctls: { 'kernel.kptr_restrict': '0', 'kernel.randomize_va_space': '2' } }),
      ['low nodes/sysctl-kptr-restrict node-1 kernel.kptr_restrict is 0: everyone can read addresses of the kernel'],
    ],
    [
      file(
        '/etc/containerd/config.toml',
        `version = 2\n${cri}.configs."r.example".tls]\n  insecure_skip_verify = true\n`,
      ),
      [
        'high nodes/containerd-registries /etc/containerd/config.toml:3 insecure_skip_verify is true for r.example: its certificate is not checked',
      ],
    ],
    [
      file('/etc/containerd/config.toml', '[grpc]\ntcp_address = "127.0.0.1:9"\n'),
      [
        'high nodes/containerd-listeners /etc/containerd/config.toml:2 tcp_address is 127.0.0.1:9: whoever reaches it is root on the node',
      ],
    ],
    [
      file(
        '/etc/crio/crio.conf.d/10-x.conf',
        '[crio.runtime]\ndefault_capabilities = [\n "CHOWN",\n "CAP_SYS_PTRACE",\n]\n',
      ),
      [
        'high nodes/crio-capabilities /etc/crio/crio.conf.d/10-x.conf:2 default_capabilities has SYS_PTRACE: every container has it unless its pod drops it',
      ],
    ],
    [
      running('dockerd', '-H', 'fd://', '-Htcp://0.0.0.0:2375'),
      [
        'critical nodes/docker-tcp process 12 (dockerd) dockerd listens on tcp://0.0.0.0:2375 without tlsverify: whoever reaches it is root on the node',
      ],
    ],
    [
      running('kubectl', 'proxy', '--address=0.0.0.0', '--accept-hosts=^*$'),
      [
        `critical nodes/kubectl-proxy process 12 (kubectl proxy) kubectl proxy of deploy listens on 0.0.0.0:8001: ${all}; accept-hosts ^*$ accepts every host name`,
      ],
    ],
    [
      running('kubectl', '--context', 'a', 'proxy', '-p', '9000', '--accept-hosts', '.*'),
      [
        'critical nodes/kubectl-proxy process 12 (kubectl proxy) kubectl proxy of deploy listens on 127.0.0.1:9000: accept-hosts .* accepts every host name',
      ],
    ],
    [
      running('kubectl', 'proxy', '--reject-paths=^/healthz', '--unix-socket=/run/x'),
      [
        'high nodes/kubectl-proxy process 12 (kubectl proxy) kubectl proxy of deploy listens on /run/x: commands can be run in pods through it',
      ],
    ],
    [
      running('kubectl', 'port-forward', '--address', 'localhost,10.0.0.4', '-n', 'kube-system', 'pod/etcd', '2379'),
      [
        'high nodes/kubectl-port-forward process 12 (kubectl port-forward) kubectl port-forward of deploy listens on 10.0.0.4: pod/etcd 2379 can be reached from the network',
      ],
    ],
    [
      host({
        listeners: [
          { address: '::', port: 10249 },
          { address: '::1', port: 10255 },
        ],
      }),
      [
        'medium nodes/component-listeners node-1 [::]:10249 is open: kube-proxy tells everyone its metrics and configuration',
      ],
    ],
  ])('%s', (text, wanted) => {
    expect(findings(text)).toEqual(wanted);
  });

  it('leaves whose keys they are to people', () => {
    const keys = [{ user: 'deploy', path: '/home/deploy/.ssh/authorized_keys', keys: 3 }];
    const { undecided } = judgeText(controls, administrators({ authorizedKeys: keys }));
    const manual = undecided.filter(({ kind }) => kind === 'manual');
    expect(manual.map(({ control, kind, reason }) => `${control.id} ${kind} ${reason}`)).toEqual([
      'nodes/authorized-keys manual whose keys these are no file tells: deploy 3',
    ]);
  });

  it('says of what was not read that it was not', () => {
    const { undecided, findings: found } = judgeText(controls, '# file: /etc/hostname\nnode\n');
    expect(found).toEqual([]);
    expect(new Set(undecided.map(({ reason }) => reason))).toEqual(
      new Set([
        'the running host was not asked: only files of the node were read',
        'who administers the node was not read',
      ]),
    );
  });

  it('says of a configuration that cannot be understood that it cannot', () => {
    const { undecided } = judgeText(containerd, file('/etc/containerd/config.toml', '[plugins\n'));
    expect(undecided.map(({ reason }) => reason)).toContain('/etc/containerd/config.toml cannot be understood');
  });
});

it.each<[string, string, boolean | undefined]>([
  ['^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$', 'evil.example', false],
  ['.*', 'evil.example', true],
  ['^*$', 'evil.example', true],
  ['^localhost$,example', 'evil.example', true],
  ['', 'evil.example', true],
  ['(?i)EVIL', 'evil.example', true],
  ['(a+)+$', 'evil.example', undefined],
  ['((a*)*)*', 'evil.example', undefined],
  ['(', 'evil.example', undefined],
  ['x'.repeat(300), 'evil.example', undefined],
])('the Go patterns %s match %s: %s', (list, text, wanted) => {
  expect(goPatternsMatch(list, text)).toBe(wanted);
});

it('reads a command line as pflag does', () => {
  const flags = argumentsOf(['proxy', '--a=1', '--a', '2', '-p9', '--on', '--on=false', '--b_c', 'd', '--', '--e'], {
    short: new Map([['p', 'port']]),
    switches: new Set(['on']),
  });
  expect([flags.words, flags.all('a'), flags.last('port'), flags.isSet('on'), flags.last('b-c')]).toEqual([
    ['proxy', '--e'],
    ['1', '2'],
    '9',
    false,
    'd',
  ]);
});

it.each([
  ['127.0.0.1', true],
  ['tcp://127.0.0.1:2375', true],
  ['[::1]:80', true],
  ['::1', true],
  ['http://localhost:5000/v2', true],
  [':1338', false],
  ['0.0.0.0', false],
  ['::', false],
  ['[::]:80', false],
  ['localhost.example', false],
])('%s is of the node alone: %s', (address, wanted) => {
  expect(isLoopbackEndpoint(address)).toBe(wanted);
});

it('throws for no processes and no configuration', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'proxy',
      'port-forward',
      '--address',
      '--accept-hosts=',
      '-p',
      '--',
      '-',
      '--=',
      '-H',
      '--reject-paths',
    ),
    fc.string(),
  );
  const toml = fc.string({
    unit: fc.constantFrom('[', ']', '"', '=', '\n', 'plugins', 'cri', '.', 'registry', '1', 'true'),
  });
  fc.assert(
    fc.property(fc.constantFrom('kubectl', 'dockerd'), fc.array(word, { maxLength: 8 }), toml, (exe, words, text) => {
      findings(`${file('/etc/containerd/config.toml', `x = 1\n${text.replaceAll('#', '')}`)}${running(exe, ...words)}`);
    }),
    { numRuns: 200 },
  );
});
