import { runtimeHandlers } from '../../facts/runtime-classes.ts';
import type { Pod } from '../../model/pod.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/sandbox-runtime-class',
  title: 'Code that nobody vouches for runs in a sandbox',
  severity: 'medium',
  subject: 'pod',
  why: 'A plain container shares the kernel of its node. Code from strangers, or written by a model, is one kernel bug away from every other pod there.',
  remedy:
    'Set runtimeClassName to a class that runs gVisor or Kata Containers, and install it on the nodes. Say which pods are meant with untrustedLabels, and which classes are sandboxes with sandboxRuntimeClasses.',
  check: ({ pod, object }, facts) => {
    const { untrustedLabels, sandboxRuntimeClasses } = facts.settings;
    const label = untrustedLabels.find((wanted) => hasLabel(pod.labels, wanted));
    if (label === undefined && !isAgentSandbox(object, pod)) return trusted;
    const name = pod.runtimeClassName ?? '';
    const handler = facts.get(runtimeHandlers).get(name);
    // The handler is what runs; a class may have any name.
    const sandboxed =
      handler !== undefined && plainHandlers.has(handler) ? false : sandboxRuntimeClasses.includes(name);
    if (sandboxed || (handler !== undefined && sandboxRuntimeClasses.includes(handler))) return pass;
    const untrusted =
      label === undefined
        ? 'an agent sandbox runs code that nobody vouches for'
        : `label ${label} marks it as untrusted`;
    const runs =
      name === '' ? 'it has no runtimeClassName' : `runtimeClassName ${name} is no sandbox that is known here`;
    return fail(`${untrusted}, and ${runs}`, pod.at('runtimeClassName'));
  },
  examples: {
    fail: [ofAgentSandbox('hostPID: false'), ofAgentSandbox('runtimeClassName: nvidia')],
    pass: [ofAgentSandbox('runtimeClassName: gvisor'), inPod('hostPID: false')],
  },
});

const trusted = notApplicable('nothing marks the pod as untrusted');

/** Handlers that are ordinary containers, by whatever class name. */
const plainHandlers: ReadonlySet<string> = new Set(['runc', 'crun', 'youki', 'nvidia']);

/** `wanted` is `key` or `key=value`. */
function hasLabel(labels: ReadonlyMap<string, string>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals === -1) return labels.has(wanted);
  return labels.get(wanted.slice(0, equals)) === wanted.slice(equals + 1);
}

/** kubernetes-sigs/agent-sandbox: `Sandbox`, `SandboxTemplate` of the `extensions` group, and the pods made of them. */
function isAgentSandbox({ apiVersion }: KubeObject, { labels }: Pod): boolean {
  if (apiVersion.startsWith('agents.x-k8s.io/') || apiVersion.startsWith('extensions.agents.x-k8s.io/')) return true;
  return labels.size > 0 && labels.has(sandboxLabel);
}

const sandboxLabel = 'agents.x-k8s.io/sandbox-name-hash';

function ofAgentSandbox(fields: string): string {
  const label = '  labels: { agents.x-k8s.io/sandbox-name-hash: 1a2b3c4d }';
  return inPod(fields).replace('metadata:\n', `metadata:\n${label}\n`);
}
