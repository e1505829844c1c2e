import { exitCodes } from '../engine/exit-code.ts';
import { networkReachability } from '../facts/network.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { incomingFlows } from '../facts/network-flows.ts';
import { networkDot } from '../report/network-dot.ts';
import { networkGraph } from '../report/network-graph.ts';
import { networkListText } from '../report/network-list.ts';
import { networkListJson } from '../report/network-list-json.ts';
import { networkSvg } from '../report/network-svg.ts';
import { styleOf } from '../report/style.ts';
import type { NetworkListFlags, NetworkSession } from './network.ts';
import { endpointNamed, networkFacts } from './network-facts.ts';

/** Flows to one destination that people read; JSON has all. */
const mostFlows = 200;

/** Prints who can talk to whom. Returns the exit code. */
export async function runNetworkList(
  paths: readonly string[],
  flags: NetworkListFlags,
  session: NetworkSession,
): Promise<number> {
  const facts = await networkFacts(paths, flags, session);
  const { terminal, color } = session;
  const { ports } = facts.get(networkReachability);
  const focus = flags.focus === undefined ? undefined : new Set(endpointNamed(facts, flags.focus).classes);
  const shown = {
    groups: incomingFlows(facts, { focus, most: flags.output === 'json' ? undefined : mostFlows }),
    ports,
    enforcement: facts.get(networkEnforcement),
  };
  const style = styleOf(color);
  if (flags.output === 'dot') await terminal.out(networkDot(networkGraph(shown)));
  else if (flags.output === 'svg') await terminal.out(networkSvg(networkGraph(shown)));
  else if (flags.output === 'json') await printInPieces(networkListJson(shown), terminal);
  else await printInPieces(networkListText(shown, { style, width: terminal.width }), terminal);
  return exitCodes.clean;
}

/** Small pieces are printed together: each waits for the reader. */
async function printInPieces(pieces: Iterable<string>, terminal: NetworkSession['terminal']): Promise<void> {
  const large = 64 * 1024;
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < large) continue;
    await terminal.out(text);
    text = '';
  }
  await terminal.out(text);
}
