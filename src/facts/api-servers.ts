import type { NodeComponent } from '../model/node-component.ts';
import { apiComponents } from './api-components.ts';
import { defineFact } from './facts.ts';
import { readNode } from './nodes.ts';

/** The API servers that the snapshot shows: of nodes that were read, and of the API itself. */
export const apiServers = defineFact('api-servers', (facts): readonly NodeComponent[] => {
  const ofNodes = (facts.snapshot.nodes ?? []).flatMap((node) => facts.get(readNode)(node).components);
  return [...ofNodes, ...facts.get(apiComponents)].filter(({ component }) => component === 'kube-apiserver');
});
