import { resolve } from 'node:path';
import type { AuditEvent } from '../model/audit-event.ts';
import { BulwarkError } from '../model/errors.ts';
import { visible } from '../report/visible.ts';
import type { AuditPolicy, Simulation } from '../semantics/audit-policy/index.ts';
import { Simulator } from '../semantics/audit-policy/index.ts';
import type { Terminal } from './terminal.ts';

/** Gives each event of logs to `take`, in order. Damaged lines are told on standard error. Throws `usage` for no log. */
export async function readLogs(
  logs: readonly string[],
  terminal: Terminal,
  take: (event: AuditEvent) => void,
): Promise<void> {
  const { fileSource } = await import('../watch/sources/index.ts');
  let events = 0;
  for (const log of logs) {
    let damaged = 0;
    let before = events;
    try {
      const source = fileSource(resolve(terminal.cwd, log));
      for await (const batch of source.batches({ follow: false, signal: new AbortController().signal })) {
        for (const event of batch.events) take(event);
        events += batch.events.length;
        damaged += batch.damages.length;
      }
    } catch (error) {
      if (error instanceof BulwarkError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new BulwarkError('usage', `cannot read ${visible(log)}: ${visible(reason)}`, 'name an audit log', {
        cause: error,
      });
    }
    if (damaged > 0) terminal.err(`bulwark: ${visible(log)}: ${damaged} damaged parts were passed over\n`);
    if (events === before) {
      throw new BulwarkError(
        'usage',
        `${visible(log)} holds no audit events`,
        'name an audit log (JSON lines, plain, .gz or .zst)',
      );
    }
    before = events;
  }
}

/** What a policy would have kept of logs. */
export async function simulateLogs(
  policy: AuditPolicy,
  logs: readonly string[],
  terminal: Terminal,
): Promise<Simulation> {
  const simulator = new Simulator(policy);
  await readLogs(logs, terminal, (event) => simulator.add(event));
  return simulator.result();
}
