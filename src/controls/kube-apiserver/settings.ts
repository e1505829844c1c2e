import { staticPod } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';

const apiServer = (...args: string[]): string => staticPod('kube-apiserver', args);

/** Settings of the API server that are right or wrong by themselves. Sources: CIS Kubernetes Benchmark 1.12, 1.2. */
export default settingControls('kube-apiserver', [
  {
    name: 'profiling',
    title: 'The API server serves no profiling data',
    severity: 'low',
    why: 'Profiles show how the server works inside and cost it time: whoever may read them learns what to overload.',
    setting: 'profiling',
    wrong: (value) => (value === false ? undefined : '/debug/pprof is served'),
    mend: { value: false, safety: 'safe' },
    examples: {
      fail: [apiServer(), apiServer('--profiling=false', '--profiling')],
      pass: [apiServer('--profiling=false')],
    },
  },
]);
