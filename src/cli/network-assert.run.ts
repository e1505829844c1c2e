import { exitCodes } from '../engine/exit-code.ts';
import { type AssertionResult, judgeAssertion, parseAssertions } from '../facts/network-assertions.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { BulwarkError } from '../model/errors.ts';
import { assertionsJson, assertionsText } from '../report/network-assertions.ts';
import { styleOf } from '../report/style.ts';
import { visibleShort } from '../report/visible.ts';
import type { NetworkFlags, NetworkSession } from './network.ts';
import { networkFacts, readInput } from './network-facts.ts';

/** Prints which requirements of a file hold. Returns the exit code: 1 where one does not, 3 where one is not known. */
export async function runNetworkAssert(
  [file, ...paths]: readonly [string, ...string[]],
  flags: NetworkFlags,
  session: NetworkSession,
): Promise<number> {
  const { terminal, color } = session;
  const assertions = parseAssertions(await readInput(file, terminal));
  const refuse = (line: number, text: string, hint: string): never => {
    throw new BulwarkError('usage', `${visibleShort(file, 200)}:${line}: ${visibleShort(text, 200)}`, hint);
  };
  if (assertions.length === 0) refuse(1, 'there is no requirement', 'write lines such as: deny internet -> shop/*');
  const facts = await networkFacts(paths, flags, session);
  const results: AssertionResult[] = [];
  for (const each of assertions) {
    if (!('effect' in each)) {
      return refuse(
        each.line,
        `${each.text} is no requirement`,
        'write it as: allow FROM -> TO:PORT or deny FROM -> TO',
      );
    }
    const result = judgeAssertion(facts, each);
    if ('missing' in result) {
      return refuse(
        each.line,
        `nothing is named ${result.missing}`,
        'name it NAMESPACE/NAME, NAMESPACE/* or LABEL=VALUE',
      );
    }
    results.push(result);
  }
  const shown = { results, enforcement: facts.get(networkEnforcement) };
  if (flags.output === 'json') await terminal.out(assertionsJson(shown));
  else await terminal.out(assertionsText(shown, { style: styleOf(color), width: terminal.width }));
  if (results.some(({ verdict }) => verdict === 'unknown')) return exitCodes.incomplete;
  return results.some(({ verdict }) => verdict === 'broken') ? exitCodes.findings : exitCodes.clean;
}
