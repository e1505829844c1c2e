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
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    const look = (who: string, options: WindowsOptions | undefined) => {
      if (options?.hostProcess !== true) return;
      failures ??= [];
      failures.push(fail(`${who} sets hostProcess: true`, [...options.path, 'hostProcess'], { key: who }));
    };
    look('the pod', pod.securityContext.windowsOptions);
    for (const { name, securityContext } of pod.containers) look(`container ${name}`, securityContext.windowsOptions);
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
