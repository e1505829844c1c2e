import type { NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { argumentsOf, type CommandLine, programOf } from './command-line.ts';
import { node as nodeWith } from './examples.ts';
import { goPatternsMatch } from './go-pattern.ts';
import { type HostRow, hostControls, hostFailure, noHost } from './host-control.ts';

const switches: ReadonlySet<string> = new Set([
  'disable-filter',
  'append-server-path',
  'insecure-skip-tls-verify',
  'disable-compression',
  'warnings-as-errors',
  'match-server-version',
  'help',
]);
const short: ReadonlyMap<string, string> = new Map([
  ['p', 'port'],
  ['u', 'unix-socket'],
  ['w', 'www'],
  ['P', 'www-prefix'],
  ['n', 'namespace'],
  ['s', 'server'],
  ['v', 'v'],
]);

/** As kubectl has them (staging/src/k8s.io/kubectl/pkg/cmd/proxy, pkg/proxy). */
const standard = {
  address: '127.0.0.1',
  port: '8001',
  hosts: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$',
  paths: '^.*',
  rejectedPaths: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach',
} as const;

const kubectl = (...argv: readonly string[]): string =>
  nodeWith({
    processes: [{ pid: 12, parent: 1, exe: '/usr/bin/kubectl', argv: ['kubectl', ...argv], env: {}, uid: 1000 }],
    users: [
      { id: 0, name: 'root' },
      { id: 1000, name: 'deploy' },
    ],
  });

/** `kubectl` processes that pass on what reaches them with their user's rights. */
export default hostControls([
  {
    name: 'kubectl-proxy',
    title: 'No kubectl proxy gives its user’s rights to others',
    severity: 'critical',
    why: 'The proxy adds its user’s credentials to every request that reaches it, and asks nobody who they are.',
    remedy: 'Stop it, or let it listen on a socket in a folder of its user: kubectl proxy --unix-socket=PATH.',
    check: proxies('proxy', proxyProblem),
    examples: {
      fail: [
        kubectl('proxy', '--address=0.0.0.0', '--accept-hosts=.*'),
        kubectl('proxy', '--address', '10.0.0.4'),
        kubectl('proxy', '--disable-filter'),
        kubectl('proxy', '--reject-paths='),
        kubectl('proxy'),
      ],
      pass: [kubectl('proxy', '--unix-socket=/run/user/1000/kubectl.sock'), kubectl('port-forward', 'pod/a', '80')],
    },
  },
  {
    name: 'kubectl-port-forward',
    title: 'No kubectl port-forward opens a pod to the network',
    severity: 'high',
    why: 'What listens inside a pod or on its loopback address counts on not being reached; this reaches it from anywhere.',
    remedy: 'Leave --address out: the port is then open on the node’s loopback address alone.',
    check: proxies('port-forward', forwardProblem),
    examples: {
      fail: [kubectl('port-forward', '--address=0.0.0.0', '-n', 'kube-system', 'pod/etcd-a', '2379')],
      pass: [
        kubectl('port-forward', 'pod/a', '8080:80'),
        kubectl('port-forward', '--address', 'localhost', 'pod/a', '80'),
      ],
    },
  },
]);

interface Problem {
  readonly severity: Severity;
  readonly listens: string;
  readonly says: readonly string[];
}

type Judge = (flags: CommandLine, node: NodeEvidence) => Problem | undefined;

function proxies(command: 'proxy' | 'port-forward', judge: Judge): HostRow['check'] {
  return (node): Verdict | readonly Failure[] => {
    const running = node.processes.filter(({ exe }) => programOf(exe) === 'kubectl');
    if (running.length === 0) {
      const wasAsked = node.processes.length > 0 || node.host?.kernel !== undefined;
      return wasAsked ? notApplicable('no kubectl runs on this node') : noHost;
    }
    return running.flatMap((each) => {
      const flags = argumentsOf(each.argv.slice(1), { short, switches });
      if (flags.words[0] !== command) return [];
      const problem = judge(flags, node);
      if (problem === undefined) return [];
      const { severity, listens, says } = problem;
      return hostFailure(node, {
        // Process ids change with every start.
        key: `${command} ${listens}`,
        message: `kubectl ${command} of ${userText(each, node)} listens on ${listens}: ${says.join('; ')}`,
        file: `process ${each.pid} (kubectl ${command})`,
        severity,
      });
    });
  };
}

function proxyProblem(flags: CommandLine, node: NodeEvidence): Problem | undefined {
  const found: { severity: Severity; says: string }[] = [];
  const socket = flags.last('unix-socket') ?? '';
  const address = flags.last('address') ?? standard.address;
  const listens = socket === '' ? `${address}:${flags.last('port') ?? standard.port}` : socket;
  if (socket === '') found.push(...addressProblems(flags, { address, node }));
  else {
    const file = node.files.find(({ path, process }) => path === socket && process === undefined);
    const isOpen = file !== undefined && (file.mode & 0o022) !== 0;
    if (isOpen) found.push({ severity: 'medium', says: 'others can connect to the socket' });
  }
  const exec = '/api/v1/namespaces/default/pods/a/exec';
  const paths = flags.last('accept-paths') ?? standard.paths;
  const rejected = flags.last('reject-paths') ?? standard.rejectedPaths;
  const isFiltered = !flags.isSet('disable-filter');
  const takesExec =
    goPatternsMatch(paths, exec) !== false && (rejected === '' || goPatternsMatch(rejected, exec) === false);
  if (isFiltered && takesExec) found.push({ severity: 'high', says: 'commands can be run in pods through it' });
  if (flags.last('www') !== undefined) found.push({ severity: 'low', says: `${flags.last('www')} is served, too` });
  return gravest(found, listens);
}

function addressProblems(
  flags: CommandLine,
  { address, node }: { readonly address: string; readonly node: NodeEvidence },
): { severity: Severity; says: string }[] {
  const found: { severity: Severity; says: string }[] = [];
  if (!isLoopbackEndpoint(address))
    found.push({ severity: 'critical', says: 'whoever reaches it has its user’s rights' });
  if (flags.isSet('disable-filter')) {
    found.push({ severity: 'critical', says: 'nothing is filtered: any page in a browser of the node can use it' });
  } else {
    const hosts = flags.last('accept-hosts') ?? standard.hosts;
    const isWide = goPatternsMatch(hosts, 'evil.example');
    const says = isWide === true ? 'accepts every host name' : 'cannot be understood';
    if (isWide !== false)
      found.push({ severity: isWide ? 'critical' : 'medium', says: `accept-hosts ${hosts} ${says}` });
  }
  if (found.length > 0) return found;
  const people = node.users.filter(({ id }) => id >= 1000 && id < 60000).length;
  const says = 'everyone on the node has its user’s rights';
  return [{ severity: people > 1 ? 'medium' : 'low', says }];
}

/** Ports behind which something gives a cluster away to whoever reaches it. */
const gravePorts: ReadonlySet<string> = new Set(['2379', '2380', '6443', '10250', '10255', '3000', '9090', '8001']);

function forwardProblem(flags: CommandLine): Problem | undefined {
  const addresses = flags.all('address').flatMap((list) => list.split(','));
  const open = addresses.filter((address) => !isLoopbackEndpoint(address.trim()));
  if (open.length === 0) return undefined;
  const [, target = '', ...ports] = flags.words;
  const isGrave =
    /^(?:kube-system|monitoring)$/.test(flags.last('namespace') ?? '') ||
    ports.some((port) => gravePorts.has(port.split(':').at(-1) ?? ''));
  const says = `${target} ${ports.join(' ')} can be reached from the network`;
  return { severity: isGrave ? 'high' : 'medium', listens: open.join(', '), says: [says] };
}

function gravest(found: readonly { severity: Severity; says: string }[], listens: string): Problem | undefined {
  let severity: Severity | undefined;
  for (const each of found) {
    if (severity === undefined || compareSeverity(each.severity, severity) > 0) severity = each.severity;
  }
  return severity === undefined ? undefined : { severity, listens, says: found.map(({ says }) => says) };
}

function userText({ uid }: ProcessEvidence, { users }: NodeEvidence): string {
  if (uid === undefined) return 'someone';
  return users.find(({ id }) => id === uid)?.name ?? `user ${uid}`;
}
