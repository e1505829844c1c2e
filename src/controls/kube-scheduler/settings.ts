import type { Json } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { hostOf, isLoopback } from '../../semantics/node/listen-address.ts';
import { weakGatesRow } from '../feature-gates.ts';
import { insecurePort } from '../insecure-port.ts';
import { file, staticPod } from '../node-examples.ts';
import { secureServingRows } from '../secure-serving.ts';
import { settingControls, settingFailure } from '../setting-control.ts';

const scheduler = (...args: string[]): string => staticPod('kube-scheduler', args);
const old = (...args: string[]): string => staticPod('kube-scheduler', args, 'v1.20.2');

const path = '/etc/kubernetes/scheduler.yaml';

/** A scheduler with this configuration file: the lines below `apiVersion` and `kind`. */
function configured(pod: string, api: string, ...lines: readonly string[]): string {
  return `${pod}${file(path, `apiVersion: kubescheduler.config.k8s.io/${api}\nkind: KubeSchedulerConfiguration\n${lines.join('\n')}`)}`;
}

/** How the scheduler runs. Sources: CIS Kubernetes Benchmark 1.12, 1.4.1 and 1.4.2. */
export default settingControls('kube-scheduler', [
  ...secureServingRows('kube-scheduler'),
  {
    name: 'profiling',
    title: 'The scheduler serves no profiling data',
    severity: 'low',
    why: 'Profiles show what the scheduler has in memory, and taking them costs it time.',
    setting: 'enableProfiling',
    wrong: (value) => (value === false ? undefined : '/debug/pprof is served'),
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [
        scheduler(),
        // With --config the flag is ignored.
        configured(scheduler(`--config=${path}`, '--profiling=false'), 'v1', 'parallelism: 8'),
      ],
      pass: [scheduler('--profiling=false'), configured(scheduler(`--config=${path}`), 'v1', 'enableProfiling: false')],
    },
  },
  {
    name: 'insecure-port',
    title: 'The scheduler serves nothing without TLS',
    severity: 'medium',
    why: 'Until v1.22 port 10251 gave metrics and profiles to anyone on the network of the node, without TLS and authentication.',
    setting: 'port',
    wrong: (value, subject) => (hasFile(subject) ? addressesOfFile(subject) : insecurePort(value, subject)),
    mend: {
      value: (subject) => (hasFile(subject) ? undefined : 0),
      safety: 'may-break',
      first: 'probes and scrapers ask port 10259',
    },
    examples: {
      fail: [
        old(),
        old('--port=10251', '--address=127.0.0.1'),
        configured(old(`--config=${path}`, '--port=0'), 'v1beta1', 'parallelism: 8'),
      ],
      pass: [
        old('--port=0'),
        staticPod('kube-scheduler', [], 'v1.23.4'),
        configured(
          old(`--config=${path}`),
          'v1beta1',
          'healthzBindAddress: 0.0.0.0:0',
          'metricsBindAddress: 0.0.0.0:0',
        ),
      ],
    },
  },
  weakGatesRow('kube-scheduler', 'feature-gates', {
    fail: [scheduler('--feature-gates=AllAlpha=true')],
    pass: [scheduler(), scheduler('--feature-gates=AllBeta=true')],
  }),
]);

function hasFile({ config }: NodeComponent): boolean {
  const file = config.get('config')?.value;
  return typeof file === 'string' && file !== '';
}

/** With a configuration file `--port` and `--address` are ignored, and these addresses open the port up to v1.22. */
function addressesOfFile(subject: NodeComponent): ReturnType<typeof insecurePort> {
  if (subject.config.minor === undefined || subject.config.minor >= 23) return undefined;
  for (const name of ['healthzBindAddress', 'metricsBindAddress']) {
    const setting = subject.config.get(name);
    if (setting === undefined || !isOpen(setting.value)) continue;
    const local = typeof setting.value === 'string' && isLoopback(hostOf(setting.value));
    return settingFailure(subject, setting, {
      says: 'metrics and profiles are served without TLS and authentication',
      severity: local ? 'low' : 'medium',
    });
  }
  return undefined;
}

function isOpen(address: Json): boolean {
  return typeof address === 'string' && address !== '' && !address.endsWith(':0');
}
