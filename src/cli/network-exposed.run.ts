import { exitCodes } from '../engine/exit-code.ts';
import { networkReachability } from '../facts/network.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { networkEntries } from '../facts/network-exposure.ts';
import { networkNames } from '../facts/network-names.ts';
import { reachedByAll } from '../facts/network-reached.ts';
import { networkExposedJson, networkExposedText } from '../report/network-exposed.ts';
import { portsText } from '../report/network-words.ts';
import { styleOf } from '../report/style.ts';
import type { NetworkFlags, NetworkSession } from './network.ts';
import { networkFacts } from './network-facts.ts';

/** Prints the ways in from outside, and what every pod and node reaches. Returns the exit code. */
export async function runNetworkExposed(
  paths: readonly string[],
  flags: NetworkFlags,
  session: NetworkSession,
): Promise<number> {
  const facts = await networkFacts(paths, flags, session);
  const reachability = facts.get(networkReachability);
  const { describe, nameOf } = facts.get(networkNames);
  const rows = (sources: readonly number[]) =>
    [...reachedByAll(reachability, sources)].map(([ports, classes]) => ({
      ports: portsText(reachability.ports, ports),
      to: describe(classes),
    }));
  const shown = {
    enforcement: facts.get(networkEnforcement),
    entries: facts
      .get(networkEntries)
      .map((entry) => ({ entry, to: [...new Set(entry.pods.map((pod) => nameOf(pod)))].sort() })),
    everywhere: rows(reachability.classes.pods.members()),
    fromNodes: rows(reachability.classes.hosts),
  };
  const { terminal, color } = session;
  if (flags.output === 'json') await terminal.out(networkExposedJson(shown));
  else await terminal.out(networkExposedText(shown, { style: styleOf(color), width: terminal.width }));
  return exitCodes.clean;
}
