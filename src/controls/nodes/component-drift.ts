import type { Component } from '../../model/component.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { staticPod } from '../node-examples.ts';
import { node } from './examples.ts';

function running(component: Component, ...args: string[]): string {
  const exe = `/usr/local/bin/${component}`;
  return node({ processes: [{ pid: 7, parent: 1, exe, argv: [component, ...args], env: {} }] });
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
    const message = `process ${start.pid} (${component}) runs with other arguments than ${start.by.file} says`;
    const place = subject.placeOf({ name: '', value: null, origin: { kind: 'flag', flag: '', where: start.by.file } });
    return fail(message, [], { place: { ...place, path: [] } });
  },
  examples: {
    fail: [`${staticPod('kube-scheduler', ['--profiling=false'])}${running('kube-scheduler')}`],
    pass: [`${staticPod('kube-scheduler', ['--profiling=false'])}${running('kube-scheduler', '--profiling=false')}`],
  },
});
