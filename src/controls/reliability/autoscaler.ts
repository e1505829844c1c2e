import { defineFact } from '../../facts/facts.ts';
import { own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { autoscaler, deployment, documents } from './examples.ts';

const scalableNames = defineFact(
  'scalable-objects',
  ({ snapshot }): ReadonlySet<string> =>
    new Set(snapshot.objects.map(({ kind, namespace, name }) => `${namespace ?? ''}/${kind}/${name}`)),
);

const kindsRead = defineFact(
  'kinds-read',
  ({ snapshot }): ReadonlySet<string> => new Set(snapshot.objects.map(({ kind }) => kind)),
);

export default control({
  id: 'reliability/autoscaler',
  title: 'Autoscalers have something to scale',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['HorizontalPodAutoscaler'],
  why: 'An autoscaler of what is not there, or whose bounds are the same, does nothing when load comes.',
  remedy: 'Name what it scales, and set maxReplicas above minReplicas.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== 'autoscaling/HorizontalPodAutoscaler') return notApplicable('it is no autoscaler');
    const failures: Failure[] = [];
    const target = valueAt(object.value, ['spec', 'scaleTargetRef']);
    const [kind, name] = ['kind', 'name'].map((key) => valueAt(target, [key]));
    if (typeof kind === 'string' && typeof name === 'string') {
      const known = facts.get(scalableNames);
      // Manifests of an autoscaler alone are part of something larger.
      const isKnown = facts.snapshot.cluster !== undefined || facts.get(kindsRead).has(kind);
      if (isKnown && !known.has(`${object.namespace ?? ''}/${kind}/${name}`)) {
        failures.push(
          fail(`there is no ${kind} ${name} to scale`, ['spec', 'scaleTargetRef', 'name'], { key: 'target' }),
        );
      }
    }
    const spec = own(object.value, 'spec');
    const [least, most] = [valueAt(spec, ['minReplicas']) ?? 1, valueAt(spec, ['maxReplicas'])];
    if (typeof least === 'number' && typeof most === 'number' && most <= least) {
      failures.push(
        fail(`its bounds, ${least} and ${most}, leave nothing to scale`, ['spec', 'maxReplicas'], { key: 'bounds' }),
      );
    }
    return failures;
  },
  examples: {
    fail: [
      documents(deployment(''), autoscaler('minReplicas: 2, maxReplicas: 4', 'api')),
      documents(deployment(''), autoscaler('minReplicas: 3, maxReplicas: 3')),
    ],
    pass: [documents(deployment(''), autoscaler('minReplicas: 2, maxReplicas: 4'))],
  },
});
