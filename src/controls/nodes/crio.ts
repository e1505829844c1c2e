import type { Severity } from '../../model/severity.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { tomlAt } from '../../semantics/node/toml.ts';
import { file } from '../node-examples.ts';
import { hostControls } from './host-control.ts';
import { type RuntimeFile, type RuntimeProblem, runtimeRows, textAt, textsAt } from './runtime-config.ts';

const config = (text: string): string => file('/etc/crio/crio.conf', text);

/** Capabilities that no container should have by default; CRI-O's own list has none of these. */
const graveCapabilities: ReadonlyMap<string, Severity> = new Map([
  ['ALL', 'critical'],
  ['SYS_ADMIN', 'critical'],
  ['SYS_MODULE', 'critical'],
  ['SYS_PTRACE', 'high'],
  ['SYS_RAWIO', 'high'],
  ['DAC_READ_SEARCH', 'high'],
  ['BPF', 'high'],
  ['NET_ADMIN', 'high'],
  ['NET_RAW', 'low'],
]);

/** CRI-O's configuration. Source: docs/crio.conf.5.md of cri-o. */
export default hostControls(
  runtimeRows('crio', [
    {
      name: 'crio-seccomp',
      title: 'Containers of CRI-O have a seccomp profile',
      severity: 'high',
      why: 'Without, every system call of the kernel is in reach of each container that asks for no profile itself.',
      problems: ({ config: top }) => {
        if (textAt(top, ['crio', 'runtime', 'seccomp_profile']) !== 'unconfined') return [];
        const message = 'seccomp_profile is unconfined: containers may make every system call';
        return [{ path: ['crio', 'runtime', 'seccomp_profile'], message }];
      },
      examples: {
        fail: [config('[crio.runtime]\nseccomp_profile = "unconfined"')],
        pass: [config('[crio.runtime]\nseccomp_profile = ""')],
      },
    },
    {
      name: 'crio-apparmor',
      title: 'Containers of CRI-O have an AppArmor profile',
      severity: 'medium',
      why: 'Without, nothing but the user id keeps a process that gets out of its container from the node’s files.',
      problems: ({ config: top }) => {
        if (textAt(top, ['crio', 'runtime', 'apparmor_profile']) !== 'unconfined') return [];
        const message = 'apparmor_profile is unconfined: containers are not confined by AppArmor';
        return [{ path: ['crio', 'runtime', 'apparmor_profile'], message }];
      },
      examples: {
        fail: [config('[crio.runtime]\napparmor_profile = "unconfined"')],
        pass: [config('[crio.runtime]\napparmor_profile = "crio-default"')],
      },
    },
    {
      name: 'crio-capabilities',
      title: 'CRI-O gives containers no capabilities that give the node away',
      severity: 'high',
      why: 'What is in default_capabilities, every container has whose pod drops nothing.',
      problems: ({ config: top }) =>
        textsAt(top, ['crio', 'runtime', 'default_capabilities']).flatMap((given) => {
          const name = given.toUpperCase().replace(/^CAP_/, '');
          const severity = graveCapabilities.get(name);
          if (severity === undefined) return [];
          const message = `default_capabilities has ${name}: every container has it unless its pod drops it`;
          return [{ path: ['crio', 'runtime', 'default_capabilities'], severity, message }];
        }),
      examples: {
        fail: [config('[crio.runtime]\ndefault_capabilities = ["CHOWN", "SYS_ADMIN"]')],
        pass: [config('[crio.runtime]\ndefault_capabilities = ["CHOWN", "KILL"]')],
      },
    },
    {
      name: 'crio-registries',
      title: 'CRI-O pulls images over TLS, and checks with whom',
      severity: 'high',
      why: 'Without, whoever is on the way puts another image in place of the one that was asked for.',
      problems: ({ config: top }) => {
        const names = textsAt(top, ['crio', 'image', 'insecure_registries']).filter(
          (name) => !isLoopbackEndpoint(name),
        );
        if (names.length === 0) return [];
        const message = `insecure_registries has ${names.join(', ')}: nobody checks whose images these are`;
        return [{ path: ['crio', 'image', 'insecure_registries'], message }];
      },
      examples: {
        fail: [config('[crio.image]\ninsecure_registries = ["r.example"]')],
        pass: [config('[crio.image]\ninsecure_registries = ["localhost:5000"]')],
      },
    },
    {
      name: 'crio-pids-limit',
      title: 'CRI-O does not lift the limit of processes',
      severity: 'low',
      profile: 'reliability',
      why: 'A container that makes processes without end takes the node with it.',
      remedy: 'Take the setting out, and set podPidsLimit in the configuration of the kubelet.',
      problems: ({ config: top }) => {
        const value = tomlAt(top, ['crio', 'runtime', 'pids_limit']);
        if (typeof value !== 'number' || value >= 0) return [];
        const message = `pids_limit is ${value}: a container can make processes without end`;
        return [{ path: ['crio', 'runtime', 'pids_limit'], message }];
      },
      examples: {
        fail: [config('[crio.runtime]\npids_limit = -1')],
        pass: [config('[crio.runtime]\npids_limit = 1024')],
      },
    },
    {
      name: 'crio-listeners',
      title: 'CRI-O serves streams and metrics to the node alone',
      severity: 'medium',
      why: 'The streams are terminals of containers; the metrics say what runs on the node.',
      problems: listenerProblems,
      examples: {
        fail: [
          config('[crio.api]\nstream_address = "0.0.0.0"'),
          config('[crio.metrics]\nenable_metrics = true\nmetrics_host = "0.0.0.0"'),
        ],
        pass: [config('[crio.api]\nstream_address = "127.0.0.1"\n[crio.metrics]\nmetrics_host = "0.0.0.0"')],
      },
    },
  ]),
);

function listenerProblems({ config: top }: RuntimeFile): RuntimeProblem[] {
  const problems: RuntimeProblem[] = [];
  const streams = textAt(top, ['crio', 'api', 'stream_address']);
  if (streams !== '' && !isLoopbackEndpoint(streams)) {
    const message = `stream_address is ${streams}: terminals of containers are served to the network`;
    problems.push({ path: ['crio', 'api', 'stream_address'], message });
  }
  const metrics = textAt(top, ['crio', 'metrics', 'metrics_host']);
  if (tomlAt(top, ['crio', 'metrics', 'enable_metrics']) === true && metrics !== '' && !isLoopbackEndpoint(metrics)) {
    const message = `metrics_host is ${metrics}: whoever reaches it sees what runs on the node`;
    problems.push({ path: ['crio', 'metrics', 'metrics_host'], severity: 'low', message });
  }
  return problems;
}
