import { createHash } from 'node:crypto';

export const eventStream = 'bulwark-events';
export const alertStream = 'bulwark-alerts';
export const stateBucket = 'bulwark-watch';

/** Messages and values are cut to pieces of this size: half of what a server takes by default. */
export const pieceBytes = 512 * 1024;

/** The partition of the rules that group by something else than who acted. */
export const shared = 'shared';
/** A number from 0, or `shared`. */
export type PartitionName = string;

export function partitionNames(count: number): readonly PartitionName[] {
  return [...Array.from({ length: count }, (_, index) => String(index)), shared];
}

/** What the server's configuration has to hold: it decides which partition a user's events are in. */
export function mappingFor(count: number): string {
  return `mappings = { "bulwark.event.*": "bulwark.partition.{{partition(${count},1)}}.{{wildcard(1)}}" }`;
}

/** The server maps it to a partition's subject. */
export function eventSubject(token: string): string {
  return `bulwark.event.${token}`;
}

/** Of one partition, without the mapping: for what several partitions are told. */
export function copySubject(partition: PartitionName): string {
  return `bulwark.partition.${partition}.copy`;
}

/** Everything that a partition is told. */
export function partitionFilter(partition: PartitionName): string {
  return `bulwark.partition.${partition}.*`;
}

export const partitionSubjects = 'bulwark.partition.*.*';
export const alertSubjects = 'bulwark.alert.*.*';

/** One for each revision of an alert: the server takes one message for it. */
export function alertSubject({ id, revision }: { readonly id: string; readonly revision: number }): string {
  return `bulwark.alert.${/^[\w-]{1,64}$/.test(id) ? id : digest(id)}.${revision}`;
}

/**
 * What partitions are told apart by: the user, or the address of a request that was not authenticated. Hashed, since a
 * user name may hold what no subject can.
 */
export function tokenOf(who: { readonly user: string; readonly source: string }): string {
  return digest(who.user === '' ? `source ${who.source}` : `user ${who.user}`);
}

/** The server's own function of one token, `partition(count,1)`: 32-bit FNV-1a, modulo. */
export function partitionOf(token: string, count: number): PartitionName {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(token)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return String(hash % count);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
