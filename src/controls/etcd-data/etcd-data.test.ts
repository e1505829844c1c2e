import { describe, expect, it } from 'vitest';
import { testExamples } from '../../../test/control-examples.ts';
import { etcdExample } from '../../../test/etcd-example.ts';
import { judgeText } from '../../../test/judge-example.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import { encrypting, etcdData, identity, keys, member, plain, secretbox, snapshot } from './examples.ts';
import files from './files.ts';
import keyControls from './keys.ts';
import plaintext from './plaintext.ts';
import room from './room.ts';

const controls = [...plaintext, ...keyControls, ...files, ...room];

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  testExamples(control, {
    passing: ({ inputs, coverage }, text) => {
      expect(inputs.evaluated, text).toBeGreaterThan(0);
      expect(coverage.get(control)?.unknown, text).toBe(0);
    },
  });

  it('has an id of its folder', () => {
    expect(control.id).toMatch(/^etcd-data\/[a-z0-9-]+$/);
  });
});

/** Everything that is found, as `name severity: message`. */
function found(text: string): string[] {
  const judgement = judgeText(controls, text);
  expect(judgement.errors).toEqual([]);
  return judgement.findings.map(
    ({ control, severity, message }) => `${control.id.replace('etcd-data/', '')} ${severity}: ${message}`,
  );
}

const encrypts = (...providers: readonly string[]): string => encrypting('secrets', ...providers);
const key1 = keys('secretbox', 'key1');

describe('what becomes of the file that was read', () => {
  const database = 'file: {kind: database, integrity: {state: no-hash, size: 20480}}';
  it.each([
    ['a snapshot', [], /; then take a new backup, and destroy this one$/],
    [
      'a copy of a database',
      ['at: /backup/db', database],
      /, and destroy this file if it is a copy that no member uses$/,
    ],
    ["a member's own", ['at: /var/lib/etcd/member/snap/db', database], /replace -f -`$/],
    ["a member's own, by a relative path", ['at: member/snap/db', database], /replace -f -`$/],
  ] as const)('%s', (_, lines, expected) => {
    const [finding] = judgeText(plaintext, etcdData({ secrets: [`${plain}, live 2`] }, ...lines)).findings;
    expect(finding?.failure.remedy).toMatch(expected);
  });
});

describe('one cause, one finding', () => {
  it.each<[string, string, readonly string[]]>([
    ['everything encrypted', snapshot(), []],
    [
      'nothing encrypted, now or before',
      etcdData({ secrets: [`${plain}, live 2, old 7, freed 3`] }),
      ['secrets-encrypted high: all 2 Secrets lie in plain text: shop/one and shop/two'],
    ],
    [
      'nothing encrypted, and none configured',
      etcdData({ secrets: [`${plain}, live 1`], configmaps: [`${plain}, live 4`] }) + member(),
      ['secrets-encrypted high: the only Secret lies in plain text: shop/one'],
    ],
    [
      'configured, and not rewritten',
      etcdData({ secrets: [`${plain}, live 12`] }) + encrypts(key1, identity),
      [
        'secrets-encrypted high: all 12 Secrets lie in plain text, although secretbox (key1) is to write them: shop/one, shop/two, shop/three and 9 more',
      ],
    ],
    [
      'rewritten but for one, with its history',
      etcdData({ secrets: [`${plain}, live 1, old 12`, `${secretbox}, live 11`] }) + encrypts(key1, identity),
      [
        'secrets-encrypted high: 1 of 12 Secrets lies in plain text, although secretbox (key1) is to write them: shop/one',
      ],
    ],
    [
      'rewritten, and not compacted',
      etcdData({ secrets: [`${plain}, old 12, freed 4`, `${secretbox}, live 12`] }) + encrypts(key1, identity),
      ['history-encrypted medium: holds former values in plain text: secrets (12 in old revisions, 4 in freed pages)'],
    ],
    [
      'what no wildcard encrypts',
      etcdData({
        secrets: [`${secretbox}, live 1`],
        masterleases: [`${plain}, live 1`],
        ranges: [`${plain}, live 2`],
        deployments: [`${plain}, live 5`],
        'example.com/widgets': ['plaintext json, live 2'],
      }) + encrypting("'*.*'", key1, identity),
      [
        'encrypted-as-configured medium: lies in plain text although it is to be encrypted: deployments (5 of 5) and example.com/widgets (2 of 2)',
      ],
    ],
    [
      'a wildcard of a group',
      etcdData({ deployments: [`${plain}, live 5`], pods: [`${plain}, live 5`] }) +
        encrypting("'*.apps'", key1, identity),
      ['encrypted-as-configured medium: lies in plain text although it is to be encrypted: deployments (5 of 5)'],
    ],
    [
      'an exchange of keys that was not finished',
      etcdData({ secrets: ['secretbox v1 old, live 3', `${secretbox}, live 9`] }) +
        encrypts(keys('secretbox', 'key1', 'old'), identity),
      ['one-key medium: secretbox old still encrypts secrets (3), and secretbox (key1) writes now'],
    ],
    [
      'a provider that was exchanged',
      etcdData({ secrets: ['aescbc v1 key1, live 3'] }) + encrypts(key1, keys('aescbc', 'key1')),
      ['one-key medium: aescbc key1 still encrypts secrets (3), and secretbox (key1) writes now'],
    ],
    [
      'an old key that was taken out too early',
      etcdData({ secrets: ['secretbox v1 old, live 3', `${secretbox}, live 9`] }) + encrypts(key1, identity),
      ['readable high: under secretbox old there are secrets (3), which the API server on node-1 cannot read'],
    ],
    [
      'a key name with a colon',
      etcdData({ secrets: ['secretbox v1 a, live 3'] }) + encrypts(keys('secretbox', '"a:b"'), identity),
      [],
    ],
    [
      'a KMS that exchanged its key',
      etcdData({ secrets: ['kms v2 vault 1, live 3', 'kms v2 vault 2, live 9'] }) +
        encrypts('kms: {apiVersion: v2, name: vault, endpoint: "unix:///run/kms.sock"}'),
      ['one-key medium: secrets are under 2 keys: KMS v2 vault, its key 1 (3) and KMS v2 vault, its key 2 (9)'],
    ],
    ['encryption that is taken back', etcdData({ secrets: [`${secretbox}, live 9`] }) + encrypts(identity, key1), []],
    [
      'a weak provider that the configuration names too',
      etcdData({ secrets: ['aescbc v1 key1, live 3'] }) + encrypts(keys('aescbc', 'key1'), identity),
      [],
    ],
    [
      'a weak provider, as far as a backup alone tells',
      etcdData({ secrets: ['aescbc v1 key1, live 3'], configmaps: ['aescbc v1 key1, live 1'] }),
      ['provider low: aescbc key1 encrypts secrets (3) and configmaps (1): it is not authenticated'],
    ],
    [
      'damaged values',
      etcdData({ secrets: [`${secretbox}, live 9`, 'unknown, live 4'] }),
      [
        'known-values medium: holds values that are neither encoded nor encrypted as Kubernetes does it: secrets (shop/one, shop/two, shop/three and 1 more)',
      ],
    ],
    ['another program’s etcd', '# etcd data\nprefix: null\notherKeys: 7\n', []],
  ])('%s', (_, text, expected) => {
    expect(found(text)).toEqual(expected);
  });
});

describe('files', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'mode 0644 with Secrets in plain text',
      etcdData({ secrets: [`${secretbox}, live 1`, `${plain}, freed 1`] }, 'file: {mode: 0o644, way: 0o755}'),
      [
        'history-encrypted medium: holds former values in plain text: secrets (1 in freed pages)',
        'snapshot-mode high: has mode 0644: everyone on the machine may read it, and holds Secrets in plain text',
      ],
    ],
    [
      'mode 0644, all encrypted',
      snapshot('file: {mode: 0o644}'),
      ['snapshot-mode medium: has mode 0644: everyone on the machine may read it'],
    ],
    ['mode 0644 behind a closed folder', snapshot('file: {mode: 0o644, way: 0o700}'), []],
    [
      'a group of people',
      snapshot('file: {mode: 0o660, gid: 1000}'),
      ['snapshot-mode low: has mode 0660: the group 1000 may change it'],
    ],
    ['the group root', snapshot('file: {mode: 0o640}'), []],
    [
      'the database of a node is judged with its folder',
      snapshot('file: {kind: database, mode: 0o644, integrity: {state: no-hash, size: 4096}}') + member(),
      [],
    ],
    ['a day less an hour', snapshot('file: {modified: "2026-11-20T00:30:00Z"}'), []],
    [
      'a day',
      snapshot('file: {modified: "2026-11-20T00:00:00Z"}'),
      ['backup-age medium: was written 24 hours ago, and there should be one every 24 hours'],
    ],
    [
      'a copy is no backup that ages',
      snapshot('file: {kind: database, integrity: {state: no-hash, size: 4096}, modified: "2020-01-01T00:00:00Z"}'),
      [],
    ],
    [
      'changed',
      snapshot(
        'file: {integrity: {state: mismatch, hashed: 4096, expected: aaaaaaaaaaaaaaaa, found: bbbbbbbbbbbbbbbb}}',
      ),
      [
        'snapshot-integrity high: its hash is bbbbbbbbbbbb, not aaaaaaaaaaaa as at its end: it is damaged, or was changed',
      ],
    ],
    [
      'nine tenths of the quota of its node',
      snapshot('size: {total: 7730941132, inUse: 1000000000}') + member('--quota-backend-bytes=8589934592'),
      [
        'database-size medium: has 7.2 GiB, 89 % of the quota of 8 GiB, of which defragmentation would give back 6.3 GiB',
      ],
    ],
    [
      'a quota that nobody knows',
      snapshot('size: {total: 1932735283, inUse: 1932735283}'),
      ['database-size low: has 1.8 GiB, 89 % of the quota of 2 GiB that etcd has where none is set'],
    ],
    ['no quota', snapshot('size: {total: 9932735283, inUse: 1}') + member('--quota-backend-bytes=-1'), []],
  ])('%s', (_, text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('asks the age of the newest snapshot alone', () => {
    const etcd = ['2026-11-17', '2026-11-18', '2026-12-24'].flatMap(
      (day) => etcdExample(snapshot(`at: /backup/${day}.db`, `file: {modified: "${day}T00:00:00Z"}`))?.etcd ?? [],
    );
    const age = files.filter(({ id }) => id === 'etcd-data/backup-age');
    const parts = [{ objects: [], inputs: [], gaps: [], etcd }];
    const judgement = judge(assembleSnapshot(parts, '2026-11-21T00:00:00Z'), { controls: age });
    expect(judgement.findings.map(({ owner, message }) => `${owner.name} ${message}`)).toEqual([
      '/backup/2026-11-18.db was written 3 days ago, and there should be one every 24 hours',
    ]);
    expect(judgement.undecided.map(({ reason }) => reason)).toEqual([
      'the snapshot is of 2026-12-24T00:00:00Z, which has not come yet: a clock is wrong',
    ]);
  });
});

describe('what is not known', () => {
  /** Reasons of what is left open, as `name: reason`. */
  function open(text: string): string[] {
    return judgeText(controls, text).undecided.map(
      ({ control, reason }) => `${control.id.replace('etcd-data/', '')}: ${reason}`,
    );
  }

  it('is no pass where not all was read', () => {
    const text = etcdData({ secrets: [`${secretbox}, live 12`] }, 'complete: false', 'problems: [page 7 is no page]');
    const reason = 'not all of its values were read: page 7 is no page';
    const names = [
      'secrets-encrypted',
      'encrypted-as-configured',
      'history-encrypted',
      'readable',
      'one-key',
      'provider',
    ];
    expect(open(text)).toEqual([...names, 'known-values'].map((name) => `${name}: ${reason}`));
  });

  it('still fails for what was read', () => {
    const text = etcdData({ secrets: [`${plain}, live 1`] }, 'complete: false', 'problems: [page 7 is no page]');
    expect(found(text)).toEqual(['secrets-encrypted high: the only Secret lies in plain text: shop/one']);
  });

  it('says nothing of another program’s etcd', () => {
    const judgement = judgeText(plaintext.slice(0, 1), '# etcd data\nprefix: null\notherKeys: 7\n');
    expect([...judgement.inapplicable.values()].flatMap((reasons) => [...reasons])).toEqual([
      'no key in it is one of Kubernetes',
    ]);
  });

  it.each([
    [
      'a live member’s past',
      etcdData({ secrets: [`${secretbox}, live 1`] }, 'from: live', 'file: null'),
      'history-encrypted',
    ],
    ['a file of the future', snapshot('file: {modified: "2027-01-01T00:00:00Z"}'), 'backup-age'],
  ])('%s', (_, text, name) => {
    expect(open(text)).toEqual([expect.stringMatching(`^${name}: `)]);
  });
});
