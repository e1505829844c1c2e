/**
 * How a file's text is treated when it is read, and what it may name:
 * - `none`: only looked at; `folder`: the same, and so is what is in it, one level deep
 * - `pem`: certificates are kept, keys are not
 * - `yaml`: YAML or JSON configuration, kubeconfigs among it; what it names is read too
 * - `manifest`: a static pod
 * - `unit`, `variables`: systemd units, and files of variables that they name
 * - `arguments`: a component's command line, an argument or more a line
 * - `toml`, `policy` (ABAC lines), `name` (a host name)
 * - `token`, `password`: never read
 * - `accounts`, `sudoers`, `sshd`, `selinux`, `keys`: read for what they say of the host, and not kept
 */
export type Holds =
  | 'none'
  | 'folder'
  | 'pem'
  | 'yaml'
  | 'manifest'
  | 'unit'
  | 'variables'
  | 'arguments'
  | 'toml'
  | 'policy'
  | 'name'
  | 'token'
  | 'password'
  | 'accounts'
  | 'sudoers'
  | 'sshd'
  | 'selinux'
  | 'keys';

export interface LayoutRow {
  /** `*` stands for any part of a name, `**` as last step for everything below. A name with `*` leaves out dot files. */
  readonly path: string;
  readonly holds: Holds;
  readonly why: string;
}

/** Folders of the kubelet's own one, `--root-dir`, in which plugins and pods meet it. */
export const kubeletFolders: readonly string[] = ['pods', 'plugins', 'plugins_registry', 'device-plugins', 'seccomp'];

/** What `${SNAP_DATA}` stands for in the arguments of microk8s. */
export const snapData = '/var/snap/microk8s/current';

const microk8sRows: readonly LayoutRow[] = [
  { path: `${snapData}/args/*`, holds: 'arguments', why: 'microk8s: the arguments of each component' },
  { path: `${snapData}/certs/**`, holds: 'pem', why: 'microk8s: certificates and keys of the cluster' },
  { path: `${snapData}/credentials/known_tokens.csv`, holds: 'token', why: 'microk8s: static tokens' },
  { path: `${snapData}/credentials/basic_auth.csv`, holds: 'password', why: 'microk8s: static passwords' },
  { path: `${snapData}/credentials/*.config`, holds: 'yaml', why: 'microk8s: kubeconfigs' },
  {
    path: `${snapData}/var/kubernetes/backend`,
    holds: 'none',
    why: 'microk8s: the database: who may enter the folder',
  },
];

const revisions = '/etc/kubernetes/static-pod-resources/*';

const openshiftRows: readonly LayoutRow[] = [
  { path: `${revisions}/configmaps/config/config.yaml`, holds: 'yaml', why: 'OpenShift: arguments of a component' },
  { path: `${revisions}/configmaps/*/kubeconfig`, holds: 'yaml', why: 'OpenShift: kubeconfigs of components' },
  { path: `${revisions}/configmaps/*/ca-bundle.crt`, holds: 'pem', why: 'OpenShift: whom components trust' },
  { path: `${revisions}/secrets/**`, holds: 'pem', why: 'OpenShift: certificates and keys of components' },
  { path: '/etc/kubernetes/kubeconfig', holds: 'yaml', why: 'OpenShift: with which a node joins' },
];

/** By what etcdctl's documentation, kubeadm's and the distributions' call them; a name alone proves nothing elsewhere. */
const backups: readonly string[] = [
  ...['/root', '/opt', '/backup', '/var/backups'].flatMap((folder) => [`${folder}/etcd*.db`, `${folder}/snapshot*.db`]),
  // Of a folder as large as this one may be only what is there by name.
  '/tmp/snapshot.db',
  '/tmp/etcd-snapshot.db',
  '/tmp/etcd-backup.db',
  '/opt/etcd*/*.db',
  '/backup/etcd*/*.db',
  '/var/backups/etcd*/*.db',
  '/var/lib/etcd-*/*.db',
  '/home/core/assets/backup/*.db',
];

/**
 * The files of a node that are looked for whether or not anything names them. kubeadm's come first: where time or
 * space ends, they were read.
 */
export const layout: readonly LayoutRow[] = [
  { path: '/etc/kubernetes/manifests/*', holds: 'manifest', why: 'static pods: how the control plane is started' },
  { path: '/etc/kubernetes/*.conf', holds: 'yaml', why: 'kubeconfigs of administrator, kubelet and control plane' },
  { path: '/etc/kubernetes/pki/**', holds: 'pem', why: 'certificates and keys of the cluster' },
  { path: '/var/lib/kubelet/config.yaml', holds: 'yaml', why: 'the kubelet’s configuration' },
  { path: '/var/lib/kubelet/instance-config.yaml', holds: 'yaml', why: 'what kubeadm sets for this node alone' },
  { path: '/var/lib/kubelet/kubeadm-flags.env', holds: 'variables', why: 'flags that kubeadm adds to the kubelet' },
  { path: '/var/lib/kubelet/pki/**', holds: 'pem', why: 'the kubelet’s own certificates' },
  { path: '/var/lib/kubelet/kubeconfig', holds: 'yaml', why: 'the kubelet’s credentials on managed nodes' },
  ...kubeletFolders.map((name): LayoutRow => {
    return { path: `/var/lib/kubelet/${name}`, holds: 'none', why: 'who may enter, or put a plugin there' };
  }),
  { path: '/var/lib/kubelet/config.json', holds: 'password', why: 'the kubelet’s own credentials for registries' },
  { path: '/var/lib/kubelet/.dockercfg', holds: 'password', why: 'the same, in the older form' },
  {
    path: '/root/.docker/config.json',
    holds: 'password',
    why: 'credentials for registries, which the kubelet takes too',
  },
  { path: '/etc/systemd/system/kubelet.service', holds: 'unit', why: 'how the kubelet is started' },
  { path: '/etc/systemd/system/kubelet.service.d/*.conf', holds: 'unit', why: 'drop-ins: kubeadm’s 10-kubeadm.conf' },
  { path: '/run/systemd/system/kubelet.service.d/*.conf', holds: 'unit', why: 'drop-ins until the next start' },
  { path: '/usr/local/lib/systemd/system/kubelet.service', holds: 'unit', why: 'the unit of a hand-made installation' },
  { path: '/usr/local/lib/systemd/system/kubelet.service.d/*.conf', holds: 'unit', why: 'its drop-ins' },
  { path: '/usr/lib/systemd/system/kubelet.service', holds: 'unit', why: 'the unit of the package' },
  { path: '/usr/lib/systemd/system/kubelet.service.d/*.conf', holds: 'unit', why: 'drop-ins of the package' },
  {
    path: '/lib/systemd/system/kubelet.service',
    holds: 'unit',
    why: 'the unit of the package, before the merged /usr',
  },
  { path: '/lib/systemd/system/kubelet.service.d/*.conf', holds: 'unit', why: 'drop-ins of the package' },
  { path: '/etc/default/kubelet', holds: 'variables', why: 'KUBELET_EXTRA_ARGS on Debian' },
  { path: '/etc/sysconfig/kubelet', holds: 'variables', why: 'KUBELET_EXTRA_ARGS on Red Hat' },
  ...['kube-proxy', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].flatMap(unitRows),
  { path: '/etc/etcd/etcd.conf', holds: 'variables', why: 'etcd outside a pod, as packages configure it' },
  { path: '/etc/default/etcd', holds: 'variables', why: 'etcd outside a pod, on Debian' },
  { path: '/var/lib/etcd', holds: 'none', why: 'the database: who may enter the folder' },
  { path: '/var/lib/etcd/member', holds: 'folder', why: 'the database: its folders, not what they hold' },
  { path: '/var/lib/etcd/member/snap', holds: 'folder', why: 'the database file' },
  { path: '/var/lib/etcd/member/wal', holds: 'none', why: 'the write-ahead log' },
  { path: '/etc/cni/net.d/*', holds: 'yaml', why: 'network plugins; some keep a kubeconfig here' },
  { path: '/etc/cni/net.d/*/*', holds: 'yaml', why: 'the kubeconfigs that Calico and Multus keep beside theirs' },
  {
    path: '/var/lib/cni/networks/*/last_reserved_ip.*',
    holds: 'none',
    why: 'written as the file of every pod beside it is, of which a node may have hundreds',
  },
  { path: '/opt/cni/bin', holds: 'folder', why: 'programs that run as root for every pod' },
  { path: '/etc/containerd/config.toml', holds: 'toml', why: 'the container runtime’s configuration' },
  { path: '/etc/containerd/conf.d/*.toml', holds: 'toml', why: 'what it imports' },
  { path: '/etc/containerd/certs.d/*/hosts.toml', holds: 'toml', why: 'registries, some with credentials' },
  { path: '/etc/crio/crio.conf', holds: 'toml', why: 'the container runtime’s configuration' },
  { path: '/etc/crio/crio.conf.d/*', holds: 'toml', why: 'its drop-ins' },
  { path: '/etc/docker/daemon.json', holds: 'yaml', why: 'the container runtime’s configuration' },
  { path: '/run/containerd/containerd.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/run/crio/crio.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/var/run/crio/crio.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/run/docker.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/var/run/docker.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/run/cri-dockerd.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/run/k3s/containerd/containerd.sock', holds: 'none', why: 'whoever may write to it is root' },
  { path: '/etc/passwd', holds: 'accounts', why: 'names of users' },
  { path: '/etc/group', holds: 'accounts', why: 'names of groups' },
  { path: '/etc/sudoers', holds: 'sudoers', why: 'who may become root' },
  { path: '/etc/sudoers.d/*', holds: 'sudoers', why: 'its drop-ins' },
  { path: '/etc/ssh/sshd_config', holds: 'sshd', why: 'who may log in, and how' },
  { path: '/etc/ssh/sshd_config.d/*.conf', holds: 'sshd', why: 'its drop-ins' },
  { path: '/etc/selinux/config', holds: 'selinux', why: 'whether SELinux is on at the next start' },
  { path: '/etc/os-release', holds: 'variables', why: 'which system this is' },
  { path: '/etc/hostname', holds: 'name', why: 'the node’s name' },
  { path: '/root/.kube/config', holds: 'yaml', why: 'an administrator’s credentials' },
  { path: '/home/*/.kube/config', holds: 'yaml', why: 'a user’s credentials' },
  { path: '/etc/rancher/k3s/config.yaml', holds: 'yaml', why: 'k3s: flags of all components' },
  { path: '/etc/rancher/k3s/config.yaml.d/*.yaml', holds: 'yaml', why: 'k3s: its drop-ins' },
  { path: '/etc/rancher/k3s/k3s.yaml', holds: 'yaml', why: 'k3s: the administrator’s kubeconfig' },
  { path: '/etc/rancher/rke2/config.yaml', holds: 'yaml', why: 'RKE2: flags of all components' },
  { path: '/etc/rancher/rke2/config.yaml.d/*.yaml', holds: 'yaml', why: 'RKE2: its drop-ins' },
  { path: '/etc/rancher/rke2/rke2.yaml', holds: 'yaml', why: 'RKE2: the administrator’s kubeconfig' },
  { path: '/var/lib/rancher/rke2/agent/pod-manifests/*', holds: 'manifest', why: 'RKE2: static pods' },
  ...['k3s', 'rke2'].flatMap(rancherRows),
  ...microk8sRows,
  ...openshiftRows,
  { path: '/etc/kubernetes/kubelet.yaml', holds: 'yaml', why: 'the kubelet’s configuration on Talos' },
  { path: '/etc/kubernetes/kubeconfig-kubelet', holds: 'yaml', why: 'the kubelet’s kubeconfig on Talos' },
  { path: '/etc/kubernetes/bootstrap-kubeconfig', holds: 'yaml', why: 'with which a node of Talos joins' },
  ...backups.map((path): LayoutRow => ({ path, holds: 'none', why: 'where copies of the database are left' })),
  { path: '/etc/kubernetes/kubelet-config.yaml', holds: 'yaml', why: 'the kubelet’s configuration on GKE' },
  { path: '/home/kubernetes/kubelet-config.yaml', holds: 'yaml', why: 'the kubelet’s configuration on older GKE' },
  { path: '/etc/kubernetes/kubelet/*', holds: 'yaml', why: 'the kubelet’s configuration on EKS' },
  { path: '/etc/kubernetes/kubelet/config.json.d/*.conf', holds: 'yaml', why: 'its drop-ins on EKS' },
  { path: '/etc/kubernetes/azure.json', holds: 'password', why: 'AKS: credentials of the cloud' },
];

function unitRows(name: string): LayoutRow[] {
  return ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'].flatMap((folder): LayoutRow[] => [
    { path: `${folder}/${name}.service`, holds: 'unit', why: `how ${name} is started outside a pod` },
    { path: `${folder}/${name}.service.d/*.conf`, holds: 'unit', why: 'its drop-ins' },
  ]);
}

function rancherRows(name: string): LayoutRow[] {
  const folder = `/var/lib/rancher/${name}`;
  return [
    { path: `${folder}/server/tls/**`, holds: 'pem', why: 'certificates and keys of the cluster' },
    {
      path: `${folder}/server/cred/*`,
      holds: 'yaml',
      why: 'kubeconfigs of the control plane, encryption configuration',
    },
    { path: `${folder}/server/token`, holds: 'token', why: 'whoever has it may join' },
    { path: `${folder}/server/node-token`, holds: 'token', why: 'whoever has it may join' },
    { path: `${folder}/server/agent-token`, holds: 'token', why: 'whoever has it may join' },
    { path: `${folder}/server/db/etcd`, holds: 'none', why: 'the database: who may enter the folder' },
    { path: `${folder}/server/db/etcd/config`, holds: 'yaml', why: 'etcd’s configuration' },
    { path: `${folder}/server/db/snapshots/*`, holds: 'none', why: 'copies of the database' },
    { path: `/etc/rancher/${name}/registries.yaml`, holds: 'yaml', why: 'registries, some with credentials' },
    { path: `${folder}/agent/etc/containerd/config.toml`, holds: 'toml', why: 'the container runtime’s configuration' },
    {
      path: `${folder}/agent/etc/containerd/certs.d/*/hosts.toml`,
      holds: 'toml',
      why: 'registries, some with credentials',
    },
    { path: `${folder}/agent/etc/cni/net.d/*`, holds: 'yaml', why: 'network plugins' },
    { path: `${folder}/agent/*.kubeconfig`, holds: 'yaml', why: 'kubeconfigs of kubelet and kube-proxy' },
    { path: `${folder}/agent/*.crt`, holds: 'pem', why: 'the agent’s certificates' },
    { path: `${folder}/agent/*.key`, holds: 'pem', why: 'the agent’s keys' },
    { path: `${folder}/agent/etc/kubelet.conf.d/*.conf`, holds: 'yaml', why: 'the kubelet’s configuration' },
  ];
}
