import type { EtcdDataEvidence, StoredAs } from '../model/etcd-data.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { groupBy } from './group-by.ts';
import { compareText } from './location.ts';
import type { Page } from './terminal-page.ts';
import { wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

/** How every resource lies in each etcd that was read: a block a database, a table a way of storing. */
export function* etcdContents({ etcd = [] }: Pick<Snapshot, 'etcd'>, page: Page): Generator<string[]> {
  for (const data of etcd) {
    if (data.resources.length > 0) yield databaseLines(data, page);
  }
}

interface Row {
  readonly resource: string;
  readonly form: string;
  readonly counts: readonly number[];
}

const titles = ['LIVE', 'OLD', 'FREED'] as const;

function databaseLines(data: EtcdDataEvidence, { style, width }: Page): string[] {
  const atLeast = data.complete ? '' : ', at least: a part of it could not be read';
  const of = data.node === undefined ? '' : `${data.node.name}, `;
  const rows = data.resources.flatMap(({ resource, stored }) =>
    stored.map(({ as, live, old, freed }): Row => {
      return { resource, form: formText(as), counts: [live.count, old.count, freed] };
    }),
  );
  const widths = titles.map((title, column) =>
    rows.reduce((most, { counts }) => Math.max(most, String(counts[column]).length), title.length),
  );
  const numbers = (cells: readonly (string | number)[]) =>
    `  ${cells.map((cell, column) => String(cell).padStart(widths[column] ?? 0)).join('  ')}  `;
  const lines = wrap(visibleShort(`Values in the etcd of ${of}${data.at}${atLeast}`, 400), { width }).map(style.strong);
  for (const [form, members] of [...groupBy(rows, (row) => row.form)].sort(([a], [b]) => compareText(a, b))) {
    lines.push(...wrap(visible(form), { width, lead: numbers(titles) }).map(style.faint));
    for (const { resource, counts } of members) lines.push(`${numbers(counts)}${visible(resource)}`);
  }
  return lines;
}

/** `encrypted by aescbc v1, key key1`, `in plain text`. */
function formText(as: StoredAs): string {
  switch (as.form) {
    case 'plaintext':
      return 'in plain text';
    case 'encrypted': {
      const key = as.key === '' ? 'many keys' : `key ${as.key}`;
      return `encrypted by ${as.provider} ${as.version}, ${key}${as.keyId === undefined ? '' : `, key id ${as.keyId}`}`;
    }
    case 'unknown':
      return 'in a form that is not known';
  }
}

/** The same for programs, without examples: those are in the findings. */
export function etcdRecord({ at, from, node, complete, resources }: EtcdDataEvidence): unknown {
  return {
    at,
    from,
    ...(node !== undefined && { node: node.name }),
    complete,
    resources: resources.map(({ resource, stored }) => ({
      resource,
      stored: stored.map(({ as, live, old, freed }) => ({ ...as, live: live.count, old: old.count, freed })),
    })),
  };
}
