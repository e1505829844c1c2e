import { load } from 'js-yaml';
import type { EtcdDataEvidence, StoredAs, StoredClass } from '../src/model/etcd-data.ts';
import type { NodeEvidence } from '../src/model/node.ts';
import { nodeExample } from './node-example.ts';

const header = '# etcd data\n';
const ways = /^(plaintext (?:protobuf|json|cbor)|unknown|\S+ v\d+ \S+(?: \S+)?)((?:, (?:live|old|freed) \d+)*)$/;

/** What is stored in etcd, and the node whose database it is (see `controls/etcd-data/examples.ts`); undefined for others. */
export function etcdExample(
  text: string,
): { readonly etcd: readonly EtcdDataEvidence[]; readonly nodes?: readonly NodeEvidence[] } | undefined {
  if (!text.startsWith(header)) return undefined;
  const end = text.indexOf('# file: ');
  const node = end === -1 ? undefined : nodeExample(text.slice(end));
  const said = load(text.slice(header.length, end === -1 ? undefined : end)) as Record<string, unknown> & {
    file?: object | null;
    prefix?: string | null;
    resources?: Record<string, string[]>;
  };
  const { file, prefix = '/registry', resources, ...rest } = said;
  const data: EtcdDataEvidence = {
    from: 'file',
    at: '/backup/etcd.db',
    ...(node !== undefined && { node: { name: node.name, at: node.at } }),
    ...(file !== null && {
      file: {
        kind: 'snapshot',
        integrity: { state: 'ok', hashed: 20_480 },
        modified: '2026-11-20T22:00:00.000Z',
        mode: 0o600,
        uid: 0,
        gid: 0,
        ...file,
      },
    }),
    size: { total: 4_194_304, inUse: 2_097_152 },
    revision: 4711,
    ...(prefix !== null && { prefix }),
    resources: Object.entries(resources ?? {}).map(([resource, stored]) => ({
      resource,
      stored: stored.map(storedClass),
    })),
    otherKeys: 1,
    complete: true,
    problems: [],
    ...rest,
  };
  return { etcd: [data], ...(node !== undefined && { nodes: [node] }) };
}

function storedClass(line: string): StoredClass {
  const match = ways.exec(line);
  if (match === null) throw new Error(`no way of storing values: ${line}`);
  const [, way = '', counts = ''] = match;
  const count = (name: string): number => Number(new RegExp(`, ${name} (\\d+)`).exec(counts)?.[1] ?? 0);
  const some = (total: number) => ({
    count: total,
    examples: ['shop/one', 'shop/two', 'shop/three'].slice(0, total),
  });
  return { as: storedAs(way.split(' ')), live: some(count('live')), old: some(count('old')), freed: count('freed') };
}

function storedAs([form = '', second = '', key = '', keyId]: readonly string[]): StoredAs {
  if (form === 'unknown') return { form };
  if (form === 'plaintext') return { form, encoding: second as 'protobuf' | 'json' | 'cbor' };
  return { form: 'encrypted', provider: form, version: second, key, ...(keyId !== undefined && { keyId }) };
}
