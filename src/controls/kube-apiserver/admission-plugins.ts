import type { FixSafety } from '../../model/edit.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Severity } from '../../model/severity.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { Examples } from '../control.ts';
import { file } from '../node-examples.ts';
import { apiServer, apiServerOf, isSince, listOf, textOf } from './server-control.ts';

/** An admission plugin that should run, or should not. */
export interface PluginRow {
  readonly name: string;
  readonly plugin: string;
  readonly wanted: 'on' | 'off';
  /** Whether every version runs it unless told otherwise; `choice` where it says nothing. */
  readonly runs?: 'default' | 'choice';
  /** First minor version that has the plugin. */
  readonly since?: number;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly remedy?: string;
  /** What follows from it, to be put behind "admission plugin X is disabled". */
  readonly says: string;
  /** What stands for the plugin where it does not run. */
  readonly otherwise?: (server: NodeComponent) => Verdict | undefined;
  readonly safety: FixSafety;
  readonly first?: string;
  readonly refusal?: (server: NodeComponent) => string | undefined;
  readonly examples: Examples;
}

const enable = '--enable-admission-plugins';
const disable = '--disable-admission-plugins';

export const pluginRows: readonly PluginRow[] = [
  {
    name: 'always-admit',
    plugin: 'AlwaysAdmit',
    wanted: 'off',
    title: 'Admission does not begin by admitting everything',
    severity: 'medium',
    why: 'AlwaysAdmit is there for tests: it admits every request, and by itself it is no admission control at all.',
    says: 'it admits everything',
    safety: 'safe',
    examples: {
      fail: [
        apiServer(`${enable}=NodeRestriction`, `${enable}=AlwaysAdmit`),
        apiServerOf('1.20', '--admission-control=AlwaysAdmit'),
      ],
      pass: [apiServer(`${enable}=NodeRestriction`), apiServer()],
    },
  },
  {
    name: 'node-restriction',
    plugin: 'NodeRestriction',
    wanted: 'on',
    title: 'Kubelets may change their own Node and pods only',
    severity: 'high',
    why: 'Without NodeRestriction one stolen kubelet relabels other nodes, draws pods with Secrets to itself, and changes pods of other nodes.',
    says: 'a kubelet may change every node and pod',
    safety: 'safe',
    first: 'kubelets are named system:node:NODE and are in the group system:nodes',
    examples: {
      fail: [
        apiServer(),
        apiServer(`${enable}=EventRateLimit`),
        apiServerOf('1.20', '--admission-control=ServiceAccount'),
      ],
      pass: [
        apiServer(`${enable}=EventRateLimit`, `${enable}=NodeRestriction`),
        apiServer('--enable_admission_plugins=NodeRestriction'),
      ],
    },
  },
  {
    name: 'always-pull-images',
    plugin: 'AlwaysPullImages',
    wanted: 'on',
    title: 'A pod may use a private image only with credentials of its own',
    severity: 'low',
    why: 'An image that one pod pulled lies on the node for all: whoever knows its name starts it without the right to pull it.',
    says: 'images on a node are there for every pod, without credentials',
    otherwise: (server) =>
      isSince(server, 35)
        ? {
            kind: 'manual',
            reason:
              'AlwaysPullImages is not enabled; since v1.35 kubelets verify the credentials of pulled images by themselves, as far as imagePullCredentialsVerificationPolicy says',
          }
        : undefined,
    safety: 'may-break',
    first: 'the registry can be reached whenever a pod starts',
    examples: {
      fail: [apiServer(`${enable}=NodeRestriction`)],
      pass: [apiServer(`${enable}=AlwaysPullImages`)],
    },
  },
  {
    name: 'deny-service-external-ips',
    plugin: 'DenyServiceExternalIPs',
    wanted: 'on',
    since: 21,
    title: 'Services may not take external IP addresses of their own choice',
    severity: 'medium',
    why: 'Whoever may make a Service can name any address in externalIPs and gets the traffic that pods send to it (CVE-2020-8554).',
    says: 'a Service may draw the traffic to any address to itself',
    safety: 'may-break',
    first: 'no Service needs externalIPs, or another policy restricts them',
    examples: {
      fail: [apiServer(), apiServer(`${disable}=DenyServiceExternalIPs`)],
      pass: [apiServer(`${enable}=NodeRestriction,DenyServiceExternalIPs`)],
    },
  },
  {
    name: 'event-rate-limit',
    plugin: 'EventRateLimit',
    wanted: 'on',
    title: 'The API server limits the rate of events',
    severity: 'low',
    why: 'A pod that fails in a loop, or someone who wants to, can fill etcd with events until the API server is too busy for anything else.',
    remedy:
      'Write a configuration of EventRateLimit with limits, name it in the file of --admission-control-config-file, and enable the plugin.',
    says: 'nothing limits how many events are written',
    safety: 'may-break',
    first: 'its limits fit the cluster',
    refusal: (server) => {
      if (listOf(server, 'admission-plugins.configured').includes('EventRateLimit')) return undefined;
      const path = textOf(server, 'admission-control-config-file');
      return path === ''
        ? 'EventRateLimit needs a configuration, and there is no --admission-control-config-file: the server would not start'
        : `${path} has no configuration of EventRateLimit: the server would not start`;
    },
    examples: {
      fail: [
        apiServer(),
        apiServer('--admission-control-config-file=/etc/kubernetes/admission.yaml') +
          file('/etc/kubernetes/admission.yaml', 'plugins:\n- {name: EventRateLimit, path: events.yaml}\n'),
      ],
      pass: [apiServer(`${enable}=EventRateLimit`)],
    },
  },
  {
    name: 'service-account-plugin',
    plugin: 'ServiceAccount',
    wanted: 'on',
    runs: 'default',
    title: 'Pods run as a service account that may be used',
    severity: 'high',
    why: 'The plugin gives pods their service account and token, and refuses Secrets that the account may not mount.',
    says: 'pods get no service account, and name whichever they like',
    safety: 'safe',
    examples: {
      fail: [apiServer(`${disable}=ServiceAccount`), apiServerOf('1.20', '--admission-control=NodeRestriction')],
      pass: [apiServer(), apiServer(`${disable}=Priority`)],
    },
  },
  {
    name: 'namespace-lifecycle',
    plugin: 'NamespaceLifecycle',
    wanted: 'on',
    runs: 'default',
    title: 'Nothing is created in namespaces that are going away',
    severity: 'medium',
    why: 'The plugin refuses objects in namespaces that do not exist or are being deleted, and keeps default and kube-system from being deleted.',
    says: 'objects survive their namespace, and kube-system can be deleted',
    safety: 'safe',
    examples: {
      fail: [apiServer(`${disable}=NamespaceLifecycle`)],
      pass: [apiServer()],
    },
  },
  {
    name: 'security-context-deny',
    plugin: 'SecurityContextDeny',
    wanted: 'off',
    title: 'Pod security does not rest on SecurityContextDeny',
    severity: 'low',
    why: 'The plugin refuses a few fields of the security context, those that secure a pod among them, and says nothing of privileged containers.',
    remedy: 'Disable it and label namespaces for Pod Security admission.',
    says: 'it refuses runAsUser and seLinuxOptions, and lets privileged containers pass',
    safety: 'may-break',
    first: 'Pod Security admission or another policy is in force',
    examples: {
      fail: [apiServerOf('1.26', `${enable}=SecurityContextDeny`)],
      pass: [apiServerOf('1.26')],
    },
  },
];
