import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { evaluatePod, latestVersion, podFromJson } from '../../semantics/pod-security/index.ts';
import type { AnyControl } from '../control.ts';
import apparmorUnconfined from './apparmor-unconfined.ts';
import rootUser from './root-user.ts';
import runAsNonRoot from './run-as-non-root.ts';
import seccompProfile from './seccomp-profile.ts';
import seccompUnconfined from './seccomp-unconfined.ts';
import selinuxOptions from './selinux-options.ts';

const profile = fc.record({ type: fc.constantFrom('RuntimeDefault', 'Localhost', 'Unconfined', 'Other', '') });
const securityContext = fc.record(
  {
    runAsNonRoot: fc.boolean(),
    runAsUser: fc.constantFrom(0, 1000),
    seccompProfile: profile,
    appArmorProfile: profile,
    seLinuxOptions: fc.record(
      {
        type: fc.constantFrom('', 'container_engine_t', 'spc_t'),
        user: fc.constantFrom('', 'u'),
        level: fc.constant('s0'),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const containers = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), securityContext }), {
  minLength: 1,
  maxLength: 2,
});
const pods = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Pod'),
  metadata: fc.record({
    name: fc.constant('p'),
    annotations: fc.dictionary(
      fc.constantFrom(
        'container.apparmor.security.beta.kubernetes.io/a',
        'container.apparmor.security.beta.kubernetes.io/x',
        'y',
      ),
      fc.constantFrom('runtime/default', 'localhost/x', 'unconfined', ''),
    ),
  }),
  spec: fc.record(
    {
      securityContext,
      hostUsers: fc.boolean(),
      containers,
      initContainers: containers,
      ephemeralContainers: containers,
    },
    { requiredKeys: ['containers'] },
  ),
});

it('agrees with Pod Security on what is forbidden', () => {
  fc.assert(
    fc.property(pods, (object) => {
      const results = evaluatePod(podFromJson(object).pod, { level: 'restricted', version: latestVersion });
      const denied = (check: string) => results.some((result) => result.check === check);
      const text = JSON.stringify(object);
      const fails = (control: AnyControl) => judgeExample(control, text).length > 0;

      expect(fails(apparmorUnconfined)).toBe(denied('appArmorProfile'));
      expect(fails(selinuxOptions)).toBe(denied('seLinuxOptions'));
      expect(fails(rootUser)).toBe(denied('runAsUser'));
      expect(fails(seccompUnconfined) || fails(seccompProfile)).toBe(denied('seccompProfile_restricted'));
      // Pod Security also minds runAsNonRoot: false of a pod whose containers all override it.
      if (fails(runAsNonRoot)) expect(denied('runAsNonRoot')).toBe(true);
      if (denied('runAsNonRoot') && object.spec.securityContext?.runAsNonRoot !== false) {
        expect(fails(runAsNonRoot) || fails(rootUser)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});
