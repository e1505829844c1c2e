import type { CollectProgress } from '../collect/cluster/collect.ts';
import type { CollectionProgress } from '../collect/cluster-nodes/collection.ts';
import type { Terminal } from './terminal.ts';

/** One line on a terminal that is rewritten as a cluster is read; nothing elsewhere. */
export function clusterProgress(terminal: Terminal): { show(event: CollectProgress): void; end(): void } {
  if (!terminal.errIsTty) return { show: () => undefined, end: () => undefined };
  let last = 0;
  let shown = false;
  return {
    show({ resource, listed }) {
      const now = terminal.now().getTime();
      if (now - last < 80) return;
      last = now;
      shown = true;
      const line = `Reading the cluster: ${listed} objects, ${resource}`;
      terminal.err(`\r\u001b[K${line.slice(0, Math.max(20, terminal.width - 1))}`);
    },
    end() {
      if (shown) terminal.err('\r\u001b[K');
    },
  };
}

/** The same of nodes, each of which takes seconds. */
export function nodesProgress(terminal: Terminal): { show(event: CollectionProgress): void; end(): void } {
  let shown = false;
  return {
    show({ done, failed, total }) {
      if (!terminal.errIsTty) return;
      shown = true;
      const line = `Reading the nodes: ${done} of ${total}${failed === 0 ? '' : `, ${failed} without evidence`}`;
      terminal.err(`\r\u001b[K${line.slice(0, Math.max(20, terminal.width - 1))}`);
    },
    end() {
      if (shown) terminal.err('\r\u001b[K');
      shown = false;
    },
  };
}
