import { expect, it } from 'vitest';
import type { EtcdDataEvidence, StoredAs, StoredClass } from '../model/etcd-data.ts';
import { etcdContents, etcdRecord } from './etcd-contents.ts';
import { pageOf } from './terminal-page.ts';

const plain: StoredAs = { form: 'plaintext', encoding: 'protobuf' };
const sealed: StoredAs = { form: 'encrypted', provider: 'kms', version: 'v2', key: 'vault', keyId: '7' };

function stored(as: StoredAs, live: number, old: number, freed: number): StoredClass {
  return { as, live: { count: live, examples: ['kube-system/a'] }, old: { count: old, examples: [] }, freed };
}

const data: EtcdDataEvidence = {
  from: 'file',
  at: '/r/var/lib/etcd/member/snap/db',
  node: { name: 'n1', at: '/r' },
  size: { total: 1, inUse: 1 },
  revision: 9,
  resources: [
    { resource: 'configmaps', stored: [stored(plain, 5, 0, 0)] },
    { resource: 'secrets', stored: [stored(plain, 2, 1, 10), stored(sealed, 1234, 0, 0)] },
  ],
  otherKeys: 0,
  complete: false,
  problems: [],
};

it('counts every resource by how its values are stored', () => {
  const page = pageOf({ color: 'never', width: 80, detail: 'full' });
  expect([...etcdContents({ etcd: [data, { ...data, resources: [] }] }, page)]).toEqual([
    [
      'Values in the etcd of n1, /r/var/lib/etcd/member/snap/db, at least: a part of it',
      'could not be read',
      '  LIVE  OLD  FREED  encrypted by kms v2, key vault, key id 7',
      '  1234    0      0  secrets',
      '  LIVE  OLD  FREED  in plain text',
      '     5    0      0  configmaps',
      '     2    1     10  secrets',
    ],
  ]);
});

it('gives programs the same, without names of objects', () => {
  expect(etcdRecord(data)).toEqual({
    at: '/r/var/lib/etcd/member/snap/db',
    from: 'file',
    node: 'n1',
    complete: false,
    resources: [
      { resource: 'configmaps', stored: [{ ...plain, live: 5, old: 0, freed: 0 }] },
      {
        resource: 'secrets',
        stored: [
          { ...plain, live: 2, old: 1, freed: 10 },
          { ...sealed, live: 1234, old: 0, freed: 0 },
        ],
      },
    ],
  });
});
