import { expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { staticPod } from '../node-examples.ts';
import drift from './component-drift.ts';
import { node } from './examples.ts';

function running(...args: string[]): string {
  const argv = ['kube-scheduler', ...args];
  return node({ processes: [{ pid: 7, parent: 1, exe: '/usr/local/bin/kube-scheduler', argv, env: {} }] });
}

const manifest = staticPod('kube-scheduler', ['--profiling=false']);

it('names the process and the manifest, and blames the manifest', () => {
  const [finding, ...rest] = judgeText([drift], `${manifest}${running('--profiling=true')}`).findings;
  expect(rest).toEqual([]);
  expect(finding?.message).toBe(
    'process 7 (kube-scheduler) runs with other arguments than /etc/kubernetes/manifests/kube-scheduler.yaml says: --profiling=true only in the process, --profiling=false only in the file',
  );
  expect(finding?.places[0]?.object.source.file).toBe('/etc/kubernetes/manifests/kube-scheduler.yaml');
});

it('names what is left over of repeated arguments, a few of many, and an order that differs', () => {
  const message = (written: string[], ...args: string[]) =>
    judgeText([drift], `${staticPod('kube-scheduler', written)}${running(...args)}`).findings[0]?.message;
  expect(message(['--a=1', '--a=1'], '--a=1')).toMatch(/ says: --a=1 only in the file$/);
  expect(message(['--a=1', '--b=2'], '--b=2', '--a=1')).toMatch(/ says: the same ones in another order$/);
  const many = ['--a', '--b', '--c', '--d', '--e', '--f'];
  expect(message([], ...many)).toMatch(/ says: --a --b --c --d and 2 more only in the process$/);
});

it.each([
  ['that runs as its manifest says', `${manifest}${running('--profiling=false')}`, 'pass'],
  ['of which no process was seen', manifest, 'unknown'],
  ['on a file system alone', `${manifest}${node({ from: 'root' })}`, 'not-applicable'],
  ['that nothing on the disk starts', running(), 'not-applicable'],
])('a component %s', (_, text, expected) => {
  const [counts] = [...judgeText([drift], text).coverage.values()];
  expect(Object.entries(counts ?? {}).find(([, count]) => count > 0)?.[0]).toBe(expected);
});
