/** The first file of an example with more in its header: ` mode 0644`, ` owner 1000:1000`. */
export function headed(example: string, more: string): string {
  return example.replace(/^(# file: \S+)/, `$1 ${more}`);
}

/** A file with no text worth showing. */
export function plain(path: string, header = ''): string {
  return `# file: ${path}${header === '' ? '' : ` ${header}`}\n`;
}

/** A kubeconfig with a credential, which is redacted when it is read. */
export function kubeconfig(path: string, header = ''): string {
  return `# file: ${path}${header === '' ? '' : ` ${header}`}
apiVersion: v1
kind: Config
users:
  - name: someone
    user: {token: REDACTED}
`;
}

/** A kubeconfig whose credential is in another file. */
export function kubeconfigOfFiles(path: string, header = ''): string {
  return `# file: ${path}${header === '' ? '' : ` ${header}`}
apiVersion: v1
kind: Config
users:
  - name: someone
    user: {client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem}
`;
}
