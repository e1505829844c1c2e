import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import allowPrivilegeEscalation from './allow-privilege-escalation.ts';
import baselineAdd from './capabilities-baseline-add.ts';
import dangerous from './capabilities-dangerous.ts';
import dropAll from './capabilities-drop-all.ts';
import netRawAdded from './capabilities-net-raw-added.ts';
import restrictedAdd from './capabilities-restricted-add.ts';
import sysAdmin from './capabilities-sys-admin.ts';
import sysModule from './capabilities-sys-module.ts';
import cloudCredentialPath from './cloud-credential-path.ts';
import gitrepoVolume from './gitrepo-volume.ts';
import hostIpc from './host-ipc.ts';
import hostNetwork from './host-network.ts';
import hostPath from './host-path.ts';
import hostPathSensitive from './host-path-sensitive.ts';
import hostPathWritable from './host-path-writable.ts';
import hostPid from './host-pid.ts';
import hostPort from './host-port.ts';
import privileged from './privileged.ts';
import unsafeSysctls from './unsafe-sysctls.ts';
import volumeTypes from './volume-types.ts';
import windowsHostProcess from './windows-host-process.ts';

const folder = new URL('../../../../shared/conformance/psa/', import.meta.url);
const missing = !existsSync(folder);
if (missing) console.warn(`skipped: ${folder.pathname} is not there, so controls were not held against Pod Security`);

const beyondBaseline = [sysAdmin, sysModule, dangerous, netRawAdded, baselineAdd];
const hostPaths = [hostPath, hostPathWritable, hostPathSensitive, cloudCredentialPath];

/**
 * The controls that together ask what a check of Pod Security asks. Without procMount: its fixtures of v1.30 have
 * `hostUsers: false`, with which baseline allows it since v1.35.
 */
const baseline: Readonly<Record<string, readonly AnyControl[]>> = {
  capabilities_baseline: beyondBaseline,
  hostnamespaces: [hostIpc, hostNetwork, hostPid],
  hostpathvolumes: hostPaths,
  hostports: [hostPort],
  privileged: [privileged],
  sysctls: [unsafeSysctls],
  windowshostprocess: [windowsHostProcess],
};
const restricted: Readonly<Record<string, readonly AnyControl[]>> = {
  ...baseline,
  allowprivilegeescalation: [allowPrivilegeEscalation],
  capabilities_restricted: [...beyondBaseline, restrictedAdd, dropAll],
  restrictedvolumes: [...hostPaths, gitrepoVolume, volumeTypes],
};

interface Row {
  readonly level: 'baseline' | 'restricted';
  readonly version: string;
  readonly expect: 'pass' | 'fail';
  readonly check: string | null;
  readonly fixture: string;
}

/** Ids of the controls that fail, those that others cover included. */
function failing(controls: readonly AnyControl[], fixture: string): string[] {
  const { coverage } = judgeText(controls, readFileSync(new URL(`fixtures/${fixture}`, folder), 'utf8'));
  return controls.filter((control) => coverage.get(control)?.fail).map(({ id }) => id);
}

describe.skipIf(missing)('the controls, held against the fixtures of Pod Security', () => {
  const rows: readonly Row[] = missing ? [] : JSON.parse(readFileSync(new URL('index.json', folder), 'utf8'));
  const newest = rows.filter(({ version }) => version === 'v1.30');

  for (const [level, checks] of Object.entries({ baseline, restricted })) {
    const ofLevel = newest.filter((row) => row.level === level);

    it(`find nothing in what passes ${level}`, () => {
      const controls = [...new Set(Object.values(checks).flat())];
      const passing = ofLevel.filter((row) => row.expect === 'pass');
      expect(passing.length).toBeGreaterThan(10);
      for (const { fixture } of passing) expect([fixture, failing(controls, fixture)]).toEqual([fixture, []]);
    });

    it.each(Object.entries(checks))(`find what ${level} refuses by its check %s`, (check, controls) => {
      for (const { fixture } of ofLevel.filter((row) => row.check === check && row.expect === 'fail')) {
        expect([fixture, failing(controls, fixture)]).not.toEqual([fixture, []]);
      }
    });
  }

  it('have rows for each check', () => {
    const known = new Set(newest.filter((row) => row.expect === 'fail').map(({ check }) => check));
    expect(Object.keys(restricted).filter((check) => !known.has(check))).toEqual([]);
  });
});
