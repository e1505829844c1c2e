import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../model/json.ts';
import { formatPath } from '../../model/path.ts';
import { type EncryptionVersion, encryptionOf, readEncryptionConfig } from './index.ts';

const aescbc = { aescbc: { keys: [{ name: 'key1', secret: 'x' }] } };
const identity = { identity: {} };
const kms = (more: Record<string, Json> = {}) => ({
  kms: { apiVersion: 'v2', name: 'vault', endpoint: 'unix:///run/kms.sock', ...more },
});
const file = (...resources: Json[]): Json => ({
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'EncryptionConfiguration',
  resources,
});
const entry = (resources: readonly string[], ...providers: Json[]): Json => ({ resources, providers });

describe('what the API server refuses', () => {
  it.each<[string, Json, EncryptionVersion, string[]]>([
    ['a good file', file(entry(['secrets'], aescbc, identity)), {}, []],
    [
      "the old documentation's name",
      { apiVersion: 'v1', kind: 'EncryptionConfig', resources: [entry(['secrets'], identity)] },
      {},
      [],
    ],
    ['no entries', file(), {}, ['resources: there is no entry in resources']],
    ['no resources', file(entry([], identity)), {}, ['resources[0].resources: the entry names no resources']],
    ['no providers', file(entry(['secrets'])), {}, ['resources[0].providers: the entry names no providers']],
    [
      'two kinds in one element',
      file(entry(['secrets'], { ...aescbc, ...identity })),
      {},
      ['resources[0].providers[0]: aescbc and identity in one element: each element of providers names exactly one'],
    ],
    [
      'a provider that there is not',
      file(entry(['secrets'], { rot13: {} })),
      {},
      ['resources[0].providers[0]: no provider that is known: each element of providers names exactly one'],
    ],
    [
      'no keys',
      file(entry(['secrets'], { secretbox: { keys: [] } })),
      {},
      ['resources[0].providers[0].secretbox.keys: secretbox has no keys'],
    ],
    ['capitals', file(entry(['Secrets'], identity)), {}, ['resources[0].resources[0]: Secrets has capital letters']],
    [
      'a bare star',
      file(entry(['*'], identity)),
      {},
      ['resources[0].resources[0]: * alone is no resource: *.* is all of them, and *. is the core group'],
    ],
    [
      'a name beside its wildcard',
      file(entry(['secrets', '*.'], identity)),
      {},
      ['resources[0].resources[0]: secrets stands beside *., which has it already'],
    ],
    [
      'what an earlier wildcard masks',
      file(entry(['*.*'], identity), entry(['secrets'], aescbc)),
      {},
      ['resources[1].resources[0]: secrets is masked: an earlier entry already has *.*'],
    ],
    ['a mask that v1.26 does not know', file(entry(['*.*'], identity), entry(['secrets'], aescbc)), { minor: 26 }, []],
    ['KMS v2', file(entry(['secrets'], kms())), { minor: 32 }, []],
    [
      'KMS v1 in v1.29',
      file(entry(['secrets'], kms({ apiVersion: 'v1' }))),
      { minor: 29 },
      ['resources[0].providers[0].kms: KMS v1 is off since v1.29, and the provider vault does not say apiVersion: v2'],
    ],
    ['KMS v1 with its gate', file(entry(['secrets'], kms({ apiVersion: 'v1' }))), { minor: 29, kmsV1: true }, []],
    [
      'an endpoint on the network',
      file(entry(['secrets'], kms({ endpoint: 'http://kms:80', timeout: '0s', cachesize: 5 }))),
      {},
      [
        'resources[0].providers[0].kms: the endpoint http://kms:80 of KMS provider vault is no unix:// socket',
        'resources[0].providers[0].kms: the timeout 0s of KMS provider vault is not positive',
        'resources[0].providers[0].kms: cachesize does not go with KMS v2, in provider vault',
      ],
    ],
  ])('%s', (_, value, version, expected) => {
    const { problems } = readEncryptionConfig(value, version);
    expect(problems.map(({ path, message }) => `${formatPath(path)}: ${message}`)).toEqual(expected);
  });
});

describe('how a resource is stored', () => {
  const secrets = { resource: 'secrets', group: '' };

  it.each<[string, Json, number, [string | undefined, string[]] | undefined]>([
    ['the first provider writes', file(entry(['secrets'], aescbc, identity)), 32, ['aescbc', ['aescbc', 'identity']]],
    ['nobody names it', file(entry(['configmaps'], aescbc)), 32, undefined],
    ['all of the core group', file(entry(['*.'], kms())), 32, ['kms', ['kms']]],
    ['everything', file(entry(['*.*'], kms())), 32, ['kms', ['kms']]],
    ['another group', file(entry(['*.apps'], kms())), 32, undefined],
    ['a wildcard before there were any', file(entry(['*.*'], kms())), 26, undefined],
    [
      'an entry that comes later only reads',
      file(entry(['secrets'], identity), entry(['secrets'], aescbc)),
      32,
      ['identity', ['identity', 'aescbc']],
    ],
  ])('%s', (_, value, minor, expected) => {
    const found = encryptionOf(readEncryptionConfig(value, { minor }).config, secrets, { minor });
    expect(found && [found.writer?.kind, found.readers.map(({ kind }) => kind)]).toEqual(expected);
  });
});

it('reads any JSON at all', () => {
  const provider = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(aescbc, identity, kms()));
  const rule = fc.record({ resources: fc.jsonValue(), providers: fc.array(provider) });
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ resources: fc.array(fc.oneof(rule, fc.jsonValue())) })),
      (value) => {
        const { config } = readEncryptionConfig(value as Json);
        expect(encryptionOf(config, { resource: 'no-such', group: 'thing' })?.writer).toBeUndefined();
      },
    ),
    { numRuns: 200 },
  );
});
