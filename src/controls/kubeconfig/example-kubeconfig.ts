import { exampleCertificates } from '../certificates/example-certificates.ts';

/*
 * Examples of a user's own kubeconfigs begin with a line `# user file: PATH`, which may go on with ` mode 0644` and
 * ` owner 1000:1000`; those of a node with `# file: PATH`. Credentials in them are redacted as a scan does it.
 */

interface Entries {
  /** Fields of the cluster, as YAML in braces. */
  readonly cluster?: string;
  readonly user?: string;
  readonly context?: string;
  /** What stands below the lists. */
  readonly more?: string;
}

const header = '# file: /etc/kubernetes/admin.conf\n';
export const trustedCluster = "{server: 'https://192.0.2.2:6443', certificate-authority: /etc/kubernetes/pki/ca.crt}";

/** A kubeconfig with one context. */
export function kubeconfigOf({ cluster = trustedCluster, user = '{}', context = '', more = '' }: Entries): string {
  return `apiVersion: v1
kind: Config
clusters:
- {name: prod, cluster: ${cluster}}
users:
- {name: ann, user: ${user}}
contexts:
- {name: prod, context: {cluster: prod, user: ann${context}}}
current-context: prod
${more}`;
}

/** The same on a node. */
export function onNode(entries: Entries): string {
  return header + kubeconfigOf(entries);
}

const authority = Buffer.from(exampleCertificates.authority).toString('base64');

/** The same as the user's own, with the authority in it. */
export function ownFile(entries: Entries, attributes = 'mode 0600'): string {
  const cluster = `{server: 'https://192.0.2.2:6443', certificate-authority-data: ${authority}}`;
  return `# user file: /home/ann/.kube/config ${attributes}\n${kubeconfigOf({ cluster, ...entries })}`;
}
