import { isObject } from '../../model/json.ts';
import type { NodeChange } from '../../model/node-change.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { gateOf } from '../feature-gates.ts';
import { staticPod } from '../node-examples.ts';
import { settingFailure } from '../setting-control.ts';

const flag = 'experimental-initial-corrupt-check';
const gate = 'InitialCorruptCheck';

/** A flag up to etcd 3.6, which had both; a feature gate alone from 3.7, which does not start with the flag. */
export default control({
  id: 'etcd/corruption-check',
  title: 'Members of etcd compare their data when they start',
  severity: 'low',
  profile: 'reliability',
  subject: 'component',
  why: 'A member whose data is damaged answers with it, and nobody notices: the check finds that before it serves anyone.',
  remedy: `Set --${flag}=true up to etcd 3.5, and --feature-gates=${gate}=true from 3.6.`,
  check: ({ component: subject }) => {
    if (subject.component !== 'etcd') return notApplicable('it is not etcd');
    const { config } = subject;
    const before = config.get(flag);
    const gates = config.get('feature-gates');
    if (before?.value === true || gateOf(gates?.value, gate) === true) return pass;
    const setting = config.minor !== undefined && config.minor >= 6 ? (gates ?? before) : (before ?? gates);
    if (setting === undefined) return notApplicable('this version of etcd has no such check');
    return settingFailure(subject, setting, { says: 'damaged data is served', changes: changesOf(subject) });
  },
  mend: {
    safety: 'safe',
    first: 'the members agree now, since one that does not will not start',
    changes: ({ component }) => changesOf(component),
  },
  examples: {
    fail: [staticPod('etcd', []), staticPod('etcd', [], '3.7.0-0')],
    pass: [staticPod('etcd', [`--${flag}=true`]), staticPod('etcd', [`--feature-gates=${gate}=true`], '3.6.4-0')],
  },
});

function changesOf({ config: { get, minor } }: NodeComponent): readonly NodeChange[] {
  if (minor === undefined) return [];
  if (minor < 6) return [{ kind: 'setting', component: 'etcd', name: flag, value: true }];
  const gates = get('feature-gates')?.value;
  const value = isObject(gates) ? { ...gates, [gate]: true } : { [gate]: true };
  return [{ kind: 'setting', component: 'etcd', name: 'feature-gates', value }];
}
