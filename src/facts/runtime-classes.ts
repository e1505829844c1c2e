import { own } from '../model/json.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/** Handlers of the RuntimeClasses in the snapshot, by the class's name. */
export const runtimeHandlers = defineFact('runtime-handlers', (facts): ReadonlyMap<string, string> => {
  const handlers = new Map<string, string>();
  for (const object of facts.snapshot.objects) {
    if (groupKind(object) !== 'node.k8s.io/RuntimeClass') continue;
    const handler = own(object.value, 'handler');
    if (typeof handler === 'string') handlers.set(object.name, handler);
  }
  return handlers;
});
