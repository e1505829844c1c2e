import type { Judgement } from '../engine/judge.ts';
import { sortNotices } from '../report/order.ts';
import { visible } from '../report/visible.ts';
import type { Terminal } from './terminal.ts';

/**
 * Tells on standard error which exceptions do not hold although somebody wrote them: a command without a place for
 * notices in its report must not pass over them. That one is needed by nothing is no news here.
 */
export function tellMisgivings({ notices = [] }: Judgement, terminal: Terminal): void {
  const holding = notices.filter(({ kind }) => kind !== 'unused' && kind !== 'unmatched');
  for (const { place, message } of sortNotices(holding)) {
    terminal.err(`bulwark: exception at ${visible(place)}: ${visible(message)}\n`);
  }
}
