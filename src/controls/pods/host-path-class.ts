/** What a hostPath gives away, gravest first; `other` is any path that is not known to be delicate. */
export type HostPathClass = 'runtime-socket' | 'cloud-credentials' | 'sensitive' | 'other';

/**
 * What a container that mounts `path` of its node gets hold of. A directory counts for what it contains, so `/run` is
 * a `runtime-socket`: the socket can be opened through it. `/` and `/var` contain every class; they are `sensitive`,
 * for there it is not the socket that has to be moved. A path in `/etc` or `/root` with cloud credentials is
 * `cloud-credentials`, not `sensitive`. Case matters only on Linux nodes.
 */
export function classifyHostPath(path: string): HostPathClass {
  const normal = normaliseHostPath(path);
  if (normal === '') return 'other';
  if (normal === '/' || normal === '/var') return 'sensitive';
  if (reachesRuntimeSocket(normal)) return 'runtime-socket';
  if (isCloudCredentials(normal)) return 'cloud-credentials';
  if (harmlessPaths.some((harmless) => isWithin(normal, harmless))) return 'other';
  return sensitivePaths.some((sensitive) => isWithin(normal, sensitive) || isWithin(sensitive, normal))
    ? 'sensitive'
    : 'other';
}

/**
 * The path without empty, `.` and `..` steps, and without the links that every distribution has (`/var/run` is `/run`).
 * A Windows path loses its drive, its backslashes and its case: Kubernetes keeps the Linux layout there
 * (`C:\var\lib\kubelet`). Empty only for an empty path.
 */
export function normaliseHostPath(path: string): string {
  if (path === '') return '';
  const windows = windowsPath.test(path);
  const text = windows ? path.replace(drive, '').replaceAll('\\', '/').toLowerCase() : path;
  const steps: string[] = [];
  for (const step of text.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  const plain = `/${steps.join('/')}`;
  return isWithin(plain, '/var/run') ? plain.slice('/var'.length) : plain;
}

const drive = /^[A-Za-z]:/;
// No path of a Linux node starts so, for they are absolute; `\\.\pipe\docker_engine` is a named pipe.
const windowsPath = /^(?:[A-Za-z]:|\\\\)/;

/** Whether `path` is `folder` or lies below it. Both are normalised. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || (path.startsWith(folder) && path[folder.length] === '/');
}

/** Names of sockets that start containers for whoever opens them, in whatever directory they are. */
const socketNames: ReadonlySet<string> = new Set([
  ...['docker.sock', 'containerd.sock', 'crio.sock', 'dockershim.sock', 'podman.sock', 'cri-dockerd.sock'],
  ...['buildkitd.sock'],
]);

/** Where runtimes and distributions put them: what a mounted directory is looked up in. */
const runtimeSockets: readonly string[] = [
  '/run/docker.sock',
  '/run/docker/containerd/containerd.sock',
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/dockershim.sock',
  '/run/cri-dockerd.sock',
  '/run/podman/podman.sock',
  '/run/buildkit/buildkitd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/run/host-containerd/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
  '/pipe/docker_engine',
  '/pipe/containerd-containerd',
  '/pipe/cri-dockerd',
];

/** Rootless runtimes keep theirs in the user's folder. */
const rootlessFolder = /^\/run\/user(?:\/\d+(?:\/(?:podman|docker|containerd|buildkit))?)?$/;

function reachesRuntimeSocket(normal: string): boolean {
  if (socketNames.has(normal.slice(normal.lastIndexOf('/') + 1))) return true;
  return rootlessFolder.test(normal) || runtimeSockets.some((socket) => isWithin(socket, normal));
}

const credentialFiles: readonly string[] = [
  '/etc/kubernetes/azure.json',
  '/etc/kubernetes/cloud-config',
  '/etc/kubernetes/cloud.conf',
  '/etc/gce.conf',
  '/etc/boto.cfg',
];

/** Folders of cloud providers' command-line tools, in whoever's home. */
const credentialFolder = /\/(?:\.aws|\.azure|\.oci|\.aliyun|\.config\/(?:gcloud|doctl))(?:\/|$)/;

function isCloudCredentials(normal: string): boolean {
  return credentialFolder.test(normal) || credentialFiles.some((file) => isWithin(normal, file));
}

/** Folders whose content runs, configures or identifies the node, or belongs to other pods. */
const sensitivePaths: readonly string[] = [
  ...['/bin', '/boot', '/dev', '/etc', '/home', '/lib', '/lib32', '/lib64', '/proc', '/root', '/sbin', '/sys', '/usr'],
  ...['/opt/cni', '/run/containerd', '/run/dbus', '/run/docker', '/run/systemd'],
  ...['/var/lib/cloud', '/var/lib/cni', '/var/lib/containerd', '/var/lib/containers', '/var/lib/crio'],
  ...['/var/lib/docker', '/var/lib/dockershim', '/var/lib/etcd', '/var/lib/k0s', '/var/lib/kubelet'],
  ...['/var/lib/rancher', '/var/log', '/var/snap/microk8s', '/var/spool/cron'],
  // Windows nodes.
  ...['/programdata', '/users', '/windows'],
];

/** What pods of all sorts mount out of those folders, and holds neither a secret nor a way into the node. */
const harmlessPaths: readonly string[] = [
  ...['/etc/localtime', '/etc/machine-id', '/etc/os-release', '/etc/timezone', '/usr/lib/os-release'],
  ...['/etc/ca-certificates', '/etc/pki/ca-trust', '/etc/ssl/certs', '/usr/local/share/ca-certificates'],
  ...['/usr/share/ca-certificates', '/usr/share/zoneinfo'],
  ...['/lib/modules', '/usr/lib/modules', '/usr/src'],
  ...['/dev/dri', '/dev/full', '/dev/fuse', '/dev/kvm', '/dev/log', '/dev/net/tun', '/dev/null'],
  ...['/dev/random', '/dev/shm', '/dev/urandom', '/dev/zero'],
];
