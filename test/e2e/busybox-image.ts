import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tarArchive } from '../tar-archive.ts';

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
  const layer = tarArchive([
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
  return tarArchive([
    { path: 'layer.tar', kind: 'file', content: layer },
    { path: 'config.json', kind: 'file', content: Buffer.from(JSON.stringify(config)) },
    { path: 'manifest.json', kind: 'file', content: Buffer.from(JSON.stringify(manifest)) },
  ]);
}
