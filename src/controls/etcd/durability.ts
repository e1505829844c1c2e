import type { Facts } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { staticPod } from '../node-examples.ts';
import { settingControls } from '../setting-control.ts';

const etcd = (...args: string[]): string => staticPod('etcd', args);

const gibibyte = 1024 ** 3;

/** That the data of the cluster is still there tomorrow. Sources: the configuration and maintenance pages of etcd. */
export default settingControls('etcd', [
  {
    name: 'unsafe-no-fsync',
    title: 'The server of etcd waits for the disk',
    severity: 'high',
    why: 'Otherwise a node that loses power loses what it had promised to keep, and the members no longer agree.',
    setting: 'unsafe-no-fsync',
    wrong: (value) => (value === true ? 'what was written is lost when the node loses power' : undefined),
    mend: { value: false, safety: 'safe' },
    examples: { fail: [etcd('--unsafe-no-fsync')], pass: [etcd()] },
  },
  {
    name: 'force-new-cluster',
    title: 'The server of etcd is not started to leave its cluster',
    severity: 'high',
    why: 'For disasters alone: with it a member makes a cluster of itself at every start, and what the others know is lost.',
    setting: 'force-new-cluster',
    wrong: (value) => (value === true ? 'the member makes a cluster of itself at every start' : undefined),
    mend: { value: null, safety: 'may-break', first: 'the disaster that it was set for is over' },
    examples: { fail: [etcd('--force-new-cluster')], pass: [etcd()] },
  },
  {
    name: 'initial-cluster-token',
    title: 'Each cluster of etcd has a token of its own',
    severity: 'low',
    why: 'It keeps members of two clusters apart: with the same one a member that reaches the wrong cluster mixes into it.',
    setting: 'initial-cluster-token',
    moot: ({ config }) => {
      const members = config.get('initial-cluster')?.value;
      return typeof members === 'string' && !members.includes(',') ? 'the cluster began with one member' : undefined;
    },
    wrong: (value) => (value === 'etcd-cluster' ? 'it is what every other cluster has, too' : undefined),
    remedy: 'Choose one when the next cluster is made; that of a cluster that runs does not change.',
    examples: {
      fail: [etcd('--initial-cluster=a=https://10.0.0.4:2380,b=https://10.0.0.5:2380')],
      pass: [etcd('--initial-cluster=a=https://10.0.0.4:2380,b=https://10.0.0.5:2380', '--initial-cluster-token=blue')],
    },
  },
  {
    name: 'quota',
    title: 'The database of etcd has room for the cluster',
    severity: 'low',
    profile: 'reliability',
    why: 'A database that reaches its quota takes no more writes, and the default of 2 GiB is soon reached; beyond 8 GiB a member takes too long to start.',
    setting: 'quota-backend-bytes',
    wrong: (value) => {
      if (value === 0) return 'it is the default of 2 GiB';
      if (typeof value !== 'number') return undefined;
      if (value < 0) return 'there is no quota, and the database grows until the disk is full';
      if (value < 2 * gibibyte) return 'it is less than 2 GiB';
      return value > 8 * gibibyte ? 'it is more than the 8 GiB that etcd advises' : undefined;
    },
    mend: {
      value: 8 * gibibyte,
      safety: 'safe',
      first: 'the disk has that much room for the database and its snapshots',
    },
    examples: {
      fail: [etcd(), etcd('--quota-backend-bytes=107374182400'), etcd('--quota-backend-bytes=-1')],
      pass: [etcd('--quota-backend-bytes=8589934592'), etcd('--quota-backend-bytes=4294967296')],
    },
  },
  {
    name: 'compaction',
    title: 'Old revisions are removed from etcd',
    severity: 'low',
    profile: 'reliability',
    why: 'Every change keeps what was before it: without compaction the database reaches its quota and takes no more writes, and deleted Secrets stay readable in it.',
    setting: 'auto-compaction-retention',
    wrong: (value, subject, facts) => {
      if (typeof value !== 'string' || !/^0[a-z0-9]*$/.test(value)) return undefined;
      const interval = compactionOfServer(subject, facts);
      if (interval === undefined) {
        return { kind: 'unknown', reason: 'etcd removes none; whether the API server does is not known without it' };
      }
      return interval > 0 ? undefined : 'with an etcd-compaction-interval of 0 for the API server, nobody removes them';
    },
    mend: { value: '8', safety: 'safe' },
    examples: {
      fail: [`${etcd()}${staticPod('kube-apiserver', ['--etcd-compaction-interval=0'])}`],
      pass: [etcd('--auto-compaction-retention=8'), `${etcd()}${staticPod('kube-apiserver', [])}`],
    },
  },
]);

/** Seconds between two compactions by the API server of the same node; undefined where none is there. */
function compactionOfServer({ evidence }: NodeComponent, facts: Facts): number | undefined {
  if (evidence === undefined) return undefined;
  const server = facts
    .get(readNode)(evidence)
    .components.find(({ component }) => component === 'kube-apiserver');
  const interval = server?.config.get('etcd-compaction-interval')?.value;
  return typeof interval === 'string' ? durationSeconds(interval) : undefined;
}
