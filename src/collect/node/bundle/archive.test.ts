import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readArchive } from './archive.ts';

interface Entry {
  readonly name: string;
  readonly content?: string;
  readonly flag?: string;
  readonly size?: number;
}

function header({ name, content = '', flag = '0', size }: Entry): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(name, 0, 100, 'latin1');
  bytes.write('0000644\0', 100, 'latin1');
  bytes.write(`${(size ?? content.length).toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  bytes.write('        ', 148, 'latin1');
  bytes.write(flag, 156, 'latin1');
  bytes.write('ustar  \0', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function tar(...entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '');
    return [header(entry), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function read(content: Buffer) {
  const { files, problems } = readArchive(content, (name) => /^[a-z/]+$/.test(name));
  return {
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.toString()])),
    problems: problems.map(({ entry, reason }) => (entry === undefined ? reason : `${entry}: ${reason}`)),
  };
}

const good = { name: 'good', content: 'x'.repeat(600) };
const outside = 'its name leads outside the bundle: it was not read';

describe('readArchive', () => {
  it.each([
    ['plain', tar(good, { name: './a/b', content: 'y' })],
    ['gzipped', gzipSync(tar(good, { name: './a/b', content: 'y' }))],
  ])('reads a %s tar', (_, content) => {
    expect(read(content)).toEqual({ files: { good: good.content, 'a/b': 'y' }, problems: [] });
  });

  it.each<[string, Entry, string]>([
    ['climbs', { name: 'a/../../etc/passwd', content: 'y' }, outside],
    ['begins at the root', { name: '/etc/passwd', content: 'y' }, outside],
    ['is not UTF-8', { name: '\xff', content: 'y' }, outside],
    ['is a symbolic link', { name: 'a', flag: '2' }, 'neither a file nor a folder: it was not read'],
    ['is a hard link', { name: 'a', flag: '1' }, 'neither a file nor a folder: it was not read'],
    ['is a device', { name: 'a', flag: '3' }, 'neither a file nor a folder: it was not read'],
    ['is a pipe', { name: 'a', flag: '6' }, 'neither a file nor a folder: it was not read'],
    [
      'is a long name of GNU tar',
      { name: 'a', flag: 'L', content: 'y' },
      'neither a file nor a folder: it was not read',
    ],
    ['is no part', { name: 'Other', content: 'y' }, 'not a part of a bundle: it was not read'],
    ['is there twice', { name: 'good', content: 'y' }, 'there twice: the first one counts'],
  ])('leaves out an entry that %s', (_, entry, reason) => {
    const shown = entry.name.replace('\xff', '?');
    const after = { name: 'after', content: 'z' };
    expect(read(tar(good, entry, after))).toEqual({
      files: { good: good.content, after: 'z' },
      problems: [`${shown}: ${reason}`],
    });
  });

  it('passes over folders', () => {
    expect(read(tar({ name: 'a/', flag: '5' }, good))).toEqual({ files: { good: good.content }, problems: [] });
  });

  const short = 'it ends too early, as after an interrupted copy: what is missing was not judged';

  it.each<[string, Buffer, object]>([
    ['nothing', Buffer.alloc(0), { files: {}, problems: [short] }],
    ['what is no archive', Buffer.from('kind: Pod\n'.repeat(100)), { files: {}, problems: ['not a tar archive'] }],
    [
      'broken gzip',
      Buffer.from([0x1f, 0x8b, 1, 2, 3]),
      { files: {}, problems: ['broken gzip: nothing of it was read'] },
    ],
    [
      'a cut tar',
      tar(good, { ...good, name: 'b' }).subarray(0, 2200),
      { files: { good: good.content }, problems: [short] },
    ],
    ['a size beyond the end', tar({ name: 'a', size: 1e9 }), { files: {}, problems: [short] }],
    [
      'a broken header',
      Buffer.concat([tar(good).subarray(0, 1536), Buffer.alloc(512, 7), tar(good)]),
      { files: { good: good.content }, problems: ['broken tar: what follows was not read'] },
    ],
    ['a bomb', gzipSync(Buffer.alloc(130 * 1024 * 1024)), { files: {}, problems: ['larger than 128 MiB, unpacked'] }],
  ])('says what is wrong with %s', (_, content, expected) => {
    expect(read(content)).toEqual(expected);
  });

  it('gives what a cut gzip still holds', () => {
    const noise = Array.from({ length: 20_000 }, (_, index) =>
      String.fromCharCode(97 + ((index * index * 7) % 26)),
    ).join('');
    const whole = gzipSync(tar(good, { name: 'noise', content: noise }));
    expect(read(whole.subarray(0, whole.length - 60))).toEqual({ files: { good: good.content }, problems: [short] });
  });

  it('complains of a few entries, not of each', () => {
    const many = Array.from({ length: 100 }, () => ({ name: '/a' }));
    expect(read(tar(...many, good)).problems).toHaveLength(20);
    expect(read(tar(...many, good)).files).toEqual({ good: good.content });
  });
});
