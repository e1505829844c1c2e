import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredAs } from '../../model/etcd-data.ts';
import { ascii, concat, field } from './bolt-fixture.ts';
import { StoredClasses } from './stored-value.ts';

function classOf(value: Uint8Array): StoredAs {
  const classes = new StoredClasses();
  // A value is looked at in the page that holds it.
  const page = concat([ascii('before'), value, ascii('after')]);
  return classes.at(classes.of(page, 6, 6 + value.length));
}

const binary = Uint8Array.of(0, 1, 0x3a, 255, 0x3a, 10);
const kms2 = (...fields: Uint8Array[]): Uint8Array => concat([ascii('k8s:enc:kms:v2:vault:'), ...fields]);
const encrypted = (provider: string, version: string, key: string): StoredAs => ({
  form: 'encrypted',
  provider,
  version,
  key,
});

describe('how a value is stored', () => {
  it.each<[string, Uint8Array, StoredAs]>([
    ['protobuf', ascii('k8s\0\n\x0c'), { form: 'plaintext', encoding: 'protobuf' }],
    ['protobuf and no more', ascii('k8s\0'), { form: 'plaintext', encoding: 'protobuf' }],
    ['JSON', ascii('{"apiVersion":"v1"}'), { form: 'plaintext', encoding: 'json' }],
    ['CBOR', Uint8Array.of(0xd9, 0xd9, 0xf7, 0xa1), { form: 'plaintext', encoding: 'cbor' }],
    ['nothing', new Uint8Array(), { form: 'unknown' }],
    ['a mark cut short', ascii('k8s'), { form: 'unknown' }],
    ['another mark', ascii('k8s:encr:'), { form: 'unknown' }],
    ['no name', ascii('k8s:enc:aescbc:v1'), { form: 'unknown' }],
    ['a name without end', concat([ascii('k8s:enc:aescbc:v1:'), new Uint8Array(600).fill(97)]), { form: 'unknown' }],
    ['aescbc', concat([ascii('k8s:enc:aescbc:v1:key1:'), binary]), encrypted('aescbc', 'v1', 'key1')],
    ['aesgcm', concat([ascii('k8s:enc:aesgcm:v1:2024-05:'), binary]), encrypted('aesgcm', 'v1', '2024-05')],
    ['secretbox', concat([ascii('k8s:enc:secretbox:v1:a:'), binary]), encrypted('secretbox', 'v1', 'a')],
    ['KMS v1', concat([ascii('k8s:enc:kms:v1:vault:'), binary]), encrypted('kms', 'v1', 'vault')],
    ['a provider to come', concat([ascii('k8s:enc:rot13:v9:x:'), binary]), encrypted('rot13', 'v9', 'x')],
    [
      'KMS v2',
      kms2(field(1, binary), field(2, ascii('projects/a/keys/7')), field(3, binary)),
      { form: 'encrypted', provider: 'kms', version: 'v2', key: 'vault', keyId: 'projects/a/keys/7' },
    ],
    ['KMS v2 without a key id', kms2(field(1, binary)), encrypted('kms', 'v2', 'vault')],
    ['KMS v2 cut short', kms2(Uint8Array.of(10, 200, 1, 7)), encrypted('kms', 'v2', 'vault')],
    ['KMS v2 with a huge key id', kms2(field(2, new Uint8Array(2000))), encrypted('kms', 'v2', 'vault')],
  ])('%s', (_, value, as) => {
    expect(classOf(value)).toEqual(as);
  });

  it('does not take one key for another that begins alike', () => {
    const classes = new StoredClasses();
    const names = ['key1', 'key10', 'key1', 'key', 'key10'].map((name) => {
      const value = concat([ascii(`k8s:enc:aescbc:v1:${name}:`), binary]);
      const as = classes.at(classes.of(value, 0, value.length));
      return as.form === 'encrypted' ? as.key : as.form;
    });
    expect(names).toEqual(['key1', 'key10', 'key1', 'key', 'key10']);
  });

  it('keeps no more classes than a cluster can have', () => {
    const classes = new StoredClasses();
    const numbers = new Set<number>();
    for (let index = 0; index < 3000; index += 1) {
      const value = ascii(`k8s:enc:aescbc:v1:key${index}:`);
      numbers.add(classes.of(value, 0, value.length));
    }
    expect(numbers.size).toBe(2001);
    expect(classes.at(Math.max(...numbers))).toEqual(encrypted('', '', ''));
  });

  it('is told of any bytes', () => {
    const classes = new StoredClasses();
    fc.assert(
      fc.property(
        fc.constantFrom('', 'k8s:enc:', 'k8s:enc:kms:v2:x:'),
        fc.uint8Array({ maxLength: 100 }),
        (start, rest) => {
          const value = concat([ascii(start), rest]);
          const as = classes.at(classes.of(value, 0, value.length));
          if (start === 'k8s:enc:kms:v2:x:') expect(as).toMatchObject({ form: 'encrypted', key: 'x' });
          else expect(as.form).toMatch(start === '' ? /^(unknown|plaintext)$/ : /^(unknown|encrypted)$/);
        },
      ),
      { numRuns: 200 },
    );
  });
});
