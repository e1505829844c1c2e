import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const busybox = '/bin/busybox';

/**
 * A container image of Debian's static busybox as `docker save` writes one, for `ctr images import`: with a link for each
 * of its programs, and `command` as what it runs.
 */
export function busyboxImage({
  name,
  command,
}: {
  readonly name: string;
  readonly command: readonly string[];
}): Buffer {
  const programs = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const layer = archive([
    ...['bin', 'tmp', 'proc', 'sys', 'dev', 'etc'].map((folder) => ({ path: folder, kind: 'folder' }) as const),
    { path: 'bin/busybox', kind: 'file', content: readFileSync(busybox) },
    ...programs
      .filter((program) => program !== 'busybox')
      .map((program) => ({ path: `bin/${program}`, kind: 'link', to: 'busybox' }) as const),
  ]);
  const digest = createHash('sha256').update(layer).digest('hex');
  const config = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: command, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  return archive([
    { path: 'layer.tar', kind: 'file', content: layer },
    { path: 'config.json', kind: 'file', content: Buffer.from(JSON.stringify(config)) },
    { path: 'manifest.json', kind: 'file', content: Buffer.from(JSON.stringify(manifest)) },
  ]);
}

type Entry = { readonly path: string } & (
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly content: Buffer }
  | { readonly kind: 'link'; readonly to: string }
);

/** A tar archive in the ustar format (POSIX.1-1988), of names under 100 bytes. */
function archive(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = entry.kind === 'file' ? entry.content : Buffer.alloc(0);
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const types = { file: '0', link: '2', folder: '5' } as const;

function header(entry: Entry, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0');
  block.write(entry.path, 0);
  block.write(octal(0o755, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(types[entry.kind], 156);
  if (entry.kind === 'link') block.write(entry.to, 157);
  block.write('ustar\u000000', 257);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  block.writeUInt8(0, 154);
  return block;
}
