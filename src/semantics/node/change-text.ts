import type { NodeChange } from '../../model/node-change.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { settingTable } from '../component-config/table.ts';
import { valueText } from './setting-text.ts';

/** What to change and where, for the layout that was found, and whether it restarts something. */
export function changeText(change: NodeChange, component: NodeComponent): string {
  switch (change.kind) {
    case 'mode':
      return `chmod ${change.mode.toString(8)} ${change.path}`;
    case 'owner':
      return `chown ${change.uid}:${change.gid} ${change.path}`;
    case 'setting': {
      const row = settingTable(change.component).byName(change.name);
      const flag = row?.flag === undefined ? change.name : `--${row.spelled ?? row.flag}`;
      const what = change.value === null ? `remove ${flag}` : `set ${flag}=${valueText(change.value)}`;
      const { by } = component.start;
      return by === undefined ? what : `in ${by.file} ${what}`;
    }
  }
}
