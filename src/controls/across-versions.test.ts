import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { describedMinors } from '../semantics/component-config/versions.ts';
import { file, kubeletConfig, staticPod, unit } from './node-examples.ts';
import { node } from './nodes/examples.ts';
import { controls } from './registry.ts';

const ofComponents = controls.filter(({ subject }) => subject === 'component');

function findings(text: string): string[] {
  return judgeText(ofComponents, text).findings.map(
    ({ control, severity, failure: { key = '' } }) => `${severity} ${control.id} ${key}`,
  );
}

function reasons(id: string, text: string): (string | undefined)[] {
  const chosen = ofComponents.filter((control) => control.id === id);
  const { findings: found, undecided } = judgeText(chosen, text);
  return [...found.map(({ message }) => message), ...undecided.map(({ reason }) => `undecided: ${reason}`)];
}

/** Arguments of an API server whose defaults and meaning differ among versions. */
const args = fc.subarray([
  '--anonymous-auth=false',
  '--profiling=false',
  '--authorization-mode=Node,RBAC',
  '--enable-admission-plugins=NodeRestriction,DenyServiceExternalIPs',
  '--enable-admission-plugins=PodSecurityPolicy',
  '--insecure-port=0',
  '--kubelet-https=false',
  '--tls-cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA',
  '--service-account-issuer=https://a.example',
  '--encryption-provider-config-automatic-reload=true',
  '--feature-gates=AnonymousAuthConfigurableEndpoints=true',
]);

const server = { pid: 7, parent: 1, exe: '/usr/bin/kube-apiserver', env: {} };
const running = (...words: string[]): string =>
  node({ processes: [{ ...server, argv: ['kube-apiserver', ...words] }] });

describe('a component whose version is not known', () => {
  it('has no finding that it has not in its version', () => {
    fc.assert(
      fc.property(args, fc.constantFrom(...describedMinors('kube-apiserver')), (given, minor) => {
        const text = staticPod('kube-apiserver', given, `v1.${minor}.0`);
        const truth = judgeText(ofComponents, text);
        // A version that does not start is none that it may be.
        if (truth.findings.some(({ message }) => message.includes('does not start'))) return;
        const known = new Map(truth.findings.map(({ control, failure: { key = '' } }) => [`${control.id} ${key}`, 1]));
        const untold = judgeText(ofComponents, text.replace(/:v1\.\d+\.0/, '@sha256:00'));
        for (const { control, failure } of untold.findings) {
          expect(known.has(`${control.id} ${failure.key ?? ''}`), control.id).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is told so, with the versions that may be', () => {
    const { unknownVersions } = judgeText(ofComponents, running('--insecure-port=0'));
    expect(unknownVersions).toEqual([
      {
        code: 'unavailable',
        what: 'version of kube-apiserver on node-1',
        reason: 'it may be v1.16 to v1.23, and what differs between them is undecided',
        hint: 'images with a tag, Nodes of the cluster and the ConfigMap of kubeadm tell versions',
      },
    ]);
    expect(judgeText(ofComponents, staticPod('kube-apiserver', [])).unknownVersions).toEqual([]);
  });

  it('of an API server that runs has no finding of a newer version', () => {
    const found = findings(
      running('--insecure-port=0', '--enable-admission-plugins=NodeRestriction', '--authorization-mode=Node,RBAC'),
    ).join('\n');
    expect(found).not.toMatch(/deny-service-external-ips|encryption-reload|configuration-problems/);
    expect(found).toContain('medium kube-apiserver/anonymous-auth');
  });

  it.each<[string, string, string[]]>([
    [
      'kubelet/seccomp-default',
      unit('kubelet', ['--container-runtime=remote']),
      [
        'undecided: the version of kubelet is not known: in v1.16 to v1.21, this version of kubelet has no seccompDefault; in v1.22 to v1.26, seccompDefault is false (default): containers that name no profile run unconfined',
      ],
    ],
    [
      'kubelet/read-only-port',
      unit('kubelet', []),
      ['readOnlyPort is 10255 (default): pod specifications and metrics are served to anyone, without TLS'],
    ],
  ])('%s of %j', (id, text, expected) => {
    const said = reasons(id, text);
    expect(said).toEqual(expected);
  });

  it('takes the version of what runs beside it, and says whose', () => {
    const text = kubeletConfig() + staticPod('kube-scheduler', [], 'v1.30.0');
    expect(judgeText(ofComponents, text).unknownVersions).toEqual([]);
    expect(findings(text)).toContain('medium kubelet/seccomp-default ');
    expect(findings(text + file('/etc/x', ''))).toContain('medium kubelet/seccomp-default ');
  });
});
