import fc from 'fast-check';
import type { ExampleFile } from './example-node.ts';

export type Files = readonly (readonly [string, ExampleFile])[];

/** With a credential, and with the name of a file that holds it. */
const users = [
  'client-key-data: REDACTED',
  'client-key-data: REDACTED',
  'token: REDACTED',
  'client-key: /var/lib/kubelet/pki/kubelet-client-current.pem',
];

/** Files that the checks of modes and owners ask for and that no component's configuration is. */
export function otherFiles(): fc.Arbitrary<Files> {
  const kubeconfigs = ['admin', 'super-admin', 'scheduler', 'controller-manager', 'kubelet'].map((name) =>
    mostly(
      fc.tuple(rights(0o600), fc.constantFrom(...users)).map(
        ([owned, user]): Files => [
          [
            `/etc/kubernetes/${name}.conf`,
            {
              text: `kind: Config\nusers:\n- name: a\n  user:\n    ${user}\n`,
              ...(/key-data|token/.test(user) && { holds: 'kubeconfig-credential' }),
              ...owned,
            },
          ],
        ],
      ),
    ),
  );
  const key = rights(0o600).map(
    (owned): Files => [['/etc/kubernetes/pki/a.key', { text: '', holds: 'private-key', ...owned }]],
  );
  const pki = rights(0o755).map((owned): Files => [['/etc/kubernetes/pki', owned]]);
  const accounts: Files = ['/etc/passwd', '/etc/group'].map(
    (path) => [path, plain('root:x:0:\netcd:x:2000:\n')] as const,
  );
  const data = fc
    .tuple(rights(0o700), fc.boolean())
    .map(([owned, isEtcd]): Files => [['/var/lib/etcd', isEtcd ? { ...owned, uid: 2000, gid: 2000 } : owned]]);
  return fc.tuple(fc.constant(accounts), key, pki, data, ...kubeconfigs).map((all) => all.flat());
}

/** Mode and owner of a file: as they should be half of the time, and else any. */
export function rights(mode: number): fc.Arbitrary<Pick<ExampleFile, 'mode' | 'uid' | 'gid'>> {
  const right = { mode, uid: 0, gid: 0 };
  const any = fc.record({
    mode: fc.constantFrom(mode, 0o400, 0o604, 0o640, 0o644, 0o755),
    uid: fc.constantFrom(0, 0, 1000),
    gid: fc.constantFrom(0, 0, 1000),
  });
  return fc.oneof(fc.constant(right), any);
}

export function plain(text: string): ExampleFile {
  return { text, mode: 0o600, uid: 0, gid: 0 };
}

/** These files, or none of them. */
export function mostly(files: fc.Arbitrary<Files>): fc.Arbitrary<Files> {
  return fc.oneof({ weight: 9, arbitrary: files }, { weight: 1, arbitrary: fc.constant([]) });
}
