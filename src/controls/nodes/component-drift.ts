import type { Component } from '../../model/component.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { staticPod } from '../node-examples.ts';
import { node } from './examples.ts';

function running(component: Component, ...args: string[]): string {
  const exe = `/usr/local/bin/${component}`;
  return node({ processes: [{ pid: 7, parent: 1, exe, argv: [component, ...args], env: {} }] });
}

/** Arguments that are named before the rest is counted. */
const shown = 4;

/** What only the process has, and what only the file has. */
function differences({ args, start: { written = [] } }: NodeComponent): string {
  const running = args.map(({ text }) => text);
  const inFile = written.map(({ text }) => text);
  const onlyRunning = without(running, inFile);
  const onlyInFile = without(inFile, running);
  if (onlyRunning.length === 0 && onlyInFile.length === 0) return 'the same ones in another order';
  const parts = [
    ...(onlyRunning.length > 0 ? [`${listed(onlyRunning)} only in the process`] : []),
    ...(onlyInFile.length > 0 ? [`${listed(onlyInFile)} only in the file`] : []),
  ];
  return parts.join(', ');
}

/** What is left of a list when each item of the other has taken one like it away. */
function without(words: readonly string[], others: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of others) counts.set(word, (counts.get(word) ?? 0) + 1);
  return words.filter((word) => {
    const count = counts.get(word) ?? 0;
    if (count > 0) counts.set(word, count - 1);
    return count === 0;
  });
}

function listed(words: readonly string[]): string {
  const more = words.length - shown;
  return `${words.slice(0, shown).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export default control({
  id: 'nodes/component-drift',
  title: 'Components run as their manifest or unit says',
  severity: 'medium',
  subject: 'component',
  why: 'A component that was changed and not started again runs with what it had before: the file shows settings that are not in force, and the next restart brings others.',
  remedy: 'Start the component again, or take the change back.',
  check: ({ component: subject }) => {
    const { start, component } = subject;
    if (start.pid === undefined) {
      if (subject.evidence?.from === 'root') return notApplicable('nothing runs on a file system');
      return unknown(`no process of ${component} was seen, only how it is configured`);
    }
    if (start.by === undefined) return notApplicable(`no manifest or unit of ${component} is known`);
    if (start.differs !== true) return pass;
    const message = `process ${start.pid} (${component}) runs with other arguments than ${start.by.file} says: ${differences(subject)}`;
    const place = subject.placeOf({ name: '', value: null, origin: { kind: 'flag', flag: '', where: start.by.file } });
    return fail(message, [], { place: { ...place, path: [] } });
  },
  examples: {
    fail: [`${staticPod('kube-scheduler', ['--profiling=false'])}${running('kube-scheduler')}`],
    pass: [`${staticPod('kube-scheduler', ['--profiling=false'])}${running('kube-scheduler', '--profiling=false')}`],
  },
});
