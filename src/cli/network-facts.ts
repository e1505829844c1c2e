import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Facts, factsOf } from '../facts/facts.ts';
import {
  endpointNames,
  endpointWithoutNetwork,
  findEndpoint,
  type NetworkEndpoint,
} from '../facts/network-endpoints.ts';
import { networkPolicies } from '../facts/network-policies.ts';
import { BulwarkError } from '../model/errors.ts';
import { visible, visibleShort } from '../report/visible.ts';
import { takeSnapshot } from './evidence.ts';
import { nearest } from './nearest.ts';
import type { NetworkFlags, NetworkSession } from './network.ts';

/** Reads what paths and flags name. What could not be read, or means something else than it says, goes to standard error. */
export async function networkFacts(
  paths: readonly string[],
  flags: NetworkFlags,
  { terminal }: NetworkSession,
): Promise<Facts> {
  const snapshot = await takeSnapshot(paths, flags, terminal);
  const facts = factsOf(snapshot);
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visibleShort(`${what}: ${reason}`, 300)}\n`);
  tellProblems(facts, (text) => terminal.err(text));
  return facts;
}

/** Policies that are not what they seem: whoever asks who can talk to whom must know. */
export function tellProblems(facts: Facts, say: (text: string) => void): void {
  const { all, unread, staged } = facts.get(networkPolicies);
  const most = 10;
  const lines = all.flatMap(({ object, problems }) =>
    problems.map(({ message }) => `${object.kind} ${object.namespace ?? ''}/${object.name}: ${message}`),
  );
  for (const line of lines.slice(0, most)) say(`bulwark: ${visibleShort(line, 300)}\n`);
  if (lines.length > most)
    say(`bulwark: and ${lines.length - most} more; "bulwark scan --only network-policies" tells all\n`);
  const kinds = [...new Set(unread.map(({ kind, apiVersion }) => `${kind} (${apiVersion})`))];
  if (kinds.length > 0)
    say(`bulwark: ${visible(kinds.join(', '))}: policies of that kind are not read; what they are about is unknown\n`);
  const apart = all.filter(({ subject }) => subject.hosts === true);
  for (const reason of new Set(apart.map(({ unsure }) => unsure ?? ''))) {
    const names = apart.filter(({ unsure }) => unsure === reason).map(({ object }) => `${object.kind} ${object.name}`);
    say(`bulwark: ${named(names)}: ${reason}; what nodes may do and take is unknown\n`);
  }
  if (staged.length > 0) {
    const names = staged.map(({ kind, name }) => `${kind} ${name}`);
    say(
      `bulwark: ${named(names)}: ${staged.length === 1 ? 'it only rehearses and decides' : 'they only rehearse and decide'} nothing\n`,
    );
  }
}

function named(names: readonly string[]): string {
  const most = 3;
  const shown = visible(names.slice(0, most).join(', '));
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** Larger logs are no sample any more. */
const largestInput = 256 * 1024 * 1024;

/** The text of a file, or of standard input for `-`. Throws `usage` for one that cannot be read or is too large. */
export async function readInput(file: string, { cwd, stdin }: NetworkSession['terminal']): Promise<string> {
  if (file === '-') return (await stdin()).toString();
  const path = resolve(cwd, file);
  try {
    const { size } = await stat(path);
    if (size <= largestInput) return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BulwarkError(
      'usage',
      `cannot read ${visible(file)}: ${visible(reason)}`,
      'name a file that can be read',
      {
        cause: error,
      },
    );
  }
  throw new BulwarkError('usage', `${visible(file)} is larger than 256 MB`, 'give a part of it');
}

/** Throws `usage` for a name that nothing has. */
export function endpointNamed(facts: Facts, name: string): NetworkEndpoint {
  const endpoint = findEndpoint(facts, name);
  if (endpoint !== undefined) return endpoint;
  const ended = endpointWithoutNetwork(facts, name);
  if (ended !== undefined) {
    throw new BulwarkError('usage', visibleShort(ended, 200), 'it has no network that policies could be about');
  }
  const near = nearest(name, endpointNames(facts));
  const hint = near === undefined ? 'name it NAMESPACE/NAME, an address, node or internet' : `did you mean ${near}?`;
  throw new BulwarkError('usage', `there is no endpoint ${visibleShort(name, 100)}`, hint);
}
