import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { BulwarkError } from '../model/errors.ts';
import { endOf } from '../watch/file-end.ts';
import type { EventSource } from '../watch/sources/index.ts';
import type { WatchOptions } from '../watch/watch-options.ts';
import type { Terminal } from './terminal.ts';
import type { WatchFlags } from './watch.ts';

/** A folder of its own for each set of sources. Systemd names one for a service. */
export function stateFolderOf(
  names: readonly string[],
  flags: Pick<WatchFlags, 'state' | 'once'>,
  { env, cwd }: Terminal,
): string | undefined {
  if (flags.state !== undefined) return resolve(cwd, flags.state);
  if (flags.once === true) return undefined;
  const given = env['STATE_DIRECTORY']?.split(':', 1)[0];
  if (given) return given;
  const base = env['XDG_STATE_HOME'] || (env['HOME'] ? join(env['HOME'], '.local/state') : undefined);
  if (base === undefined) {
    throw new BulwarkError('usage', 'there is no home folder to keep the state in', 'name a folder with --state');
  }
  const sources = names.map((name) => (name === '-' || name.endsWith(':') ? name : resolve(cwd, name)));
  return join(base, 'bulwark/watch', createHash('sha256').update(sources.join('\n')).digest('hex').slice(0, 12));
}

/** A file that is followed for the first time begins at its end, unless all of it is asked for. */
export async function beginOf(source: EventSource, { once, fromStart }: WatchFlags): ReturnType<WatchOptions['begin']> {
  if (once === true || fromStart === true || !source.name.startsWith('/')) return undefined;
  return endOf(source.name);
}
