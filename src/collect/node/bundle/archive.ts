import { constants, gunzipSync } from 'node:zlib';

/** Of an archive, unpacked. A node's evidence is a few hundred kilobytes; a kubeconfig may have 20 MiB. */
const maxBytes = 128 * 1024 * 1024;
const maxEntries = 100_000;
const block = 512;
/** Complaints about single entries; more of them say nothing new. */
const maxProblems = 20;

export interface Archive {
  /** Content of the regular files by name. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** What is wrong with it: what could be read is there all the same. */
  readonly problems: readonly ArchiveProblem[];
}

export interface ArchiveProblem {
  readonly kind: 'malformed' | 'too-large';
  /** The entry, escaped; absent where it is the archive. */
  readonly entry?: string;
  readonly reason: string;
}

/**
 * Reads a tar (POSIX ustar, as tar(1) writes it for short names), gzipped or not, in memory: nothing is unpacked to
 * disk, so that names lead nowhere. Entries that `isName` does not know, links and devices, and those of a name that was
 * there before are left out with a problem each. Never throws.
 */
export function readArchive(content: Buffer, isName: (name: string) => boolean): Archive {
  const unpacked = unzip(content);
  if ('problem' in unpacked) return { files: new Map(), problems: [unpacked.problem] };
  return readTar(unpacked.tar, isName);
}

function unzip(content: Buffer): { readonly tar: Buffer } | { readonly problem: ArchiveProblem } {
  if (content[0] !== 0x1f || content[1] !== 0x8b) {
    return content.length > maxBytes ? { problem: tooLarge } : { tar: content };
  }
  try {
    // What is left of a truncated stream is given out; that the archive does not end is seen below.
    return { tar: gunzipSync(content, { maxOutputLength: maxBytes, finishFlush: constants.Z_SYNC_FLUSH }) };
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { problem: isLarge ? tooLarge : { kind: 'malformed', reason: 'broken gzip: nothing of it was read' } };
  }
}

const tooLarge: ArchiveProblem = { kind: 'too-large', reason: `larger than ${maxBytes / 1024 / 1024} MiB, unpacked` };
const truncated: ArchiveProblem = {
  kind: 'malformed',
  reason: 'it ends too early, as after an interrupted copy: what is missing was not judged',
};

function readTar(tar: Buffer, isName: (name: string) => boolean): Archive {
  const files = new Map<string, Buffer>();
  const problems: ArchiveProblem[] = [];
  const complain = (header: Header, reason: string): void => {
    if (problems.length < maxProblems) problems.push({ kind: 'malformed', entry: header.shown, reason });
  };
  let at = 0;
  for (let count = 0; ; count += 1) {
    if (at + block > tar.length) return { files, problems: [...problems, truncated] };
    const header = readHeader(tar.subarray(at, at + block));
    if (header === 'end') return { files, problems };
    if (header === undefined) {
      const reason = at === 0 ? 'not a tar archive' : 'broken tar: what follows was not read';
      return { files, problems: [...problems, { kind: 'malformed', reason }] };
    }
    if (count >= maxEntries) {
      return { files, problems: [...problems, { kind: 'too-large', reason: `more than ${maxEntries} entries` }] };
    }
    const start = at + block;
    const end = start + header.size;
    at = start + Math.ceil(header.size / block) * block;
    const { name, type } = header;
    if (type === 'directory') continue;
    if (type === 'other') complain(header, 'neither a file nor a folder: it was not read');
    else if (name === undefined || name.startsWith('/') || name.split('/').includes('..')) {
      complain(header, 'its name leads outside the bundle: it was not read');
    } else if (!isName(name)) complain(header, 'not a part of a bundle: it was not read');
    else if (files.has(name)) complain(header, 'there twice: the first one counts');
    else if (end > tar.length) return { files, problems: [...problems, truncated] };
    else files.set(name, tar.subarray(start, end));
  }
}

interface Header {
  /** Undefined where it is not UTF-8. */
  readonly name: string | undefined;
  readonly shown: string;
  readonly size: number;
  readonly type: 'file' | 'directory' | 'other';
}

/** Undefined for what is no header; `end` for the empty block that ends an archive. */
function readHeader(bytes: Buffer): Header | 'end' | undefined {
  const sum = octal(bytes, 148, 8);
  let actual = 0;
  for (let index = 0; index < block; index += 1) actual += index >= 148 && index < 156 ? 0x20 : (bytes[index] ?? 0);
  if (actual === 8 * 0x20) return 'end';
  const size = octal(bytes, 124, 12);
  if (sum !== actual || size === undefined) return undefined;
  const isUstar = bytes.toString('latin1', 257, 262) === 'ustar';
  // GNU tar keeps times where POSIX has the name's beginning.
  const prefix = isUstar && bytes[262] === 0 ? text(bytes, 345, 155) : Buffer.alloc(0);
  const short = text(bytes, 0, 100);
  const whole = prefix.length === 0 ? short : Buffer.concat([prefix, Buffer.from('/'), short]);
  const flag = String.fromCharCode(bytes[156] ?? 0);
  const name = whole.toString('utf8').replace(/^(?:\.\/)+/, '');
  const isFolder = flag === '5' || (flag !== '1' && flag !== '2' && name.endsWith('/'));
  return {
    name: name.includes('\ufffd') ? undefined : name,
    shown: whole
      .toString('latin1')
      .replace(/[^ -~]/g, '?')
      .slice(0, 200),
    size,
    type: isFolder ? 'directory' : flag === '0' || flag === '\0' || flag === '7' ? 'file' : 'other',
  };
}

function text(bytes: Buffer, start: number, length: number): Buffer {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return end === -1 ? field : field.subarray(0, end);
}

/** Undefined where the field holds no octal number, as for files beyond 8 GiB, which have no place here. */
function octal(bytes: Buffer, start: number, length: number): number | undefined {
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(bytes.toString('latin1', start, start + length)) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}
