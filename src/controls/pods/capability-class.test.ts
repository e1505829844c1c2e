import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import baselineAdd from './capabilities-baseline-add.ts';
import dangerous from './capabilities-dangerous.ts';
import netRawAdded from './capabilities-net-raw-added.ts';
import restrictedAdd from './capabilities-restricted-add.ts';
import sysAdmin from './capabilities-sys-admin.ts';
import sysModule from './capabilities-sys-module.ts';
import { classifyCapability, plainCapability } from './capability-class.ts';

describe('classifyCapability', () => {
  it.each([
    ['SYS_ADMIN', 'sys-admin'],
    ['CAP_SYS_ADMIN', 'sys-admin'],
    ['sys_admin', 'sys-admin'],
    ['cap_Sys_Admin', 'sys-admin'],
    ['SYS_MODULE', 'sys-module'],
    ['NET_RAW', 'net-raw'],
    ['CAP_NET_RAW', 'net-raw'],
    ['ALL', 'dangerous'],
    ['all', 'dangerous'],
    ['DAC_READ_SEARCH', 'dangerous'],
    ['BPF', 'dangerous'],
    ['SYS_TIME', 'dangerous'],
    ['SYS_NICE', 'beyond-baseline'],
    ['constructor', 'beyond-baseline'],
    ['', 'beyond-baseline'],
    // Pod Security compares exactly.
    ['chown', 'beyond-baseline'],
    ['CAP_NET_BIND_SERVICE', 'beyond-baseline'],
    ['CHOWN', 'beyond-restricted'],
    ['SYS_CHROOT', 'beyond-restricted'],
    ['NET_BIND_SERVICE', 'allowed'],
  ])('%j is %s', (name, capabilityClass) => {
    expect(classifyCapability(name)).toBe(capabilityClass);
  });
});

describe('added capabilities', () => {
  const controls = [sysAdmin, sysModule, dangerous, netRawAdded, baselineAdd, restrictedAdd];
  const known = ['ALL', 'BPF', 'CHOWN', 'IPC_LOCK', 'KILL', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW', 'SYS_ADMIN'];
  const spelling = fc.constantFrom(
    (name: string) => name,
    (name: string) => `CAP_${name}`,
    (name: string) => name.toLowerCase(),
  );
  const capability = fc.oneof(
    fc.tuple(fc.constantFrom(...known, 'SYS_MODULE'), spelling).map(([name, spell]) => spell(name)),
    fc.stringMatching(/^[A-Za-z_]{1,8}$/),
  );

  it('are each reported exactly once, but for NET_BIND_SERVICE', () => {
    fc.assert(
      fc.property(fc.uniqueArray(capability, { maxLength: 6 }), (add) => {
        const container = { name: 'app', securityContext: { capabilities: { add } } };
        const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } };
        const reported = judgeText(controls, JSON.stringify(pod)).findings.flatMap(({ message }) =>
          message.replace(/^container app adds the capabilit(?:y|ies) /, '').split(', '),
        );
        expect(reported.toSorted()).toEqual(add.filter((name) => name !== 'NET_BIND_SERVICE').toSorted());
      }),
      { numRuns: 200 },
    );
  });
});

describe('plainCapability', () => {
  it.each([
    ['CAP_SYS_BOOT', 'SYS_BOOT'],
    ['cap_sys_boot', 'SYS_BOOT'],
    ['all', 'ALL'],
    ['CAPTURE', 'CAPTURE'],
  ])('%j is %j', (name, plain) => {
    expect(plainCapability(name)).toBe(plain);
  });
});
