import { isObject, type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { type Failure, notApplicable, unknown } from '../../model/verdict.ts';
import { whyNotKnown } from '../../semantics/node/setting-text.ts';
import { control } from '../control.ts';
import { file, staticPod } from '../node-examples.ts';

const path = '/etc/kubernetes/scheduler.yaml';

function configured(profiles: string): string {
  const text = `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${profiles}`;
  return `${staticPod('kube-scheduler', [`--config=${path}`])}${file(path, text)}`;
}

/** Plugins that keep pods apart or off nodes, and what is lost without them. */
const protective: ReadonlyMap<string, string> = new Map([
  ['TaintToleration', 'pods run on nodes that are tainted against them'],
  ['NodeUnschedulable', 'pods run on nodes that are cordoned off'],
  ['NodeAffinity', 'pods run on nodes other than those they ask for'],
  ['InterPodAffinity', 'pods that must be apart run together'],
  ['NodeResourcesFit', 'nodes get more pods than they have memory for'],
]);

export default control({
  id: 'kube-scheduler/plugins',
  title: 'The scheduler heeds taints, affinity and resources',
  severity: 'medium',
  subject: 'component',
  why: 'Taints and anti-affinity are how workloads that do not trust each other are kept on nodes of their own: with the plugin off, nothing says that they no longer are.',
  remedy: 'Take the plugin from the disabled ones of the profile.',
  check: ({ component: subject }) => {
    if (subject.component !== 'kube-scheduler') return notApplicable('it is not kube-scheduler');
    const setting = subject.config.get('profiles');
    if (setting === undefined) return [];
    if (setting.value === null) return unknown(whyNotKnown(setting));
    const failures: Failure[] = [];
    for (const profile of objectsIn(setting.value)) {
      const plugins = own(profile, 'plugins');
      if (!isObject(plugins)) continue;
      const named = own(profile, 'schedulerName');
      const name = typeof named === 'string' && named !== '' ? named : 'default-scheduler';
      for (const [plugin, says] of protective) {
        if (!isOff(plugins, plugin)) continue;
        const message = `profile ${name} turns ${plugin} off: ${says}`;
        const place = subject.placeOf(setting);
        failures.push({ kind: 'fail', message, at: [setting.name], key: `${name}/${plugin}`, place });
      }
    }
    return failures;
  },
  examples: {
    fail: [
      configured('profiles: [{plugins: {filter: {disabled: [{name: TaintToleration}]}}}]'),
      configured('profiles: [{schedulerName: fast, plugins: {multiPoint: {disabled: [{name: "*"}]}}}]'),
    ],
    pass: [
      staticPod('kube-scheduler', []),
      configured('profiles: [{plugins: {score: {disabled: [{name: TaintToleration}]}}}]'),
      configured(
        'profiles: [{plugins: {filter: {disabled: [{name: TaintToleration}], enabled: [{name: TaintToleration}]}}}]',
      ),
    ],
  },
});

/** Whether a plugin does not filter nodes: off at `filter`, or everywhere (`multiPoint`), and not on again. */
function isOff(plugins: JsonObject, plugin: string): boolean {
  const filter = stateAt(plugins, 'filter', plugin);
  return (filter ?? stateAt(plugins, 'multiPoint', plugin)) === 'off';
}

function stateAt(plugins: JsonObject, point: string, plugin: string): 'on' | 'off' | undefined {
  const set = own(plugins, point);
  if (!isObject(set)) return undefined;
  const names = (list: string): unknown[] => objectsIn(own(set, list)).map((item) => own(item, 'name'));
  if (names('enabled').includes(plugin)) return 'on';
  const disabled = names('disabled');
  return disabled.includes(plugin) || disabled.includes('*') ? 'off' : undefined;
}
