import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import allowPrivilegeEscalation from './allow-privilege-escalation.ts';
import baselineAdd from './capabilities-baseline-add.ts';
import dangerous from './capabilities-dangerous.ts';
import dropAll from './capabilities-drop-all.ts';
import netRawKept from './capabilities-net-raw-kept.ts';
import sysAdmin from './capabilities-sys-admin.ts';
import hostIpc from './host-ipc.ts';
import hostNetwork from './host-network.ts';
import hostPath from './host-path.ts';
import hostPathSensitive from './host-path-sensitive.ts';
import hostPid from './host-pid.ts';
import hostPort from './host-port.ts';
import procMount from './proc-mount.ts';
import subpathCve from './subpath-cve.ts';
import sudoEntrypoint from './sudo-entrypoint.ts';
import unsafeSysctls from './unsafe-sysctls.ts';
import volumeTypes from './volume-types.ts';

interface Case {
  readonly trap: string;
  readonly controls: readonly AnyControl[];
  readonly text: string;
  readonly messages: readonly string[];
}

const sysctl = (name: string) => inPod(`securityContext: { sysctls: [{ name: ${name}, value: "1" }] }`);
const hostPathAt = (path: string) => inPod(`volumes: [{ name: host, hostPath: { path: ${path} } }]`);

/** Each is a defect that one scanner or another has, or had; here it is judged as Kubernetes does. */
const cases: readonly Case[] = [
  {
    trap: 'host namespaces taken for host IPC alone',
    controls: [hostIpc, hostNetwork, hostPid],
    text: inPod('hostPID: true\nhostNetwork: true'),
    messages: ['the pod sets hostNetwork: true', 'the pod sets hostPID: true'],
  },
  {
    trap: 'volume type spelt cephFS',
    controls: [volumeTypes],
    text: inPod('volumes: [{ name: data, cephfs: { monitors: [ceph.example] } }]'),
    messages: ['volume data is of type cephfs'],
  },
  {
    trap: 'list of volume types older than image, csi and ephemeral',
    controls: [volumeTypes],
    text: inPod('volumes: [{ name: a, image: {} }, { name: b, csi: {} }, { name: c, ephemeral: {} }]'),
    messages: [],
  },
  {
    trap: 'procMount: Default reported',
    controls: [procMount],
    text: inContainer('securityContext: { procMount: Default }'),
    messages: [],
  },
  {
    trap: 'NET_RAW asked for only where there is a capabilities block',
    controls: [netRawKept],
    text: inPod(''),
    messages: ['container app does not drop NET_RAW'],
  },
  {
    trap: 'unset allowPrivilegeEscalation taken for safe',
    controls: [allowPrivilegeEscalation],
    text: inContainer('securityContext: { runAsNonRoot: true }'),
    messages: ['container app does not set allowPrivilegeEscalation, so it is true'],
  },
  {
    trap: 'allowPrivilegeEscalation looked for in the securityContext of the pod',
    controls: [allowPrivilegeEscalation],
    text: inPod('securityContext: { allowPrivilegeEscalation: false }'),
    messages: ['container app does not set allowPrivilegeEscalation, so it is true'],
  },
  {
    trap: 'every net. sysctl called unsafe',
    controls: [unsafeSysctls],
    text: sysctl('net.ipv4.ip_local_port_range'),
    messages: [],
  },
  {
    trap: 'every kernel. sysctl called unsafe',
    controls: [unsafeSysctls],
    text: sysctl('kernel.shm_rmid_forced'),
    messages: [],
  },
  {
    trap: 'list of safe sysctls that ends years ago',
    controls: [unsafeSysctls],
    text: sysctl('net.ipv4.tcp_rmem'),
    messages: [],
  },
  {
    trap: 'no net. sysctl called unsafe',
    controls: [unsafeSysctls],
    text: sysctl('net.ipv4.conf.all.route_localnet'),
    messages: ['the pod sets the kernel parameter net.ipv4.conf.all.route_localnet'],
  },
  {
    trap: 'init and ephemeral containers left out',
    controls: [allowPrivilegeEscalation, hostPort],
    text: inPod(`initContainers:
  - { name: setup, ports: [{ hostPort: 80, containerPort: 80 }], securityContext: { allowPrivilegeEscalation: false } }
ephemeralContainers: [{ name: debug }]`).replace(
      'image: registry.example/app:1.0',
      'securityContext: { allowPrivilegeEscalation: false }',
    ),
    messages: [
      'container debug does not set allowPrivilegeEscalation, so it is true',
      'container setup takes port 80/TCP of the node',
    ],
  },
  {
    trap: 'capabilities of ephemeral containers unseen',
    controls: [sysAdmin],
    text: inPod('ephemeralContainers: [{ name: debug, securityContext: { capabilities: { add: [SYS_ADMIN] } } }]'),
    messages: ['container debug adds the capability SYS_ADMIN'],
  },
  {
    trap: 'DAC_READ_SEARCH missing from the dangerous capabilities',
    controls: [dangerous, baselineAdd],
    text: inContainer('securityContext: { capabilities: { add: [DAC_READ_SEARCH] } }'),
    messages: ['container app adds the capability DAC_READ_SEARCH'],
  },
  {
    trap: 'SMALL taken for ALL',
    controls: [dropAll],
    text: inContainer('securityContext: { capabilities: { drop: [SMALL] } }'),
    messages: ['container app drops SMALL, not ALL'],
  },
  {
    trap: 'one dropped capability taken for hardening',
    controls: [dropAll],
    text: inContainer('securityContext: { capabilities: { drop: [MKNOD] } }'),
    messages: ['container app drops MKNOD, not ALL'],
  },
  {
    trap: 'Linux settings asked of Windows pods',
    controls: [allowPrivilegeEscalation, dropAll, netRawKept],
    text: inPod('os: { name: windows }'),
    messages: [],
  },
  {
    trap: 'hostPath volumes seen only where a container mounts them',
    controls: [hostPath],
    text: hostPathAt('/srv'),
    messages: ['volume host is /srv of the node, mounted by no container'],
  },
  ...['/proc/', '//proc', '/proc/1', '/etc/../etc', '/var/lib/kubelet/pods'].map((path) => ({
    trap: `sensitive paths compared letter by letter: ${path}`,
    controls: [hostPathSensitive],
    text: hostPathAt(path),
    messages: [`volume host is ${path} of the node, mounted by no container`],
  })),
  {
    trap: 'versions compared as strings',
    controls: [subpathCve],
    text: `${inContainer('volumeMounts: [{ name: data, mountPath: /data, subPath: app }]')}---
{ apiVersion: v1, kind: Node, metadata: { name: old }, status: { nodeInfo: { kubeletVersion: v1.9.0 } } }
`,
    messages: ['container app mounts a subPath of volume data, and the kubelet of node old is v1.9.0 (CVE-2021-25741)'],
  },
  {
    trap: 'sudo found inside other words',
    controls: [sudoEntrypoint],
    text: inContainer('command: [/usr/bin/pseudo, --sudo]'),
    messages: [],
  },
  {
    trap: 'sudo looked for in command alone',
    controls: [sudoEntrypoint],
    text: inContainer('args: [/usr/bin/sudo, /app]'),
    messages: ['container app starts its process with sudo'],
  },
];

describe('traps that scanners fall into', () => {
  it.each(cases)('$trap', ({ controls, text, messages }) => {
    const found = judgeText(controls, text).findings.map(({ message }) => message);
    expect(found.toSorted()).toEqual(messages);
  });
});
