import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readSnapshot } from '../collect/snapshot-file.ts';
import type { Alert } from '../model/alert.ts';
import { BulwarkError } from '../model/errors.ts';
import { causesIn } from '../watch/causes.ts';
import { alertPage } from '../watch/sinks/alert-lines.ts';
import { openSink, type SinkContext } from '../watch/sinks/open-sink.ts';
import type { Sink } from '../watch/sinks/sink.ts';
import type { Terminal } from './terminal.ts';
import type { RunFlags } from './watch.ts';

/** The sinks that the options name; the terminal without any. Throws `usage`. */
export async function openSinks(flags: RunFlags, terminal: Terminal): Promise<readonly Sink[]> {
  const context: SinkContext = {
    cwd: terminal.cwd,
    write: (text) => terminal.out(text),
    page: alertPage(flags.color, terminal.width),
    ca: await textOf('--sink-ca', flags.sinkCa, terminal),
    secret: (await textOf('--sink-secret-file', flags.sinkSecretFile, terminal))?.trim(),
    now: () => terminal.now().getTime(),
  };
  const specs = flags.sink.length === 0 ? ['terminal'] : flags.sink;
  if (specs.filter((spec) => /^(terminal|ndjson(=-)?)$/.test(spec)).length > 1) {
    throw new BulwarkError(
      'usage',
      'two sinks write to standard output',
      'send one of them to a file: --sink ndjson=FILE',
    );
  }
  const sinks = await Promise.all(specs.map((spec) => openSink(spec, context)));
  if (new Set(sinks.map(({ name }) => name)).size < sinks.length) {
    throw new BulwarkError('usage', 'a sink is named twice', 'name each once');
  }
  return sinks;
}

async function textOf(option: string, path: string | undefined, { cwd }: Terminal): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `${option}: ${reason}`, 'name a readable file', { cause });
  }
}

/** What made an alert possible, as a saved snapshot tells. */
export async function openCauses(
  { snapshot }: RunFlags,
  { cwd }: Terminal,
): Promise<(alert: Alert) => readonly string[]> {
  if (snapshot === undefined) return () => [];
  const [{ judge }, { controls }] = await Promise.all([
    import('../engine/judge.ts'),
    import('../controls/registry.ts'),
  ]);
  return causesIn(judge(await readSnapshot(resolve(cwd, snapshot)), { controls }).findings);
}
