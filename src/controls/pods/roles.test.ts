import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { controls } from '../registry.ts';

const ours = controls.filter(({ id }) => id.startsWith('pods/'));

const optional = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });

const capabilities = fc.array(fc.constantFrom('ALL', 'CAP_SYS_ADMIN', 'NET_RAW', 'CHOWN', 'net_raw'), { maxLength: 3 });

const container = fc.record({
  name: fc.constant('app'),
  command: optional(['sudo', '/app'], ['/app']),
  securityContext: fc.record({
    privileged: optional(true, false),
    allowPrivilegeEscalation: optional(true, false),
    procMount: optional('Default', 'Unmasked'),
    runAsUser: optional(0, 1000),
    capabilities: fc.record({ add: capabilities, drop: capabilities }),
    windowsOptions: fc.record({ hostProcess: optional(true), runAsUserName: optional('ContainerAdministrator') }),
  }),
  ports: fc.constantFrom([], [{ containerPort: 80, hostPort: 8080 }]),
  livenessProbe: optional({ httpGet: { port: 80, host: 'elsewhere.example' } }),
  volumeDevices: fc.constantFrom([], [{ name: 'disk', devicePath: '/dev/xvda' }]),
  volumeMounts: fc.array(
    fc.record({
      name: fc.constantFrom('host', 'data'),
      mountPath: fc.constant('/data'),
      readOnly: optional(true, false),
      mountPropagation: optional('None', 'HostToContainer', 'Bidirectional'),
      subPath: optional('app'),
    }),
    { maxLength: 2 },
  ),
});

const volumes = [
  { name: 'host', hostPath: { path: '/srv' } },
  { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
];

describe('the three lists of containers', () => {
  it('are judged alike: moving a container between them changes no verdict', () => {
    expect(ours.map(({ id }) => id)).toContain('pods/privileged');
    fc.assert(
      fc.property(container, fc.record({ hostPID: optional(true), hostUsers: optional(false) }), (spec, podFields) => {
        const verdicts = ['initContainers', 'containers', 'ephemeralContainers'].map((list) => {
          const pod = { ...podFields, volumes, [list]: [spec] };
          const text = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: pod });
          const { findings, errors } = judgeText(ours, text);
          expect(errors).toEqual([]);
          return findings.map(({ control, severity, message }) => `${severity} ${control.id}: ${message}`);
        });
        expect(verdicts[1]).toEqual(verdicts[0]);
        expect(verdicts[2]).toEqual(verdicts[0]);
      }),
      { numRuns: 200 },
    );
  });
});
