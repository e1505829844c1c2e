import { stringify } from 'yaml';
import { exitCodes } from '../engine/exit-code.ts';
import { convertAdminPolicies } from '../generate/network-admin-policy.ts';
import { visible } from '../report/visible.ts';
import type { NetworkFlags, NetworkSession } from './network.ts';
import { networkFacts } from './network-facts.ts';

/** Prints the policies of v1alpha1 as v1alpha2 has them. Returns the exit code: 1 where one cannot be converted. */
export async function runNetworkConvert(
  paths: readonly string[],
  flags: NetworkFlags,
  session: NetworkSession,
): Promise<number> {
  const facts = await networkFacts(paths, flags, session);
  const { terminal } = session;
  const results = convertAdminPolicies(facts.snapshot.objects);
  const made = results.flatMap((each) => (each.kind === 'converted' ? [each.object] : []));
  if (flags.output === 'json') {
    const rows = results.map((each) => ({
      kind: each.from.kind,
      name: each.from.name,
      ...(each.kind === 'converted' ? { manifest: each.object } : { refused: each.reason }),
    }));
    await terminal.out(`${JSON.stringify({ policies: rows }, null, 2)}\n`);
  } else {
    await terminal.out(
      made.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
    );
  }
  for (const each of results) {
    if (each.kind === 'refused') {
      terminal.err(`bulwark: ${visible(`${each.from.kind} ${each.from.name} is left as it is: ${each.reason}`)}\n`);
    }
  }
  if (results.length === 0) terminal.err('bulwark: there is no AdminNetworkPolicy or BaselineAdminNetworkPolicy\n');
  else terminal.err(`bulwark: ${made.length} of ${results.length} converted; each decides what it decided before\n`);
  return made.length === results.length ? exitCodes.clean : exitCodes.findings;
}
