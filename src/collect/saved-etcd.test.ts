import fc from 'fast-check';
import { expect, it } from 'vitest';
import { etcdExample } from '../../test/etcd-example.ts';
import { etcdData, plain, secretbox } from '../controls/etcd-data/examples.ts';
import files from '../controls/etcd-data/files.ts';
import keys from '../controls/etcd-data/keys.ts';
import plaintext from '../controls/etcd-data/plaintext.ts';
import room from '../controls/etcd-data/room.ts';
import { judge } from '../engine/judge.ts';
import type { Json } from '../model/json.ts';
import { SavedEtcd } from './saved-etcd.ts';
import { assembleSnapshot } from './snapshot.ts';

class Refused extends Error {}
const saved = new SavedEtcd((reason) => new Refused(reason));
const ways = [`${plain}, live 3, old 2`, `${secretbox}, live 1`, 'kms v2 vault 7, live 2', 'unknown, freed 1'];
const [example] = etcdExample(etcdData({ secrets: ways, 'example.com/widgets': ways }))?.etcd ?? [];
const text = JSON.stringify({ ...example, node: { name: 'node-1', at: '/' }, compacted: 7 });

it('takes what was saved', () => {
  expect(saved.data(JSON.parse(text), 'etcd[0]')).toEqual(JSON.parse(text));
});

it.each<[string, (data: Record<string, unknown>) => void, string]>([
  ['no place', (data) => delete data['at'], 'etcd[0].at must be a string, found nothing'],
  [
    'a size of text',
    (data) => Object.assign(data, { size: { total: '1', inUse: 1 } }),
    'etcd[0].size.total must be a number, found a string',
  ],
  [
    'half a form',
    (data) => Object.assign(data, { resources: [{ resource: 'a', stored: [{ as: { form: 'encrypted' } }] }] }),
    'etcd[0].resources[0].stored[0].as.provider must be a string, found nothing',
  ],
])('refuses %s', (_, spoil, message) => {
  const data = JSON.parse(text);
  spoil(data);
  expect(() => saved.data(data, 'etcd[0]')).toThrow(message);
});

it('refuses or judges any JSON at all', () => {
  const controls = [...files, ...keys, ...plaintext, ...room];
  const steps = fc.array(fc.nat(20), { maxLength: 6 });
  fc.assert(
    fc.property(steps, fc.oneof(fc.jsonValue(), fc.constantFrom('', 'live', 'kms', -1, 1e300)), (way, value) => {
      const data = replaced(JSON.parse(text), way, value as Json);
      let evidence: ReturnType<SavedEtcd['data']>;
      try {
        evidence = saved.data(data, 'etcd[0]');
      } catch (error) {
        expect(error).toBeInstanceOf(Refused);
        return;
      }
      const parts = [{ objects: [], inputs: [], gaps: [], etcd: [evidence] }];
      expect(judge(assembleSnapshot(parts, '2026-11-21T00:00:00Z'), { controls }).errors).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** The JSON with one of its parts exchanged: the one that these steps lead to. */
function replaced(json: Json, [step, ...others]: readonly number[], value: Json): Json {
  if (step === undefined || typeof json !== 'object' || json === null) return value;
  const copy = structuredClone(json) as Record<string, Json>;
  const names = Object.keys(copy);
  const name = names[step % Math.max(1, names.length)];
  if (name === undefined) return value;
  copy[name] = replaced(copy[name] ?? null, others, value);
  return copy;
}
