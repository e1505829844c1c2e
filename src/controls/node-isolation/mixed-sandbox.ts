import { defineFact } from '../../facts/facts.ts';
import { makerName } from '../../facts/makers.ts';
import { runtimeHandlers } from '../../facts/runtime-classes.ts';
import { podSubjects } from '../../facts/workloads.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace } from '../namespaces/whole-cluster.ts';
import { pod, together } from './examples.ts';

/** Handlers that put a kernel or a second wall between container and node. Sources: gvisor.dev, katacontainers.io. */
const sandbox = /^(?:runsc|gvisor|kata|kata-.+|firecracker|youki-wasm|wasmtime|spin)$/;

interface Runtimes {
  readonly inside: Set<string>;
  readonly outside: Set<string>;
}

/** The workloads of each namespace that run in a sandbox, and those that do not. */
const runtimes = defineFact('sandboxed-workloads', (facts): ReadonlyMap<string, Runtimes> => {
  const found = new Map<string, Runtimes>();
  const handlers = facts.get(runtimeHandlers);
  const nameOf = facts.get(makerName);
  if (![...handlers.values()].some((handler) => sandbox.test(handler))) return found;
  for (const { object, pod: here } of facts.get(podSubjects)) {
    const namespace = object.namespace ?? 'default';
    let known = found.get(namespace);
    if (known === undefined) found.set(namespace, (known = { inside: new Set(), outside: new Set() }));
    const isInside = sandbox.test(handlers.get(here.runtimeClassName ?? '') ?? '');
    (isInside ? known.inside : known.outside).add(nameOf(object));
  }
  return found;
});

export default control({
  id: 'node-isolation/mixed-sandbox',
  title: 'Namespaces with sandboxed workloads sandbox all of them',
  severity: 'info',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Who must be kept in a sandbox starts the next pod without one where the namespace lets them: a runtime class is a choice of the pod.',
  remedy: 'Set runtimeClassName in all workloads of the namespace, and let an admission policy ask for it.',
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    const here = facts.get(runtimes).get(object.name);
    if (here === undefined || here.inside.size === 0) return notApplicable('nothing in it runs in a sandbox');
    if (here.outside.size === 0) return pass;
    const names = [...here.outside].sort().slice(0, 3).join(', ');
    const message = `in namespace ${object.name} ${here.inside.size} of ${here.inside.size + here.outside.size} workloads run in a sandbox; not so ${names}`;
    return fail(message, [], { items: [...here.outside] });
  },
  examples: {
    fail: [together(space(), runtimeClass(), pod(', runtimeClassName: gvisor'), pod('', 'name: api, namespace: shop'))],
    pass: [together(space(), runtimeClass(), pod(', runtimeClassName: gvisor'))],
  },
});

function space(): string {
  return 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
}

function runtimeClass(): string {
  return 'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: gvisor}\nhandler: runsc\n';
}
