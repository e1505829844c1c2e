import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { fitsPodSecurity } from './fits.ts';
import { policyAnnotations } from './profiles.ts';
import { policy } from './test-objects.ts';

const strict = {
  allowPrivilegeEscalation: false,
  requiredDropCapabilities: ['ALL'],
  volumes: ['configMap', 'secret'],
  runAsUser: { rule: 'MustRunAsNonRoot' },
  seLinux: { rule: 'MustRunAs', seLinuxOptions: { type: 'container_t' } },
};
const profiles = {
  [policyAnnotations.allowedSeccomp]: 'runtime/default,localhost/x',
  [policyAnnotations.allowedAppArmor]: 'runtime/default',
};

describe('fitsPodSecurity', () => {
  it.each<readonly [string, JsonObject, JsonObject, string, readonly string[]]>([
    ['nothing', {}, {}, 'restricted', []],
    [
      'a sysctl that both allow',
      { allowedUnsafeSysctls: ['net.ipv4.ip_unprivileged_port_start'] },
      {},
      'restricted',
      [],
    ],
    ['NET_BIND_SERVICE', { allowedCapabilities: ['NET_BIND_SERVICE'] }, {}, 'restricted', []],
    ['CHOWN', { allowedCapabilities: ['CHOWN'] }, {}, 'baseline', ['allowedCapabilities lets containers add CHOWN']],
    ['nfs', { volumes: ['nfs'] }, {}, 'baseline', ['volumes allows nfs']],
    ['a user', { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 1, max: 2 }] } }, {}, 'restricted', []],
    [
      'root',
      { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 0, max: 2 }] } },
      {},
      'baseline',
      ['runAsUser has a range with 0 in it'],
    ],
    ['the host', { hostPID: true }, {}, 'privileged', ['hostPID allows the processes of the host']],
    ['any volume', { volumes: ['*'] }, {}, 'privileged', ['volumes allows every type']],
    ['a sysctl', { allowedUnsafeSysctls: ['kernel.*'] }, {}, 'privileged', ['allowedUnsafeSysctls allows kernel.*']],
    ['SELinux', { seLinux: { rule: 'RunAsAny' } }, {}, 'privileged', ['seLinux lets pods choose any SELinux context']],
    [
      'unconfined',
      {},
      { [policyAnnotations.allowedSeccomp]: 'unconfined' },
      'privileged',
      [`${policyAnnotations.allowedSeccomp} allows seccomp profiles unconfined`],
    ],
  ])('with %s', (_what, spec, annotations, level, blockers) => {
    const fit = fitsPodSecurity(policy('p', { ...strict, ...spec }, { ...profiles, ...annotations }));
    expect(fit.level).toBe(level);
    expect(fit.blockers.map(({ field, message }) => `${field} ${message}`)).toEqual(blockers);
  });

  it('tells what is lost, and what the level asks for all the same', () => {
    const { lost, traps } = fitsPodSecurity(
      policy(
        'p',
        { ...strict, fsGroup: { rule: 'MayRunAs', ranges: [{ min: 1, max: 9 }] }, allowedCSIDrivers: [{ name: 'a' }] },
        profiles,
      ),
    );
    expect(lost.map(({ field }) => field)).toEqual([
      ...['allowedCSIDrivers', 'requiredDropCapabilities', 'fsGroup', 'seLinux', 'allowPrivilegeEscalation'],
    ]);
    expect(traps).toHaveLength(2);
    expect(fitsPodSecurity(policy('open')).level).toBe('privileged');
  });
});
