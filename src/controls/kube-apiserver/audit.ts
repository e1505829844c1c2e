import type { NodeComponent } from '../../model/node-component.ts';
import { notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { file } from '../node-examples.ts';
import { type SettingRow, settingControls } from '../setting-control.ts';
import { presenceOf } from './named-file.ts';
import { apiServer, apiServerOf, isSet, isSince, textOf } from './server-control.ts';

const policy = file(
  '/etc/kubernetes/audit.yaml',
  'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n',
);
const withPolicy = ['--audit-policy-file=/etc/kubernetes/audit.yaml'];
const toFile = [...withPolicy, '--audit-log-path=/var/log/audit.log'];

const uncovered = ['kube-apiserver/audit-backend', 'kube-apiserver/audit-policy-file'];

/** How audit events are kept. Source: CIS Kubernetes Benchmark 1.12, 1.2.16 to 1.2.19 and 3.2.1. */
export default settingControls('kube-apiserver', [
  {
    name: 'audit-policy-file',
    title: 'The API server has an audit policy',
    severity: 'medium',
    why: 'Without a policy nothing is logged, wherever the log would go: who did what in the cluster cannot be found out.',
    remedy: 'Write an audit policy, mount it into the container, and name it with --audit-policy-file.',
    setting: 'audit-policy-file',
    wrong: (value, server) => {
      if (value === '') return backendOf(server) ?? 'no request is logged';
      const presence = presenceOf(server, String(value));
      if (presence.kind === 'missing') return `${presence.reason}, and the server does not start without it`;
      return presence.kind === 'unknown' ? unknown(presence.reason) : undefined;
    },
    examples: {
      fail: [
        apiServer(),
        apiServer('--audit-log-path=/var/log/audit.log'),
        apiServer('--audit-webhook-config-file=/etc/kubernetes/audit.conf'),
        apiServer('--audit-policy-file=/does/not/exist'),
        apiServer('--audit-policy-file=/etc/kubernetes/no'),
      ],
      pass: [apiServer(...withPolicy) + policy],
    },
  },
  {
    name: 'audit-backend',
    title: 'The API server writes its audit log',
    severity: 'medium',
    why: 'A policy alone writes nothing: events need a file or a webhook that takes them.',
    coveredBy: ['kube-apiserver/audit-policy-file'],
    setting: 'audit-log-path',
    wrong: (value, server) =>
      value === '' && !isSet(server, 'audit-webhook-config-file') ? noBackend(server) : undefined,
    mend: {
      value: '/var/log/kubernetes/audit/audit.log',
      safety: 'may-break',
      first: 'the folder exists on the node and is mounted into the container, with space for the log',
    },
    examples: {
      fail: [apiServer(), apiServer(...withPolicy) + policy],
      pass: [apiServer('--audit-log-path=-'), apiServer('--audit-webhook-config-file=/etc/kubernetes/audit.conf')],
    },
  },
  retention({
    name: 'audit-log-max-age',
    title: 'Audit logs are kept for at least 30 days',
    why: 'Break-ins are found after weeks. What was deleted by then cannot be looked up.',
    setting: 'audit-log-maxage',
    least: 30,
    says: 'logs are deleted after so many days',
  }),
  retention({
    name: 'audit-log-max-backup',
    title: 'At least ten rotated audit logs are kept',
    why: 'Each rotation beyond the number deletes the oldest log: someone who makes noise can push out their own traces.',
    setting: 'audit-log-maxbackup',
    least: 10,
    says: 'older logs are deleted beyond so many',
  }),
  retention({
    name: 'audit-log-max-size',
    title: 'Audit logs are rotated, and no sooner than at 100 MB',
    why: 'Small logs are rotated fast, and with a fixed number of them the oldest are soon gone. A log that is never rotated fills the disk.',
    setting: 'audit-log-maxsize',
    least: 100,
    says: 'logs are rotated after so many megabytes',
    zero: (server) => (isSince(server, 36) ? 'the log is never rotated, and fills the disk' : undefined),
  }),
  {
    name: 'audit-log-mode',
    title: 'Audit events are written before the request is answered',
    severity: 'low',
    why: 'In batch mode events wait in memory: a crash, or a burst that someone causes, loses them.',
    setting: 'audit-log-mode',
    moot: noFile,
    wrong: (value) => (value === 'batch' ? 'events wait in memory and are lost in a crash or a burst' : undefined),
    mend: { value: 'blocking', safety: 'safe' },
    examples: {
      fail: [apiServer(...toFile, '--audit-log-mode=batch') + policy],
      pass: [apiServer(...toFile) + policy],
    },
  },
  {
    name: 'audit-log-format',
    title: 'The audit log is written as JSON',
    severity: 'low',
    why: 'The legacy format has neither bodies nor annotations, and other programs do not read it.',
    setting: 'audit-log-format',
    moot: noFile,
    wrong: (value) => (value === 'json' ? undefined : 'bodies and annotations are left out'),
    mend: { value: 'json', safety: 'may-break', first: 'what reads the log reads JSON' },
    examples: {
      fail: [apiServer(...toFile, '--audit-log-format=legacy') + policy],
      pass: [apiServer(...toFile) + policy],
    },
  },
  truncation('audit-log', 'The audit log keeps the bodies of ordinary requests', 'audit-log-path'),
  truncation('audit-webhook', 'The audit webhook gets the bodies of ordinary requests', 'audit-webhook-config-file'),
]);

/** A backend without a policy looks like an audit log and is none. */
function backendOf(server: NodeComponent): string | undefined {
  const backends = [
    ...(isSet(server, 'audit-log-path') ? ['--audit-log-path'] : []),
    ...(isSet(server, 'audit-webhook-config-file') ? ['--audit-webhook-config-file'] : []),
  ];
  if (backends.length === 0) return undefined;
  return `no request is logged, although ${backends.join(' and ')} ${backends.length === 1 ? 'is' : 'are'} set`;
}

/** A policy without a backend decides about events that go nowhere. */
function noBackend(server: NodeComponent): string {
  return isSet(server, 'audit-policy-file')
    ? 'no audit log is written, although there is a policy'
    : 'no audit log is written';
}

function noFile(server: NodeComponent): string | undefined {
  return isSet(server, 'audit-log-path') ? undefined : 'no audit log is written to a file';
}

interface Retention {
  readonly name: string;
  readonly title: string;
  readonly why: string;
  readonly setting: string;
  readonly least: number;
  readonly says: string;
  /** What is wrong with 0, which else means no limit. */
  readonly zero?: (server: NodeComponent) => string | undefined;
}

/** A limit of the log on disk. Where no log is kept at all that is what fails, and this with it. */
function retention({ setting, least, says, zero, ...row }: Retention): SettingRow {
  return {
    ...row,
    severity: 'low',
    remedy: `Set --${setting}=${least} or more, once there is an audit log.`,
    coveredBy: uncovered,
    setting,
    wrong: (value, server): string | Verdict | undefined => {
      const path = textOf(server, 'audit-log-path');
      if (path === '-') return notApplicable('the audit log goes to standard output: whoever takes it keeps it');
      if (path === '' && isSet(server, 'audit-webhook-config-file'))
        return notApplicable('audit events go to a webhook: whoever takes them keeps them');
      if (path === '') return 'no audit log is kept at all';
      if (value === 0) return zero?.(server);
      return typeof value === 'number' && value < least ? says : undefined;
    },
    mend: {
      value: (server) => (isSet(server, 'audit-log-path') ? least : undefined),
      safety: 'safe',
      first: 'the disk has the space',
    },
    examples: {
      fail: [
        apiServer(),
        apiServer(...toFile, `--${setting}=${least - 1}`) + policy,
        ...(zero === undefined ? [] : [apiServerOf('1.36', ...toFile, `--${setting}=0`) + policy]),
      ],
      pass: [apiServer(...toFile, `--${setting}`, String(least)) + policy, apiServer(...toFile) + policy],
    },
  };
}

/** Events above the limit lose their bodies; the default of 100 KiB is more than nearly all have. */
function truncation(backend: 'audit-log' | 'audit-webhook', title: string, output: string): SettingRow {
  const setting = `${backend}-truncate-max-event-size`;
  const on = `--${backend}-truncate-enabled`;
  const to = `--${output}=/etc/kubernetes/audit`;
  return {
    name: `${backend}-truncation`,
    title,
    severity: 'low',
    why: 'An event above the limit is written without its bodies, or not at all: what was changed is then unknown, and whoever pads a request decides that.',
    setting,
    moot: (server) =>
      isSet(server, output) && server.config.get(on.slice(2))?.value === true ? undefined : 'events are not truncated',
    wrong: (value) =>
      typeof value === 'number' && value < 102_400
        ? 'larger events lose their bodies, which is below the default'
        : undefined,
    mend: { value: 102_400, safety: 'safe' },
    examples: {
      fail: [apiServer(to, on, `--${setting}=1024`)],
      pass: [apiServer(to, on)],
    },
  };
}
