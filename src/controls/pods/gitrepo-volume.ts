import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/gitrepo-volume',
  title: 'Pods have no gitRepo volumes',
  severity: 'high',
  subject: 'pod',
  why: 'The kubelet clones the repository as root of the node, and hooks in a crafted one run there (CVE-2024-10220). Kubernetes has the plug-in switched off since 1.33.',
  remedy: 'Clone the repository in an init container, into an emptyDir volume.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    for (const { type, name, raw, path } of pod.volumes) {
      if (type !== 'gitRepo') continue;
      failures ??= [];
      const of = typeof raw.repository === 'string' ? ` of ${raw.repository}` : '';
      failures.push(fail(`volume ${name} is a gitRepo volume${of}`, [...path, 'gitRepo'], { key: name }));
    }
    return failures ?? pass;
  },
  examples: {
    fail: [inPod('volumes: [{ name: code, gitRepo: { repository: "https://git.example/code.git" } }]')],
    pass: [inPod('volumes: [{ name: code, emptyDir: {} }]'), inPod('volumes: [{ name: code, gitRepo: }]')],
  },
});
