import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { inContainer, inPod } from '../examples.ts';
import allowPrivilegeEscalation from './allow-privilege-escalation.ts';
import dropAll from './capabilities-drop-all.ts';
import dropAny from './capabilities-drop-any.ts';
import netRawAdded from './capabilities-net-raw-added.ts';
import netRawKept from './capabilities-net-raw-kept.ts';
import sysAdmin from './capabilities-sys-admin.ts';
import capabilityPrefix from './capability-prefix.ts';
import hostNetwork from './host-network.ts';
import hostPort from './host-port.ts';
import noSecurityContext from './no-security-context.ts';
import privileged from './privileged.ts';
import probeHost from './probe-host.ts';
import procMount from './proc-mount.ts';
import windowsHostProcess from './windows-host-process.ts';

const containerControls = [
  allowPrivilegeEscalation,
  dropAll,
  dropAny,
  netRawAdded,
  netRawKept,
  sysAdmin,
  capabilityPrefix,
];
const hostControls = [hostNetwork, hostPort, probeHost, windowsHostProcess];

describe('one finding a root cause', () => {
  it.each([
    [
      'a privileged container is privileged, and nothing that follows from it',
      inContainer('securityContext: { privileged: true, procMount: Unmasked, capabilities: { add: [CAP_SYS_ADMIN] } }'),
      ['pods/privileged'],
    ],
    [
      'a bare container needs two settings',
      inPod(''),
      ['pods/allow-privilege-escalation', 'pods/capabilities-drop-all'],
    ],
    [
      'NET_RAW that is dropped and added again is an added capability',
      inContainer(
        'securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL], add: [NET_RAW] } }',
      ),
      ['pods/capabilities-net-raw-added'],
    ],
    [
      'in the host network, ports and probes of the host are no findings of their own',
      inPod(`hostNetwork: true
initContainers:
  - name: agent
    ports: [{ containerPort: 9100 }]
    livenessProbe: { httpGet: { port: 9100, host: 127.0.0.1 } }`),
      ['pods/allow-privilege-escalation', 'pods/capabilities-drop-all', 'pods/host-network'],
    ],
    [
      'a HostProcess pod has to be in the host network',
      inPod('hostNetwork: true\nos: { name: windows }\nsecurityContext: { windowsOptions: { hostProcess: true } }'),
      ['pods/windows-host-process'],
    ],
    ['a Windows pod without any security context', inPod('os: { name: windows }'), ['pods/no-security-context']],
  ])('%s', (_, text, ids) => {
    const controls = [...containerControls, ...hostControls, noSecurityContext, privileged, procMount];
    const { findings } = judgeText(controls, text);
    expect([...new Set(findings.map(({ control }) => control.id))].toSorted()).toEqual(ids);
  });
});
