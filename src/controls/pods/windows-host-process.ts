import { edit } from '../../model/edit.ts';
import type { WindowsOptions } from '../../model/security-context.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'pods/windows-host-process',
  title: 'Windows containers do not run as processes of their node',
  severity: 'critical',
  subject: 'pod',
  why: 'A HostProcess container is not a container at all: it runs on the Windows node itself, mostly as an administrator.',
  remedy: 'Remove hostProcess, and keep what administers nodes apart from applications.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    const ofPod = pod.securityContext.windowsOptions;
    if (isHostProcess(ofPod)) failures = [fail('the pod sets windowsOptions.hostProcess: true', fieldOf(ofPod))];
    for (const { name, securityContext } of pod.containers) {
      const options = securityContext.windowsOptions;
      if (!isHostProcess(options)) continue;
      const message = `container ${name} sets windowsOptions.hostProcess: true`;
      failures ??= [];
      failures.push(fail(message, fieldOf(options), { key: name }));
    }
    return failures ?? pass;
  },
  fix: { safety: 'may-break', edits: (_, failure) => [edit.remove(failure.at)] },
  examples: {
    fail: [
      inContainer('securityContext: { windowsOptions: { hostProcess: true } }'),
      inPod('hostNetwork: true\nsecurityContext: { windowsOptions: { hostProcess: true } }'),
      inPod('ephemeralContainers: [{ name: debug, securityContext: { windowsOptions: { hostProcess: true } } }]'),
    ],
    pass: [
      inContainer('securityContext: { windowsOptions: { hostProcess: false } }'),
      inPod('securityContext: { windowsOptions: { runAsUserName: ContainerUser } }'),
    ],
  },
});

function isHostProcess(options: WindowsOptions | undefined): options is WindowsOptions {
  return options?.hostProcess === true;
}

function fieldOf(options: WindowsOptions) {
  return [...options.path, 'hostProcess'];
}
