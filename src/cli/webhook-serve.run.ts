import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { controls } from '../controls/registry.ts';
import { certificatesIn } from '../enforce/certificates/trust.ts';
import { createLog } from '../enforce/log.ts';
import { keepMemoryFlat, sweepMemory } from '../enforce/memory.ts';
import { serverNameOf } from '../enforce/registration/configurations.ts';
import { runWebhook } from '../enforce/webhook.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { parseAddress } from './address.ts';
import { type Interrupts, processInterrupts, watchInterrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';
import type { ServeFlags } from './webhook.ts';
import { namesOf, openApi, targetOf } from './webhook-api.ts';

const linesPerSecond = 200;

/** Serves until it is interrupted. Returns the exit code. */
export async function runServe(
  flags: ServeFlags,
  terminal: Terminal,
  interrupts: Interrupts = processInterrupts,
): Promise<number> {
  if (flags.clientName.length > 0 && flags.clientCa === undefined) {
    throw new BulwarkError('usage', '--client-name needs --client-ca', 'name the authority that signed for them');
  }
  if (flags.reports === true && flags.standalone === true) {
    throw new BulwarkError('usage', '--reports needs an API server, and --standalone asks none', 'leave one out');
  }
  const path = (name: string): string => resolve(terminal.cwd, name);
  if (flags.clientCa !== undefined) await checkAuthority(path(flags.clientCa));
  const log = createLog({ write: terminal.err, now: terminal.now, perSecond: linesPerSecond });
  const stopping = watchInterrupts(interrupts, {
    first: () => undefined,
    second: () => log.write('warning', 'ended before every call was answered'),
  });
  try {
    const cluster =
      flags.standalone === true
        ? undefined
        : { api: openApi(flags, terminal), names: namesOf(flags), serverName: serverNameOf(targetOf(flags)) };
    keepMemoryFlat();
    await runWebhook(
      {
        listen: parseAddress('--listen', flags.listen),
        probes: parseAddress('--probes', flags.probes),
        keyFiles: {
          cert: path(flags.tlsCert),
          key: path(flags.tlsKey),
          clientCa: flags.clientCa === undefined ? undefined : path(flags.clientCa),
        },
        clientNames: new Set(flags.clientName),
        policies: flags.policies.map(path),
        controls,
        cluster,
        reports: flags.reports === true,
        logged: flags.logAllowed === true ? 'all' : 'refusals',
        log,
        now: terminal.now,
        lookEvery: flags.lookEvery * 1000,
        serverThread: serverThread(),
        stopping: { delay: flags.stopDelay * 1000, longest: 30_000 },
        onReady: sweepMemory,
        onListening: ({ reviews, probes }) => log.write('info', 'listening', { reviews, probes }),
      },
      stopping.signal,
    );
    return exitCodes.clean;
  } finally {
    stopping.stop();
  }
}

/** Beside the bundle; a program that runs from its sources has none. */
function serverThread(): URL | undefined {
  const file = new URL('../server-thread.js', import.meta.url);
  return existsSync(file) ? file : undefined;
}

/** A file that is not there yet may come with the rest; one that holds no certificate would let nobody in, or all. */
async function checkAuthority(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined || certificatesIn(text).length > 0) return;
  const hint = 'give it the certificate of the authority, in PEM';
  throw new BulwarkError('usage', `--client-ca: ${file} holds no certificate`, hint);
}
