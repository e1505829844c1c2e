import type { ListenerEvidence } from '../../model/node.ts';
import type { ByteOrder, NodeSource } from './node-source.ts';

export const socketTables: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Most sockets that are kept of one host. */
const maxListeners = 10_000;

interface Socket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/**
 * The TCP ports that the host listens on, by address and port; undefined where the kernel does not say. A socket that no
 * process that may be looked at holds is listed without one.
 */
export function readListeners(source: NodeSource): readonly ListenerEvidence[] | undefined {
  const tables = socketTables.map((path) => source.kernelFile(path));
  if (tables.every((table) => table === undefined)) return undefined;
  const sockets = tables.flatMap((table) => listeningIn(table ?? '', source.byteOrder)).slice(0, maxListeners);
  const owners = source.socketOwners(new Set(sockets.map(({ inode }) => inode)));
  const listeners = sockets.map(({ address, port, inode }): ListenerEvidence => {
    const pid = owners.get(inode);
    return { address, port, ...(pid !== undefined && { pid }) };
  });
  return listeners.sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
}

const listening = '0A';

/**
 * proc_net_tcp: `sl local_address rem_address st … inode`. Addresses are words of the machine's own byte order in
 * hexadecimal: s390x alone has the bytes in the order in which they are written.
 */
export function listeningIn(table: string, order: ByteOrder): Socket[] {
  const found: Socket[] = [];
  for (const line of table.split('\n')) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [, address = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(local) ?? [];
    if (state !== listening || address === '') continue;
    found.push({ address: addressOf(address, order), port: Number.parseInt(port, 16), inode });
  }
  return found;
}

function addressOf(hex: string, order: ByteOrder): string {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    const written = [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(word + at, word + at + 2), 16));
    bytes.push(...(order === 'big' ? written : written.reverse()));
  }
  return bytes.length === 4 ? bytes.join('.') : version6(bytes);
}

/** RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function version6(bytes: readonly number[]): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((bytes[index] ?? 0) * 256 + (bytes[index + 1] ?? 0));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.length === 1) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
