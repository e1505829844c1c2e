/**
 * The data of an etcd, as etcd and the API server write it: bbolt pages, revisions, and the beginnings of values that
 * tell how each is encrypted. Pure, and usable alone:
 *
 *     const store = await readEtcdData({ size, read: (offset, length) => bytes });
 *     if (typeof store === 'string') print(`not an etcd database: ${store}`);
 *     else for (const { resource, stored } of store.resources) print(resource, stored);
 */
export type { ByteSource } from './bolt-file.ts';
export type { EtcdStore, ReadOptions } from './read.ts';
export { defaultMaxKeys, normalPrefix, readEtcdData, uncountedProblem } from './read.ts';
export { StoredClasses } from './stored-value.ts';
export type { Totals } from './tally.ts';
export { Tally } from './tally.ts';
