import { etcdSurroundings } from '../../facts/etcd-data.ts';
import { notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { type EtcdDataQuestion, etcdDataControls, type Wrong } from './etcd-data-control.ts';
import { member, snapshot } from './examples.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
/** etcd's own where quota-backend-bytes is 0 (server/storage/quota.go). */
const standardQuota = 2 * gibibyte;
/** Where the alert of the etcd mixin for Prometheus begins to speak. */
const high = 0.8;

export default etcdDataControls([
  {
    name: 'database-size',
    title: 'The database of etcd is well below its quota',
    severity: 'medium',
    why: 'At its quota etcd takes no more writes: nothing in the cluster can be changed until it is compacted, defragmented and its alarm disarmed by hand.',
    remedy:
      'find what fills it (events and custom resources, mostly), compact and defragment; raise --quota-backend-bytes, to 8 GiB at most',
    about: 'file',
    wrong: judgeSize,
    examples: {
      fail: [
        snapshot('size: {total: 1932735283, inUse: 1900000000}') + member(),
        snapshot('size: {total: 7932735283, inUse: 900000000}') + member('--quota-backend-bytes=8589934592'),
        snapshot('size: {total: 1932735283, inUse: 1900000000}'),
      ],
      pass: [
        snapshot() + member(),
        snapshot('size: {total: 1932735283, inUse: 1900000000}') + member('--quota-backend-bytes=8589934592'),
      ],
    },
  },
]);

function judgeSize({ data, facts }: EtcdDataQuestion): readonly Wrong[] | Verdict {
  const { total, inUse } = data.size;
  const { members } = facts.get(etcdSurroundings)(data);
  const said = members.map(({ config }) => config.get('quota-backend-bytes')?.value);
  if (said.some((value) => value === null))
    return unknown('the quota of etcd cannot be told: its configuration was not read');
  const numbers = said.filter((value) => typeof value === 'number');
  if (numbers.length > 0 && numbers.every((value) => value < 0)) return notApplicable('etcd has no quota');
  const quotas = numbers.filter((value) => value >= 0).map((value) => (value === 0 ? standardQuota : value));
  // The member with the least quota raises the alarm for all.
  const quota = quotas.length === 0 ? standardQuota : Math.min(...quotas);
  if (total < quota * high) return [];
  const free = total - inUse;
  const freed = free > total / 10 ? `, of which defragmentation would give back ${sizeText(free)}` : '';
  const percent = Math.floor((total / quota) * 100);
  const isKnown = quotas.length > 0;
  const which = isKnown ? '' : ' that etcd has where none is set';
  const says = `has ${sizeText(total)}, ${percent} % of the quota of ${sizeText(quota)}${which}${freed}`;
  return [isKnown ? { says } : { says, severity: 'low' }];
}

function sizeText(bytes: number): string {
  const [amount, unit] = bytes >= gibibyte ? [bytes / gibibyte, 'GiB'] : [bytes / mebibyte, 'MiB'];
  return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${unit}`;
}
