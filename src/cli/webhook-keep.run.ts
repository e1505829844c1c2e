import { resolve } from 'node:path';
import { controls } from '../controls/registry.ts';
import { Keeper } from '../enforce/keeper/keeper.ts';
import { createLog } from '../enforce/log.ts';
import { PolicySource } from '../enforce/policy-source.ts';
import { clusterNamespaces } from '../enforce/registration/names.ts';
import { startProbeServer } from '../enforce/server/probe-server.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { pause } from '../watch/backoff.ts';
import { parseAddress } from './address.ts';
import { type Interrupts, processInterrupts, watchInterrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';
import type { KeepFlags } from './webhook.ts';
import { namesOf, openApi, targetOf } from './webhook-api.ts';

/** Keeps the webhook registered until it is interrupted. Returns the exit code. */
export async function runKeep(
  flags: KeepFlags,
  terminal: Terminal,
  interrupts: Interrupts = processInterrupts,
): Promise<number> {
  if (flags.overlap * 6 > flags.authorityLife) {
    const hint = 'a new authority is made at two thirds of a life, and has to sign well before its end';
    throw new BulwarkError('usage', '--overlap is longer than a sixth of --authority-life', hint);
  }
  const log = createLog({ write: terminal.err, now: terminal.now, perSecond: 50 });
  const stopping = watchInterrupts(interrupts, { first: () => undefined, second: () => undefined });
  const api = openApi(flags, terminal, stopping.signal);
  const source = new PolicySource({
    paths: flags.policies.map((name) => resolve(terminal.cwd, name)),
    controls,
    serverMinor: () => undefined,
    now: terminal.now,
  });
  const keeper = new Keeper({
    api,
    names: namesOf(flags),
    target: targetOf(flags),
    lives: {
      authority: flags.authorityLife * 1000,
      leaf: flags.certificateLife * 1000,
      overlap: flags.overlap * 1000,
    },
    rules: () => source.current?.rules(),
    exempt: [...(flags.enforceInKubeSystem === true ? [] : clusterNamespaces), ...flags.exempt],
    timeoutSeconds: flags.webhookTimeout,
    log,
    now: () => terminal.now().getTime(),
  });
  let problem: string | undefined = 'nothing was looked at yet';
  const probes = await startProbeServer({
    ...parseAddress('--probes', flags.probes),
    metrics: undefined,
    unready: () => [
      ...(problem === undefined ? [] : [problem]),
      ...(source.current === undefined ? source.problems : []),
    ],
    warnings: () => [...source.problems, ...keeper.problems],
  });
  try {
    log.write('info', 'keeping the webhook registered', { name: flags.name, every: flags.every });
    while (!stopping.signal.aborted) {
      const refreshed = await source.refresh();
      if (refreshed === 'changed') {
        log.write('info', 'policies in force', { notes: source.notes });
      } else if (refreshed === 'refused') {
        log.write('error', 'the policies cannot be used: what is registered stays', { problems: source.problems });
      }
      try {
        await keeper.round();
        problem = undefined;
      } catch (error) {
        if (stopping.signal.aborted) break;
        problem = error instanceof Error ? error.message : String(error);
        log.write('error', 'the webhook cannot be kept registered', { problem });
      }
      await pause(flags.every * 1000, stopping.signal);
    }
    return exitCodes.clean;
  } finally {
    stopping.stop();
    await probes.close();
    await api.close();
  }
}
