import { dump } from 'js-yaml';
import type { JsonObject } from '../../model/json.ts';
import { nodeScript } from '../node/bundle/node-script.ts';
import { sendScript } from './transport.ts';

/**
 * The default image: small, with a shell and tar, of a registry whose tags never move, that has no limit on pulls and
 * that every cluster reaches which is not air-gapped. Any other with a POSIX shell and the usual tools will do.
 */
export const defaultImage = 'registry.k8s.io/e2e-test-images/busybox:1.36.1-1';
export const defaultNamespace = 'bulwark-collector';

/** Of the objects that Bulwark makes in a cluster, so that any later run can find and remove them. */
export const collectorLabels = {
  'app.kubernetes.io/name': 'bulwark-collector',
  'app.kubernetes.io/managed-by': 'bulwark',
} as const;

/** The label that tells the runs apart. */
export const runLabel = 'app.kubernetes.io/instance';

export const containerName = 'collector';

/** What the collectors of one run have in common. */
export interface CollectorRun {
  /** A DNS label of its own. */
  readonly id: string;
  readonly namespace: string;
  readonly image: string;
  /** After so many seconds the kubelet ends the pod by itself, whatever became of Bulwark. */
  readonly timeoutSeconds: number;
  /** RFC 3339: when the run is surely over, and what is left of it may be removed by another. */
  readonly expires: string;
  /** Minor version of the server: fields that it does not have are left out, and where it is not known, new ones. */
  readonly minor?: number;
}

/** First version whose pods have `appArmorProfile` and `recursiveReadOnly`. */
const newFieldsSince = 30;

export const expiresAnnotation = 'bulwark-expires';

/** Pod Security: the pods share the host's process ids and see its files, which only `privileged` lets them. */
export const podSecurityLabels = {
  'pod-security.kubernetes.io/enforce': 'privileged',
  'pod-security.kubernetes.io/audit': 'privileged',
  'pod-security.kubernetes.io/warn': 'privileged',
} as const;

export function collectorNamespace(name: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...collectorLabels, ...podSecurityLabels } },
  };
}

export function scriptName({ id }: CollectorRun): string {
  return `collect-${id}`;
}

/** The scripts, once for all pods of a run. */
export function collectorScripts(run: CollectorRun): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata(run, scriptName(run)), annotations: { [expiresAnnotation]: run.expires } },
    data: { 'collect-node.sh': nodeScript(), 'send.sh': sendScript },
  };
}

export function podName({ id }: CollectorRun, index: number): string {
  return `collect-${id}-${index}`;
}

/**
 * The pod that reads one node. What it is given, and why; each was left out once to see what is missing then:
 * - the host's process ids and SYS_PTRACE: the executables, variables and mount namespaces of other processes
 *   (ptrace(2), PTRACE_MODE_READ), so that a path in a component's arguments is read as that component sees it
 * - DAC_READ_SEARCH: files that are not root's and that only their owner may read, and who may reach them
 * - the host's files, read-only and whole: each folder on the way to a key, `/` included, decides who can read it, and a
 *   mount of single folders would have the container runtime create those that a node does not have
 * - no AppArmor profile, and SELinux's type for what administers a host: the usual ones keep a container from reading
 *   other processes and the host's files
 * It gets no network of the host, no token, no privileges beyond, and writes nowhere but to a folder in memory.
 */
export function collectorPod(
  run: CollectorRun,
  { name, node }: { readonly name: string; readonly node: string },
): JsonObject {
  const common = metadata(run, name);
  const hasNewFields = run.minor !== undefined && run.minor >= newFieldsSince;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...common,
      // Before Kubernetes 1.30, which has a field for it.
      annotations: { [`container.apparmor.security.beta.kubernetes.io/${containerName}`]: 'unconfined' },
    },
    spec: {
      nodeName: node,
      restartPolicy: 'Never',
      activeDeadlineSeconds: run.timeoutSeconds,
      terminationGracePeriodSeconds: 1,
      tolerations: [{ operator: 'Exists' }],
      hostPID: true,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: containerName,
          image: run.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '/scripts/send.sh'],
          securityContext: {
            runAsUser: 0,
            runAsGroup: 0,
            runAsNonRoot: false,
            privileged: false,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH', 'SYS_PTRACE'] },
            ...(hasNewFields && { appArmorProfile: { type: 'Unconfined' } }),
            seLinuxOptions: { type: 'spc_t' },
          },
          resources: {
            requests: { cpu: '1m', memory: '16Mi' },
            limits: { cpu: '1', memory: '512Mi' },
          },
          volumeMounts: [
            { name: 'scripts', mountPath: '/scripts', readOnly: true },
            { name: 'work', mountPath: '/tmp' },
            // No mountPropagation: HostToContainer fails where the host's / is not shared, as without systemd. Mounts below
            // are read-only with it from Kubernetes 1.30 on.
            {
              name: 'host',
              mountPath: '/host',
              readOnly: true,
              ...(hasNewFields && { recursiveReadOnly: 'IfPossible' }),
            },
          ],
        },
      ],
      volumes: [
        { name: 'scripts', configMap: { name: scriptName(run), defaultMode: 0o444 } },
        { name: 'work', emptyDir: { medium: 'Memory', sizeLimit: '256Mi' } },
        { name: 'host', hostPath: { path: '/', type: 'Directory' } },
      ],
    },
  };
}

/** The objects of a run as YAML that can be applied, with the pod of a node that is called `NODE`. */
export function collectorManifests(run: CollectorRun): string {
  const objects = [
    collectorNamespace(run.namespace),
    collectorScripts(run),
    collectorPod(run, { name: podName(run, 0), node: 'NODE' }),
  ];
  const head =
    '# What `bulwark scan --nodes` creates, and removes again: the namespace where it is missing, the scripts once, and the\n' +
    '# pod once for each node, in place of NODE. From Kubernetes 1.30 on the pod has appArmorProfile and recursiveReadOnly,\n' +
    '# too, which validation on older servers does not know.\n';
  return head + objects.map((object) => dump(object, { lineWidth: -1, noRefs: true })).join('---\n');
}

function metadata({ id, namespace }: CollectorRun, name: string): JsonObject {
  return { name, namespace, labels: { ...collectorLabels, [runLabel]: id } };
}
