import { applyPatch } from 'diff';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../fix/diff.ts';
import { auditTargets } from './audit-choices.ts';
import { type AuditLogSettings, auditFlags, auditManifest, exampleManifest } from './audit-manifest.ts';
import { retentionOf, rotationFor, serverAdvice } from './audit-server.ts';

const settings: AuditLogSettings = {
  policyPath: '/etc/kubernetes/audit/policy.yaml',
  logPath: '/var/log/kubernetes/audit/audit.log',
  ...{ maxAge: 30, maxBackup: 10, maxSize: 100 },
};

const manifest = `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver   # do not rename
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    - --audit-log-maxage=7
    - --etcd-servers=https://127.0.0.1:2379
    image: registry.k8s.io/kube-apiserver:v1.33.0
    name: kube-apiserver
    volumeMounts:
    - mountPath: /etc/ssl/certs
      name: ca-certs
      readOnly: true
  hostNetwork: true
  volumes:
  - hostPath:
      path: /etc/ssl/certs
      type: DirectoryOrCreate
    name: ca-certs
`;

const commandOf = (text: string): string[] =>
  (load(text) as { spec: { containers: { command: string[] }[] } }).spec.containers[0]?.command ?? [];

describe('auditManifest', () => {
  const edited = auditManifest(manifest, settings);

  it('sets the flags, replaces one that is there, and mounts both', () => {
    expect(edited?.refused).toEqual([]);
    expect(commandOf(edited?.text ?? '')).toEqual([
      'kube-apiserver',
      '--audit-log-maxage=30',
      '--etcd-servers=https://127.0.0.1:2379',
      '--audit-policy-file=/etc/kubernetes/audit/policy.yaml',
      '--audit-log-path=/var/log/kubernetes/audit/audit.log',
      '--audit-log-maxbackup=10',
      '--audit-log-maxsize=100',
    ]);
    expect(load(edited?.text ?? '')).toMatchObject({
      spec: {
        containers: [
          {
            volumeMounts: [
              { name: 'ca-certs' },
              { name: 'audit-policy', mountPath: settings.policyPath, readOnly: true },
              { name: 'audit-log', mountPath: '/var/log/kubernetes/audit' },
            ],
          },
        ],
        volumes: [
          { name: 'ca-certs' },
          { name: 'audit-policy', hostPath: { path: settings.policyPath, type: 'File' } },
          { name: 'audit-log', hostPath: { path: '/var/log/kubernetes/audit', type: 'DirectoryOrCreate' } },
        ],
      },
    });
  });

  it('leaves every other line, and makes a patch that gives the same', () => {
    const text = edited?.text ?? '';
    const kept = manifest.split('\n').filter((line) => !line.includes('maxage'));
    const lines = text.split('\n');
    expect(kept.filter((line) => !lines.includes(line))).toEqual([]);
    expect(applyPatch(manifest, unifiedDiff('kube-apiserver.yaml', manifest, text))).toBe(text);
  });

  it('changes nothing the second time', () => {
    expect(auditManifest(edited?.text ?? '', settings)?.text).toBe(edited?.text);
  });

  it('is for manifests of kube-apiserver only', () => {
    expect(auditManifest('kind: Pod\nspec: {containers: [{command: [etcd]}]}\n', settings)).toBeUndefined();
    expect(auditManifest('[]', settings)).toBeUndefined();
  });

  it('has an example with the same flags', () => {
    expect(commandOf(exampleManifest(settings)).slice(1)).toEqual(
      auditFlags(settings).map(([name, value]) => `--${name}=${value}`),
    );
  });
});

describe('rotation', () => {
  const gigabyte = 1e9;

  it.each([
    ['nothing known', {}, { maxAge: 30, maxBackup: 10, maxSize: 100 }, undefined, 0],
    ['a quiet cluster', { bytesPerDay: 0.02 * gigabyte }, { maxAge: 30, maxBackup: 10, maxSize: 100 }, 30, 0],
    ['4.8 GB a day', { bytesPerDay: 4.8 * gigabyte }, { maxAge: 30, maxBackup: 480, maxSize: 300 }, 30, 0],
    [
      '4.8 GB a day on a small disk',
      { bytesPerDay: 4.8 * gigabyte, disk: 20 * gigabyte },
      { maxAge: 30, maxBackup: 199, maxSize: 100 },
      4.17,
      1,
    ],
    ['a disk for two files', { disk: 0.2 * gigabyte }, { maxAge: 30, maxBackup: 1, maxSize: 100 }, undefined, 1],
  ])('for %s', (_, options, rotation, days, warnings) => {
    expect(rotationFor(options)).toEqual(rotation);
    const retention = retentionOf(rotation, options);
    expect(retention.days === undefined ? undefined : Number(retention.days.toFixed(2))).toBe(days);
    expect(retention.warnings.length).toBe(warnings);
    if ('disk' in options && options.disk !== undefined) expect(retention.space).toBeLessThanOrEqual(options.disk);
  });

  it('says what does not fit', () => {
    expect(
      retentionOf({ maxAge: 30, maxBackup: 10, maxSize: 100 }, { bytesPerDay: 4.4e9, disk: 1e9 }).warnings,
    ).toEqual([
      '11 files of 100 MB do not fit: a full disk stops the API server, and etcd beside it',
      'the log lasts 6.0 hours and not 30: ship it elsewhere, or give it more space',
    ]);
  });
});

describe('serverAdvice', () => {
  it('is there for every distribution, and valid configuration for k3s and RKE2', () => {
    for (const target of auditTargets) {
      if (target !== 'kubeadm') expect(serverAdvice(target, settings).length).toBeGreaterThan(2);
    }
    expect(load(serverAdvice('k3s', settings).join('\n'))).toEqual({
      'kube-apiserver-arg': auditFlags(settings).map(([name, value]) => `${name}=${value}`),
    });
    expect(load(serverAdvice('rke2', settings).join('\n'))).toMatchObject({ 'audit-policy-file': settings.policyPath });
  });
});
