import { readStatus, statusText } from '../enforce/registration/status.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { Terminal } from './terminal.ts';
import type { StatusFlags } from './webhook.ts';
import { askingServer, namesOf, openApi } from './webhook-api.ts';

/** Tells how the webhook is registered. Returns the exit code: 1 where it does not refuse as it should. */
export async function runStatus(flags: StatusFlags, terminal: Terminal): Promise<number> {
  const api = openApi(flags, terminal);
  try {
    const now = terminal.now().getTime();
    const status = await askingServer(() => readStatus(api, namesOf(flags), now));
    await terminal.out(flags.output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
    return status.problems.length > 0 ? exitCodes.findings : exitCodes.clean;
  } finally {
    await api.close();
  }
}
