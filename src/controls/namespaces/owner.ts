import { isObject } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace, namespaces } from './whole-cluster.ts';

/** The last part of the keys by which organisations tell whose something is. */
const telling: ReadonlySet<string> = new Set([
  'owner',
  'owned-by',
  'team',
  'contact',
  'maintainer',
  'cost-center',
  'email',
]);

export default control({
  id: 'namespaces/owner',
  title: 'Namespaces say whose they are',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'When something is wrong in a namespace that nobody knows the owner of, it stays wrong.',
  remedy: 'Label or annotate the namespace with its owner or team.',
  check: ({ object }) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    if (isSystemNamespace(object.name) || object.name === 'default') return notApplicable('Kubernetes makes it');
    const isTold = ['labels', 'annotations'].some((field) => {
      const entries = valueAt(object.value, ['metadata', field]);
      return isObject(entries) && Object.keys(entries).some((key) => telling.has(key.slice(key.lastIndexOf('/') + 1)));
    });
    return isTold ? pass : fail(`namespace ${object.name} does not say whose it is`, ['metadata', 'labels']);
  },
  examples: {
    fail: [namespaces('shop')],
    pass: [namespaces('shop').replace('{name: shop}', '{name: shop, labels: {example.com/team: shop}}')],
  },
});
