import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { podFromJson } from '../../model/pod.ts';
import socketMounted from '../container-runtime/socket-mounted.ts';
import cloudCredentialPath from './cloud-credential-path.ts';
import hostPath from './host-path.ts';
import hostPathSensitive from './host-path-sensitive.ts';
import { hostPathVolumes } from './host-path-volumes.ts';
import hostPathWritable from './host-path-writable.ts';

const family = [socketMounted, cloudCredentialPath, hostPathSensitive, hostPathWritable, hostPath];

function podWith(volume: object, containers: object): string {
  const metadata = { name: 'example', namespace: 'shop' };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { volumes: [volume], ...containers } });
}

function mount(readOnly: boolean | undefined, name = 'host') {
  return { name: 'app', volumeMounts: [{ name, mountPath: '/mnt', readOnly }] };
}

describe('a hostPath volume', () => {
  it.each([
    ['/var/run/docker.sock', undefined, 'container-runtime/socket-mounted', 'critical'],
    ['/run', true, 'container-runtime/socket-mounted', 'critical'],
    ['/root/.aws', undefined, 'pods/cloud-credential-path', 'high'],
    ['/etc', undefined, 'pods/host-path-sensitive', 'critical'],
    ['/etc/', true, 'pods/host-path-sensitive', 'high'],
    ['/', true, 'pods/host-path-sensitive', 'critical'],
    ['/srv', undefined, 'pods/host-path-writable', 'high'],
    ['/srv', false, 'pods/host-path-writable', 'high'],
    ['/srv', true, 'pods/host-path', 'medium'],
  ])('%s with readOnly %s is reported once, as %s (%s)', (path, readOnly, control, severity) => {
    const text = podWith({ name: 'host', hostPath: { path } }, { containers: [mount(readOnly)] });
    const { findings } = judgeText(family, text);
    expect(findings.map((finding) => [finding.control.id, finding.severity])).toEqual([[control, severity]]);
  });

  it('counts where no container mounts it', () => {
    const { findings } = judgeText(family, podWith({ name: 'host', hostPath: { path: '/srv' } }, { containers: [] }));
    expect(findings.map(({ message }) => message)).toEqual([
      'volume host is /srv of the node, mounted by no container',
    ]);
  });

  it('is writable where one of its mounts is, whatever the role', () => {
    const lists = { containers: [mount(true)], ephemeralContainers: [{ ...mount(undefined), name: 'debug' }] };
    const { findings } = judgeText(family, podWith({ name: 'host', hostPath: { path: '/srv' } }, lists));
    expect(findings.map(({ message }) => message)).toEqual([
      'volume host is /srv of the node, writable by container debug',
    ]);
  });

  it('gives one finding, whatever its path and mounts', () => {
    const step = fc.constantFrom(
      'etc',
      'var',
      'run',
      'lib',
      'kubelet',
      'docker.sock',
      '.aws',
      '..',
      '',
      'srv',
      '__proto__',
    );
    const steps = fc.array(step, { maxLength: 5 });
    const list = fc.array(fc.constantFrom(mount(true), mount(false), mount(undefined, 'other')), { maxLength: 3 });
    const lists = fc.record({ initContainers: list, containers: list, ephemeralContainers: list });
    fc.assert(
      fc.property(steps, lists, fc.constantFrom('', 'Directory', 'BlockDevice'), (path, containers, type) => {
        const text = podWith({ name: 'host', hostPath: { path: `/${path.join('/')}`, type } }, containers);
        expect(judgeText(family, text).findings).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });

  it('costs time linear in volumes and mounts', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `host${index}`);
    const { pod } = podFromJson({
      spec: {
        volumes: names.map((name) => ({ name, hostPath: { path: '/srv' } })),
        containers: [{ name: 'app', volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })) }],
      },
    });
    const start = performance.now();
    expect(hostPathVolumes(pod, 'writable')).toHaveLength(20_000);
    // 400 million comparisons take longer.
    expect(performance.now() - start).toBeLessThan(500);
  });
});
