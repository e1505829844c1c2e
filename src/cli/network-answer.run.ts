import { exitCodes } from '../engine/exit-code.ts';
import { networkReachability } from '../facts/network.ts';
import { answerNetwork, explainPart } from '../facts/network-answer.ts';
import { describePart, portProblem, splitPort } from '../facts/network-endpoints.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { BulwarkError } from '../model/errors.ts';
import { networkAnswerJson, networkAnswerText } from '../report/network-answer.ts';
import { styleOf } from '../report/style.ts';
import { visibleShort } from '../report/visible.ts';
import type { NetworkFlags, NetworkSession } from './network.ts';
import { endpointNamed, networkFacts } from './network-facts.ts';

export interface AskedConnection {
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
  /** Whether only the answer is wanted, or also which policies decide. */
  readonly detail: 'answer' | 'reasons';
}

/** Prints whether one endpoint may connect to another. Returns the exit code: 0 for yes, 1 for no, 3 for unknown. */
export async function runNetworkAnswer(
  { from, to, paths, detail }: AskedConnection,
  flags: NetworkFlags,
  session: NetworkSession,
): Promise<number> {
  const target = splitPort(to);
  if (target === undefined) {
    const problem = portProblem(to);
    if (problem !== undefined) throw new BulwarkError('usage', problem, 'ports are 1 to 65535');
    const hint = 'write it as NAMESPACE/NAME, NAMESPACE/NAME:443 or NAMESPACE/NAME:53/udp';
    throw new BulwarkError('usage', `${visibleShort(to, 100)} is no endpoint with a port`, hint);
  }
  const facts = await networkFacts(paths, flags, session);
  const reachability = facts.get(networkReachability);
  const question = { from: endpointNamed(facts, from), to: endpointNamed(facts, target.name), port: target.port };
  const answer = answerNetwork(reachability, question);
  const parts = answer.parts.map((part) => ({
    part,
    ...describePart(facts, question, part),
    sides: detail === 'reasons' ? explainPart(reachability, part) : [],
  }));
  if (
    detail === 'reasons' &&
    parts.length > 0 &&
    parts.every(({ part, sides }) => sides.length === 0 && part.near === undefined)
  ) {
    throw new BulwarkError(
      'usage',
      `${visibleShort(to, 100)} declares no port to explain`,
      `name one: ${target.name}:443`,
    );
  }
  const shown = { from, to, answer, ports: reachability.ports, enforcement: facts.get(networkEnforcement), parts };
  const { terminal, color } = session;
  if (flags.output === 'json') await terminal.out(networkAnswerJson(shown));
  else await terminal.out(networkAnswerText(shown, { style: styleOf(color), width: terminal.width }));
  if (answer.verdict === 'allowed') return exitCodes.clean;
  return answer.verdict === 'unknown' ? exitCodes.incomplete : exitCodes.findings;
}
