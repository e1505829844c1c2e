import { watchers, watchersOf } from '../../facts/observability.ts';
import type { WatchRole } from '../../facts/observability-programs.ts';
import { wholeCluster } from '../../facts/whole-cluster.ts';
import type { Severity } from '../../model/severity.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { type AnyControl, control, type Examples } from '../control.ts';
import { standsForCluster } from '../namespaces/whole-cluster.ts';
import { cluster, program, prometheus } from './examples.ts';

interface Row {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly role: WatchRole;
  /** Where nothing of this role is there either, that says it. */
  readonly after?: WatchRole;
  readonly missing: string;
  readonly why: string;
  readonly remedy: string;
  readonly examples: Examples;
}

const rows: readonly Row[] = [
  {
    name: 'metrics',
    title: 'Metrics of the cluster are collected',
    severity: 'low',
    role: 'metrics',
    missing: 'nothing in the cluster collects metrics',
    why: 'Failed logins, refused requests, a full disk or an audit log that stopped are seen in metrics first, or not at all.',
    remedy: 'Run Prometheus, VictoriaMetrics or an agent of your monitoring, and let it read the control plane, too.',
    examples: { fail: [cluster()], pass: [cluster(prometheus)] },
  },
  {
    name: 'alerting',
    title: 'Somebody is told when metrics say that something is wrong',
    severity: 'low',
    role: 'alerts',
    after: 'metrics',
    missing: 'metrics are collected, and nothing sends alerts',
    why: 'A graph warns whoever looks at it, and nobody looks at night.',
    remedy:
      'Run Alertmanager or the alerting of your monitoring, with rules for the API server, certificates and the audit log.',
    examples: {
      fail: [cluster(prometheus)],
      pass: [
        cluster(prometheus, program('alertmanager', 'quay.io/prometheus/alertmanager:v0.28.0', '', 'StatefulSet')),
      ],
    },
  },
  {
    name: 'log-shipping',
    title: 'Logs leave the nodes that they are written on',
    severity: 'low',
    role: 'logs',
    missing: 'nothing in the cluster ships logs',
    why: 'Logs on a node are gone with the container, the node or the attacker who cleans up; what was shipped stays.',
    remedy:
      'Run Fluent Bit, Fluentd, Vector, Promtail, Filebeat or another shipper on every node, and keep logs elsewhere.',
    examples: { fail: [cluster()], pass: [cluster(program('fluent-bit', 'docker.io/fluent/fluent-bit:3.2'))] },
  },
  {
    name: 'runtime-detection',
    title: 'What programs do at run time is watched',
    severity: 'info',
    role: 'behaviour',
    missing: 'nothing in the cluster watches what programs do at run time',
    why: 'A shell in a web server or a new setuid file is in no API request and in no log: only who watches system calls sees it.',
    remedy: 'Run Falco, Tetragon, KubeArmor, Tracee or another sensor on every node.',
    examples: { fail: [cluster()], pass: [cluster(program('falco', 'docker.io/falcosecurity/falco:0.39.2'))] },
  },
];

/** Told once of a cluster, and never of a folder of manifests: what they lack may run from elsewhere. */
export default controls(rows);

function controls(all: readonly Row[]): readonly AnyControl[] {
  return all.map(({ name, title, severity, role, after, missing, why, remedy, examples }) =>
    control({
      id: `observability/${name}`,
      title,
      severity,
      subject: 'object',
      kinds: ['Namespace'],
      why,
      remedy,
      check: ({ object }, facts) => {
        if (!standsForCluster(object)) return notApplicable('it is asked once a cluster');
        if (!facts.get(wholeCluster).isWhole) return notApplicable('what was read is not a whole cluster');
        const all = facts.get(watchers);
        const [first] = watchersOf(all, role);
        if (first?.isCertain === true) return pass;
        if (first !== undefined) {
          const what = [...first.evidence].join(' and ');
          return unknown(`${first.program.name} may be there: only its ${what} was seen`);
        }
        if (after !== undefined && watchersOf(all, after).length === 0)
          return notApplicable('it is told of what comes before');
        return fail(missing, []);
      },
      examples,
    }),
  );
}
