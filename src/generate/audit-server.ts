import type { AuditTarget } from './audit-choices.ts';
import { type AuditLogSettings, auditFlags } from './audit-manifest.ts';

const megabyte = 1_000_000;

/** What a log takes and lasts. */
export interface Retention {
  /** Of all files together, at most, in bytes. */
  readonly space: number;
  /** Days until the oldest file is deleted; undefined where the volume is not known. */
  readonly days: number | undefined;
  readonly warnings: readonly string[];
}

export interface RetentionOptions {
  /** Bytes a day, where a log was there to predict it from. */
  readonly bytesPerDay?: number | undefined;
  /** Bytes that the log may take. */
  readonly disk?: number | undefined;
}

/** Source: CIS Kubernetes Benchmark 1.12, 1.2.17 to 1.2.19. */
const least = { days: 30, backups: 10, megabytes: 100 } as const;

/** Size and number of files that keep thirty days, as far as the disk allows. */
export function rotationFor({
  bytesPerDay,
  disk,
}: RetentionOptions): Pick<AuditLogSettings, 'maxAge' | 'maxBackup' | 'maxSize'> {
  const wanted = bytesPerDay === undefined ? 0 : bytesPerDay * least.days;
  const most = disk === undefined ? Number.POSITIVE_INFINITY : disk;
  const bytes = Math.min(wanted, most);
  // A file for every hundred megabytes; larger ones where that would be thousands of files.
  const maxSize = Math.max(least.megabytes, Math.ceil(bytes / megabyte / 500 / 100) * 100);
  const fitting = Math.floor(most / megabyte / maxSize) - 1;
  const maxBackup = Math.max(1, Math.min(Math.max(least.backups, Math.ceil(wanted / megabyte / maxSize)), fitting));
  return { maxAge: least.days, maxBackup, maxSize };
}

/** Whether disk and rotation carry what the policy writes. */
export function retentionOf(
  { maxAge, maxBackup, maxSize }: Pick<AuditLogSettings, 'maxAge' | 'maxBackup' | 'maxSize'>,
  { bytesPerDay, disk }: RetentionOptions,
): Retention {
  const space = maxSize * megabyte * (maxBackup + 1);
  const warnings: string[] = [];
  const days = bytesPerDay === undefined || bytesPerDay === 0 ? undefined : Math.min(maxAge, space / bytesPerDay);
  if (disk !== undefined && space > disk) {
    warnings.push(
      `${maxBackup + 1} files of ${maxSize} MB do not fit: a full disk stops the API server, and etcd beside it`,
    );
  }
  if (days !== undefined && days < least.days) {
    warnings.push(
      `the log lasts ${days < 1 ? `${(days * 24).toFixed(1)} hours` : `${days.toFixed(1)} days`} and not ${least.days}: ship it elsewhere, or give it more space`,
    );
  }
  if (maxBackup < least.backups)
    warnings.push(`only ${maxBackup} rotated files are kept, and the CIS benchmark asks for ${least.backups}`);
  return { space, days, warnings };
}

/** How a distribution is told, in lines to read or to copy. For kubeadm see `auditManifest`. */
export function serverAdvice(target: AuditTarget, settings: AuditLogSettings): string[] {
  const flags = auditFlags(settings);
  switch (target) {
    case 'kubeadm':
      return [];
    case 'k3s':
      return [
        '# /etc/rancher/k3s/config.yaml, on every server; then restart k3s',
        'kube-apiserver-arg:',
        ...flags.map(([name, value]) => `  - ${name}=${value}`),
        '# The folder of the log has to exist: k3s runs the API server in its own process.',
        `# mkdir -m 700 -p ${settings.logPath.slice(0, settings.logPath.lastIndexOf('/'))}`,
      ];
    case 'rke2':
      return [
        '# /etc/rancher/rke2/config.yaml, on every server; then restart rke2-server',
        `audit-policy-file: ${settings.policyPath}`,
        'kube-apiserver-arg:',
        ...flags.filter(([name]) => name !== 'audit-policy-file').map(([name, value]) => `  - ${name}=${value}`),
        '# RKE2 mounts both itself. Without audit-policy-file it uses a policy of level None.',
      ];
    case 'eks':
      return [
        'EKS takes no audit policy: AWS sets it. The log is turned on, and goes to CloudWatch Logs:',
        '  aws eks update-cluster-config --name CLUSTER --logging \'{"clusterLogging":[{"types":["audit","authenticator"],"enabled":true}]}\'',
        'Set the retention of the log group /aws/eks/CLUSTER/cluster: it is for ever unless it is set.',
        'Check with "bulwark audit policy coverage" against a policy like the one that AWS documents what stays invisible.',
      ];
    case 'gke':
      return [
        'GKE takes no audit policy: Google sets it. Admin activity is always logged, in Cloud Logging, for 400 days.',
        'Reads (Data Access logs of the Kubernetes Engine API) are off until they are turned on in the IAM audit configuration:',
        '  auditConfigs: [{service: container.googleapis.com, auditLogConfigs: [{logType: DATA_READ}, {logType: DATA_WRITE}]}]',
        'Bodies of requests are logged for some resources only: detections that need others stay blind.',
      ];
    case 'aks':
      return [
        'AKS takes no audit policy: Azure sets it. The log is turned on by a diagnostic setting:',
        '  az monitor diagnostic-settings create --name audit --resource CLUSTER_ID --workspace WORKSPACE_ID --logs \'[{"category":"kube-audit","enabled":true}]\'',
        'The category kube-audit-admin leaves out get and list: reads of Secrets are not in it.',
      ];
    case 'openshift':
      return [
        'OpenShift takes a profile instead of a policy, by the object apiserver.config.openshift.io cluster:',
        '  oc patch apiserver cluster --type merge -p \'{"spec":{"audit":{"profile":"WriteRequestBodies"}}}\'',
        'Default is Metadata for all; WriteRequestBodies and AllRequestBodies add bodies, never of Secrets, routes and OAuth clients; customRules set a profile for a group of users.',
        'Its own operator mounts the policy and rotates the log.',
      ];
  }
}
