/** What people keep in place of a snapshot, by its first bytes, and how to come to the snapshot. */
interface FileKind {
  readonly magic: string;
  readonly at?: number;
  readonly what: string;
  readonly hint: string;
}

const kinds: readonly FileKind[] = [
  { magic: '\x1f\x8b', what: 'compressed with gzip', hint: 'unpack it first: gunzip' },
  { magic: '\x28\xb5\x2f\xfd', what: 'compressed with zstd', hint: 'unpack it first: unzstd' },
  { magic: '\xfd7zXZ\0', what: 'compressed with xz', hint: 'unpack it first: unxz' },
  { magic: 'BZh', what: 'compressed with bzip2', hint: 'unpack it first: bunzip2' },
  { magic: '\x04\x22\x4d\x18', what: 'compressed with lz4', hint: 'unpack it first: unlz4' },
  { magic: 'PK\x03\x04', what: 'a zip archive', hint: 'unpack it first: unzip (k3s and RKE2 compress snapshots so)' },
  { magic: 'ustar', at: 257, what: 'a tar archive', hint: 'unpack it first: tar --extract' },
  { magic: 'age-encryption.org/', what: 'encrypted with age', hint: 'decrypt it first, on a machine that may hold it' },
  { magic: '-----BEGIN PGP', what: 'encrypted with PGP', hint: 'decrypt it first, on a machine that may hold it' },
  {
    magic: 'SQLite format 3\0',
    what: 'a SQLite database',
    hint: 'k3s without etcd keeps its data in SQLite, which is not read',
  },
];

/** How many bytes `foreignKind` looks at. */
export const kindBytes = 262;

/** What a file is that is no etcd database, and the next step; undefined where it may be one. */
export function foreignKind(start: Uint8Array): { readonly what: string; readonly hint: string } | undefined {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.byteLength, kindBytes)).toString('latin1');
  return kinds.find(({ magic, at = 0 }) => text.startsWith(magic, at));
}
