import type { NodeChange } from '../../model/node-change.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { placeChange } from './placement.ts';

/** What to change and where, for the layout that was found, and what starts again. */
export function changeText(change: NodeChange, component: NodeComponent): string {
  switch (change.kind) {
    case 'mode':
      return `chmod ${change.mode.toString(8)} ${change.path}`;
    case 'owner':
      return `chown ${change.uid}:${change.gid} ${change.path}`;
    case 'setting': {
      const placement = placeChange(change, component);
      return placement.kind === 'advice' ? placement.text : `${placement.text}; ${placement.restart}`;
    }
  }
}
