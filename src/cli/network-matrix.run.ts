import { exitCodes } from '../engine/exit-code.ts';
import { networkReachability } from '../facts/network.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { incomingFlows } from '../facts/network-flows.ts';
import { networkMatrix } from '../facts/network-matrix.ts';
import { BulwarkError } from '../model/errors.ts';
import { networkDot } from '../report/network-dot.ts';
import { networkGraph } from '../report/network-graph.ts';
import { networkMatrixJson, networkMatrixSvg, networkMatrixText } from '../report/network-matrix.ts';
import { styleOf } from '../report/style.ts';
import type { NetworkListFlags, NetworkSession } from './network.ts';
import { endpointNamed, networkFacts } from './network-facts.ts';

/** More rows than anybody reads, and than JSON should be asked for. */
const most = { text: 120, svg: 400, json: 2000 } as const;

/** Prints everybody against everybody. Returns the exit code. Throws `usage` where that is too large. */
export async function runNetworkMatrix(
  paths: readonly string[],
  flags: NetworkListFlags,
  session: NetworkSession,
): Promise<number> {
  const facts = await networkFacts(paths, flags, session);
  const { terminal, color } = session;
  const { ports } = facts.get(networkReachability);
  const enforcement = facts.get(networkEnforcement);
  const focus = flags.focus === undefined ? undefined : new Set(endpointNamed(facts, flags.focus).classes);
  if (flags.output === 'dot') {
    await terminal.out(
      networkDot(networkGraph({ groups: incomingFlows(facts, { focus, most: 200 }), ports, enforcement })),
    );
    return exitCodes.clean;
  }
  const limit = flags.output === 'json' ? most.json : flags.output === 'svg' ? most.svg : most.text;
  const matrix = networkMatrix(facts, { focus, most: limit });
  if (typeof matrix === 'number') {
    throw new BulwarkError(
      'usage',
      `there are ${matrix} kinds of endpoints, which is no table any more`,
      matrixHint(limit),
    );
  }
  const shown = { matrix, ports, enforcement };
  if (flags.output === 'json') await terminal.out(networkMatrixJson(shown));
  else if (flags.output === 'svg') await terminal.out(networkMatrixSvg(shown));
  else await terminal.out(networkMatrixText(shown, { style: styleOf(color), width: terminal.width }));
  return exitCodes.clean;
}

function matrixHint(limit: number): string {
  return `up to ${limit} fit: --focus NAMESPACE/NAME shows what one reaches and is reached by, -n NAMESPACE with --cluster and fewer paths read less; "bulwark network list" tells all in groups`;
}
