import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readToml, tomlAt, tomlLines } from './toml.ts';

const text = `version = 3
[plugins]
  [plugins."io.containerd.cri.v1.runtime"]
    enable_selinux = false
    "max" = 9007199254740990
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [
      "/opt/cni/bin",
    ]
[[list]]
__proto__ = 1
when = 1979-05-27
`;

it('reads what runtimes write', () => {
  const value = readToml(text);
  expect(tomlAt(value, ['plugins', 'io.containerd.cri.v1.runtime', 'cni', 'bin_dirs'])).toEqual(['/opt/cni/bin']);
  expect(tomlAt(value, ['plugins', 'io.containerd.cri.v1.runtime', 'enable_selinux'])).toBe(false);
  expect(tomlAt(value, ['plugins', 'constructor'])).toBeUndefined();
  expect(tomlAt(value, ['version', 'x'])).toBeUndefined();
});

it.each<[readonly string[], number | undefined]>([
  [['version'], 1],
  [['plugins', 'io.containerd.cri.v1.runtime', 'enable_selinux'], 4],
  [['plugins', 'io.containerd.cri.v1.runtime', 'max'], 5],
  [['plugins', 'io.containerd.cri.v1.runtime', 'cni', 'bin_dirs'], 7],
  [['plugins', 'io.containerd.cri.v1.runtime', 'cni', 'conf_dir'], 6],
  [['elsewhere', 'bin_dirs'], 7],
  [['elsewhere', 'nothing'], undefined],
])('finds %j on line %s', (path, line) => {
  expect(tomlLines(text)(path)).toBe(line);
});

it.each(['[plugins', 'a = ', `a = ${'['.repeat(20_000)}`, 'x'.repeat(2_000_000)])(
  'takes no part of %.20s',
  (broken) => {
    expect(readToml(broken)).toBeUndefined();
  },
);

it('throws for no text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('[', ']', '"', '=', '\n', 'a', '.', '1', ',', '{', '}', "'") }),
      (any) => {
        tomlLines(any)(['a', 'b']);
        readToml(any);
      },
    ),
    { numRuns: 300 },
  );
});
