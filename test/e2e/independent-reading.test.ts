import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contradiction } from './independent-reading.ts';

describe('an independent reading', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'bulwark-reading-'));
    mkdirSync(join(root, 'etc/kubernetes'), { recursive: true });
    writeFileSync(join(root, 'etc/config.yaml'), 'kind: KubeletConfiguration\nreadOnlyPort: 0\n', { mode: 0o600 });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function against(component: string, message: string): string | undefined {
    const given = ['--profiling=false', '--client-ca-file=/ca.crt', '--enable-admission-plugins=EventRateLimit'];
    const node = { root, kubeletConfig: join(root, 'etc/config.yaml'), argumentsOf: () => given };
    return contradiction({ component, message, file: join(root, 'etc/config.yaml'), line: undefined }, node);
  }

  it.each([
    ['etcd', '/etc/config.yaml has mode 0644, wider than 0600: everyone can read it', '/etc/config.yaml has mode 600'],
    ['etcd', '/etc/config.yaml has mode 0600, wider than 0600: everyone can read it', '600 is not wider than 600'],
    ['kube-scheduler', 'profiling is true (default): x', 'there is --profiling=false'],
    ['kubelet', 'readOnlyPort is 0 (default): x', 'has readOnlyPort: 0'],
    ['kube-apiserver', '--client-ca-file is /other.crt: x', 'the last one is --client-ca-file=/ca.crt'],
    [
      'kube-apiserver',
      'admission plugin EventRateLimit is not enabled: x',
      '--enable-admission-plugins=EventRateLimit',
    ],
    [
      'etcd',
      `process ${process.pid} (etcd) runs with other arguments than /dev/null says: --a=1 only in the process`,
      '/dev/null is no manifest of etcd',
    ],
    ['Node', 'Kubernetes 1.99 gets no fixes since 2999-01-01: kubelet', '2999-01-01 is not past'],
    ['Node', 'something else', 'nobody knows how to verify: something else'],
  ])('of %s contradicts "%s"', (component, message, expected) => {
    expect(against(component, message)).toContain(expected);
  });

  it('does not contradict what is so', () => {
    expect(against('kube-scheduler', 'anonymous-auth is true (default): x')).toBeUndefined();
    expect(against('kube-apiserver', '--client-ca-file is /ca.crt: x')).toBeUndefined();
    expect(against('kubelet', 'podPidsLimit is -1 (default): x')).toBeUndefined();
  });
});
