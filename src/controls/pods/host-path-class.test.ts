import { describe, expect, it } from 'vitest';
import { classifyHostPath, normaliseHostPath } from './host-path-class.ts';

describe('normaliseHostPath', () => {
  it.each([
    ['/etc/', '/etc'],
    ['//etc//.//kubernetes/', '/etc/kubernetes'],
    ['/etc/../etc', '/etc'],
    ['/../..', '/'],
    ['/srv/../var/run/docker.sock', '/run/docker.sock'],
    ['/var/run', '/run'],
    ['/var/runner', '/var/runner'],
    ['C:\\var\\lib\\kubelet\\', '/var/lib/kubelet'],
    ['c:/ProgramData', '/programdata'],
    ['\\\\.\\pipe\\docker_engine', '/pipe/docker_engine'],
    ['', ''],
  ])('%j is %j', (path, normal) => {
    expect(normaliseHostPath(path)).toBe(normal);
  });
});

describe('classifyHostPath', () => {
  const table = {
    'runtime-socket': [
      ...['/run/docker.sock', '/var/run/docker.sock', '/var/run/docker.sock/', '/srv/docker.sock', '/run', '/var/run/'],
      ...['/run/containerd', '/run/containerd/containerd.sock', '/run/crio/crio.sock', '/var/run/crio', '/run/podman'],
      ...['/run/dockershim.sock', '/run/cri-dockerd.sock', '/run/buildkit/buildkitd.sock', '/run/k3s', '/run/docker'],
      ...['/run/user', '/run/user/1000', '/run/user/1000/docker.sock', '/var/snap', '/run/../run/./docker.sock'],
      '\\\\.\\pipe\\docker_engine',
    ],
    'cloud-credentials': [
      ...[
        '/root/.aws',
        '/home/ops/.aws/credentials',
        '/root/.azure/',
        '/root/.config/gcloud',
        '/.oci',
        '/srv/../root/.aws',
      ],
      ...['/etc/kubernetes/azure.json', '/etc/kubernetes/cloud-config'],
    ],
    sensitive: [
      ...['/', '//', '/var', '/var/', '/var/lib', '/etc', '/etc/', '/etc/../etc', '/etc/kubernetes/pki', '/etc/passwd'],
      ...['/var/lib/kubelet', '/var/lib/kubelet/pods', '/var/lib/docker/overlay2', '/var/lib/etcd', '/var/log', '/opt'],
      ...[
        '/proc',
        '/proc/sys/kernel',
        '/sys/fs/cgroup',
        '/dev',
        '/dev/sda1',
        '/root',
        '/root/.awsome',
        '/home',
        '/usr',
      ],
      ...['/run/containerd/io.containerd.runtime.v2.task', '/run/systemd/private', '/etc/ssl', '/etc/ssl/private'],
      ...['C:\\', 'C:\\Windows\\System32', 'C:\\var\\lib\\kubelet\\pods'],
    ],
    other: [
      ...['/srv', '/data', '/etcetera', '/mnt/etc', '/var/lib/mysql', '/varied', '/run/xtables.lock', '/tmp'],
      ...[
        '/etc/localtime',
        '/etc/ssl/certs',
        '/usr/share/zoneinfo/Europe',
        '/lib/modules',
        '/dev/fuse',
        '/dev/net/tun',
      ],
      ...['/srv/docker.sock.bak', '/runner', '/run/user/me', '/srv/.awstats', '', 'D:\\data'],
    ],
  } as const;

  for (const [pathClass, paths] of Object.entries(table)) {
    it.each(paths)(`%j is ${pathClass}`, (path) => {
      expect(classifyHostPath(path)).toBe(pathClass);
    });
  }
});
