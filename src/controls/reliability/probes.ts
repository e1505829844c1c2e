import { rootOwner } from '../../facts/owners.ts';
import { isObject, own } from '../../model/json.ts';
import type { ContainerSubject } from '../../model/subject.ts';
import { type Failure, fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { deployment } from './examples.ts';

const jobs: ReadonlySet<string> = new Set(['batch/Job', 'batch/CronJob']);

interface ProbeDefinition extends Pick<ControlDefinition<'container'>, 'title' | 'why' | 'remedy' | 'examples'> {
  readonly name: string;
  readonly judge: (subject: ContainerSubject) => Verdict | readonly Failure[];
}

/** Controls of what runs on: a Job ends, and so do init containers. */
function probeControls(definitions: readonly ProbeDefinition[]): readonly Control<'container'>[] {
  return definitions.map(({ name, judge, ...rest }) =>
    control({
      ...rest,
      id: `reliability/${name}`,
      severity: 'low',
      profile: 'reliability',
      subject: 'container',
      check: (subject, facts) => {
        // The pods of a Job are judged by themselves, too.
        const maker = facts.get(rootOwner)(subject.object);
        if (jobs.has(groupKind(maker)) || jobs.has(groupKind(subject.object))) return notApplicable('its pods end');
        const { role } = subject.container;
        return role === 'container' || role === 'sidecar' ? judge(subject) : notApplicable('the container ends');
      },
    }),
  );
}

const http = (path: string): string => `{httpGet: {path: ${path}, port: 8080}}`;

export default probeControls([
  {
    name: 'liveness-probe',
    title: 'Containers that hang are restarted',
    why: 'A program that no longer answers, and does not end, stays as it is without a liveness probe.',
    remedy: 'Add a livenessProbe that asks nothing but whether the program itself is alive, where it can hang.',
    judge: ({ container }) =>
      isObject(own(container.raw, 'livenessProbe'))
        ? pass
        : fail(`container ${container.name} has no liveness probe`, container.at('livenessProbe')),
    examples: { fail: [deployment('')], pass: [deployment('', '', `livenessProbe: ${http('/live')}`)] },
  },
  {
    name: 'readiness-probe',
    title: 'Containers get requests when they are ready for them',
    why: 'Without a readiness probe, a pod gets requests as soon as its process runs, and during an update all that are sent too early fail.',
    remedy: 'Add a readinessProbe that asks what the program needs before it can answer.',
    judge: ({ container }) => {
      if (container.ports.length === 0) return notApplicable('it listens to nothing that it declares');
      if (isObject(own(container.raw, 'readinessProbe'))) return pass;
      return fail(`container ${container.name} has no readiness probe`, container.at('readinessProbe'));
    },
    examples: {
      fail: [deployment('', '', 'ports: [{containerPort: 8080}]')],
      pass: [deployment('', '', `ports: [{containerPort: 8080}], readinessProbe: ${http('/ready')}`)],
    },
  },
  {
    name: 'probe-quality',
    title: 'Liveness asks for something else than readiness',
    why: 'A liveness probe that fails whenever a container is not ready restarts it under load, and hands the load to the next.',
    remedy: 'Let the liveness probe ask less, or fail later: another path, or a higher failureThreshold.',
    judge: ({ container }) => {
      const [live, ready] = [own(container.raw, 'livenessProbe'), own(container.raw, 'readinessProbe')];
      if (!isObject(live) || !isObject(ready)) return notApplicable('it does not have both probes');
      if (JSON.stringify(live) !== JSON.stringify(ready)) return pass;
      return fail(`both probes of container ${container.name} are the same`, container.at('livenessProbe'));
    },
    examples: {
      fail: [deployment('', '', `livenessProbe: ${http('/')}, readinessProbe: ${http('/')}`)],
      pass: [deployment('', '', `livenessProbe: ${http('/live')}, readinessProbe: ${http('/ready')}`)],
    },
  },
]);
