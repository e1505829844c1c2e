import { podIndex } from '../../facts/pod-index.ts';
import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { deployment, documents, named } from './examples.ts';

/** Labels that pods get from what makes them, and templates do not show. */
const givenByControllers: ReadonlySet<string> = new Set([
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'pod-template-hash',
  'controller-revision-hash',
  'job-name',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
]);

export default control({
  id: 'reliability/dangling-service',
  title: 'Services select pods',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds: ['Service'],
  why: 'What connects to a Service without pods is refused, and the first pod with those labels gets everything, whoever made it.',
  remedy: 'Correct the selector, or delete the Service.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== '/Service') return notApplicable('it is no Service');
    const selector = valueAt(object.value, ['spec', 'selector']);
    if (!isObject(selector) || Object.keys(selector).length === 0) return notApplicable('it selects nothing by labels');
    const labels = facts.get(podIndex).labels.get(object.namespace);
    // A Service alone is part of something larger.
    if (labels === undefined && facts.snapshot.cluster === undefined) {
      return notApplicable('no pods of its namespace were read');
    }
    const asked = Object.keys(selector).filter((key) => !givenByControllers.has(key));
    const [first] = asked;
    if (first === undefined) return notApplicable('it selects by labels that controllers give');
    const wanted = own(selector, first);
    const near = typeof wanted === 'string' ? (labels?.get(`${first}\n${wanted}`) ?? []) : [];
    const isSelecting = near.some((each) => asked.every((key) => each.get(key) === own(selector, key)));
    return isSelecting ? pass : fail(`Service ${object.name} selects no pod of its namespace`, ['spec', 'selector']);
  },
  examples: {
    fail: [documents(deployment(''), service('app: api'))],
    pass: [
      documents(deployment(''), service('app: web, statefulset.kubernetes.io/pod-name: web-0')),
      documents(deployment(''), service('app: web')),
      documents(named('Pod', 'a'), service('app: web').replace('shop', 'elsewhere'), deployment('')),
    ],
  },
});

function service(selector: string): string {
  return `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {${selector}}, ports: [{port: 80}]}
`;
}
