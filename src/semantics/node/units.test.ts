import { expect, it } from 'vitest';
import { resolveUnit } from './units.ts';

const unit = {
  path: '/lib/kubelet.service',
  text: '[Unit]\nExecStart=no\n[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\n',
};
const kubeadm = {
  path: '/d/10-kubeadm.conf',
  text: `# Note: This dropin only works with kubeadm
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/b --kubeconfig=/k"
Environment=A=1 "B=two words"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=-/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS \\
# in between
  --a=\${B} $KUBELET_KUBEADM_ARGS $MISSING "--c=x y" --d=$$A
`,
};
const files = new Map([
  ['/var/lib/kubelet/kubeadm-flags.env', '\nKUBELET_KUBEADM_ARGS="--one --two=2"\n'],
  ['/etc/default/kubelet', "# more\nA='3'\n"],
]);

it('resolves the kubelet of kubeadm word by word, each with its file and line', () => {
  const command = resolveUnit([unit, kubeadm], (path) => files.get(path));
  expect(command?.words.map(({ text, where, line }) => `${text} @ ${where}:${line}`)).toEqual([
    '/usr/bin/kubelet @ /d/10-kubeadm.conf:8',
    '--bootstrap-kubeconfig=/b @ /d/10-kubeadm.conf:3',
    '--kubeconfig=/k @ /d/10-kubeadm.conf:3',
    '--a=two words @ /d/10-kubeadm.conf:10',
    '--one @ /var/lib/kubelet/kubeadm-flags.env:2',
    '--two=2 @ /var/lib/kubelet/kubeadm-flags.env:2',
    '--c=x y @ /d/10-kubeadm.conf:10',
    '--d=$A @ /d/10-kubeadm.conf:10',
  ]);
  expect(command?.env).toMatchObject({ A: '3', B: 'two words' });
});

it.each([
  ['on the next line', 'ExecStart=k --a \\\n  --b=1 \\\n\t--c', ['k:2', '--a:2', '--b=1:3', '--c:4']],
  ['that begins below', 'ExecStart=\\\n  k\\\n--a', ['k:3', '--a:4']],
  ['in quotes that go on', 'ExecStart=k "--a=1 \\\n 2" --b', ['k:2', '--a=1  2:2', '--b:3']],
  ['of a variable', 'Environment=A=1 \\\n B=2\nExecStart=k $B', ['k:4', '2:3']],
])('a word %s has the line that it stands on', (_, text, expected) => {
  const command = resolveUnit([{ path: 'x', text: `[Service]\n${text}\n` }], () => undefined);
  expect(command?.words.map(({ text: word, line }) => `${word}:${line}`)).toEqual(expected);
});

it.each([
  ['nothing is started after a reset', [unit, { path: 'x', text: '[Service]\nExecStart=\n' }], undefined],
  [
    'a reset takes variables away',
    [{ path: 'x', text: '[Service]\nEnvironment=A=1\nEnvironment=\nExecStart=k $A ${A}z' }],
    ['k', 'z'],
  ],
  ['the unit alone counts', [unit], ['/usr/bin/kubelet']],
])('%s', (_, units, words) => {
  expect(resolveUnit(units, () => undefined)?.words.map(({ text }) => text)).toEqual(words);
});
