import type { Facts } from '../../facts/facts.ts';
import { defaultsLimit } from '../../facts/limit-ranges.ts';
import type { ContainerSubject } from '../../model/subject.ts';
import { fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { type Control, control } from '../control.ts';
import { deployment } from './examples.ts';

interface RequestRow {
  readonly resource: 'cpu' | 'memory';
  readonly title: string;
  readonly why: string;
}

/** A request that is not set is the limit: pkg/apis/core/v1/defaults.go. */
function requestControls(rows: readonly RequestRow[]): readonly Control<'container'>[] {
  return rows.map(({ resource, title, why }) =>
    control({
      id: `reliability/${resource}-request`,
      title,
      severity: 'low',
      profile: 'reliability',
      subject: 'container',
      why,
      remedy: `Set resources.requests.${resource} to what the container mostly uses.`,
      check: (subject, facts) => judge(resource, subject, facts),
      examples: {
        fail: [deployment(''), deployment('', '', `resources: {requests: {ephemeral-storage: 1Gi}}`)],
        pass: [
          deployment('', '', `resources: {requests: {${resource}: 1}}`),
          deployment('', '', `resources: {limits: {${resource}: 1}}`),
          deployment('', `resources: {requests: {${resource}: 1}}`),
        ],
      },
    }),
  );
}

export default requestControls([
  {
    resource: 'cpu',
    title: 'Containers request processor time',
    why: 'The scheduler counts a container without a request as nothing, and under load it gets next to nothing.',
  },
  {
    resource: 'memory',
    title: 'Containers request memory',
    why: 'The scheduler counts a container without a request as nothing, and the kernel kills it first when the node runs out.',
  },
]);

function judge(resource: 'cpu' | 'memory', { container, pod, object }: ContainerSubject, facts: Facts): Verdict {
  if (container.role === 'ephemeral') return notApplicable('the API allows no requests for ephemeral containers');
  if (container.role === 'init') return notApplicable('init containers end before the pod serves anything');
  for (const { limits, requests } of [container.resources, pod.resources]) {
    if (requests.has(resource) || limits.has(resource)) return pass;
  }
  // A LimitRange that gives a limit gives the request, too.
  if (facts.get(defaultsLimit)(object, resource)) return pass;
  const what = resource === 'cpu' ? 'processor time' : resource;
  return fail(`container ${container.name} requests no ${what}`, container.at('resources', 'requests', resource));
}
