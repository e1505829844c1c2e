import { edit } from '../../model/edit.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { isAllowedSysctl } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/unsafe-sysctls',
  title: 'Pods set no kernel parameters but those that Pod Security allows',
  severity: 'medium',
  subject: 'pod',
  why: 'Other kernel parameters are not kept apart between pods: one pod can weaken the node or starve its neighbours.',
  remedy: 'Remove the sysctl, or set it when the node is set up.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    for (const { name, path } of pod.securityContext.sysctls) {
      if (isAllowedSysctl(name)) continue;
      failures ??= [];
      failures.push(fail(`the pod sets the kernel parameter ${name}`, path, { key: name }));
    }
    return failures ?? pass;
  },
  fix: { safety: 'may-break', edits: (_, failure) => [edit.remove(failure.at)] },
  examples: {
    fail: [
      inPod('securityContext: { sysctls: [{ name: kernel.msgmax, value: "65536" }] }'),
      inPod('securityContext: { sysctls: [{ name: net.core.somaxconn, value: "1024" }] }'),
    ],
    pass: [
      inPod('securityContext: { sysctls: [{ name: kernel.shm_rmid_forced, value: "1" }] }'),
      inPod('securityContext: { sysctls: [{ name: net.ipv4.tcp_syncookies, value: "1" }] }'),
      // Allowed since 1.37.
      inPod('securityContext: { sysctls: [{ name: net.ipv4.tcp_notsent_lowat, value: "16384" }] }'),
    ],
  },
});
