import { unlock } from '../enforce/registration/unlock.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Terminal } from './terminal.ts';
import type { UnlockFlags } from './webhook.ts';
import { askingServer, namesOf, openApi } from './webhook-api.ts';

/** Suspends refusals for a time, or ends that. Returns the exit code. */
export async function runUnlock(flags: UnlockFlags, terminal: Terminal): Promise<number> {
  const reason = flags.reason?.trim() ?? '';
  if (flags.end !== true && (flags.for === undefined || reason === '')) {
    throw new BulwarkError(
      'usage',
      'an unlock has a time and a reason',
      'run it with --for 30m --reason "INC-1234: the registry moved"',
    );
  }
  const api = openApi(flags, terminal);
  try {
    const now = terminal.now().getTime();
    const until = flags.end === true ? undefined : now + (flags.for ?? 0);
    const said = await askingServer(() => unlock(api, namesOf(flags), { until, reason, now }));
    await terminal.out(`${said}\n`);
    return exitCodes.clean;
  } finally {
    await api.close();
  }
}
