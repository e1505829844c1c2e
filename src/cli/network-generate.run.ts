import { exitCodes } from '../engine/exit-code.ts';
import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import type { ApiServerAddress } from '../facts/network-api-server.ts';
import { splitPort } from '../facts/network-endpoints.ts';
import { baselinePolicies, leastPolicies, type WantedConnection } from '../generate/network-policy.ts';
import { type ObservedConnections, observedConnections } from '../generate/network-policy-flows.ts';
import { intendedConnections } from '../generate/network-policy-intents.ts';
import { platformConnections } from '../generate/network-policy-platform.ts';
import { provePolicies } from '../generate/network-policy-proof.ts';
import { BulwarkError } from '../model/errors.ts';
import { generatedYaml, generationJson, generationText } from '../report/network-generate.ts';
import { styleOf } from '../report/style.ts';
import { visible, visibleShort } from '../report/visible.ts';
import { addressOf } from '../semantics/network-policy/index.ts';
import type { NetworkGenerateFlags, NetworkSession } from './network.ts';
import { networkFacts, readInput } from './network-facts.ts';

/** Prints policies, and on standard error what they do. Returns the exit code: 1 where something that must work does not. */
export async function runNetworkGenerate(
  paths: readonly string[],
  flags: NetworkGenerateFlags,
  session: NetworkSession,
): Promise<number> {
  const facts = await networkFacts(paths, flags, session);
  const { terminal, color } = session;
  const options = {
    namespaces: chosenNamespaces(facts, flags.for ?? []),
    egress: flags.ingressOnly === true ? 'open' : 'limited',
  } as const;
  const read: string[] = [];
  let wanted: readonly WantedConnection[] = [];
  const notes: string[] = [];
  if (flags.baseline !== true) {
    const asked =
      flags.flows === undefined ? intendedConnections(facts) : await seen(facts, flags.flows, { terminal, read });
    if (flags.flows === undefined) {
      const found = `The manifests speak of ${asked.length} ${asked.length === 1 ? 'connection' : 'connections'}`;
      read.push(`${found}; what programs find out for themselves they do not tell.`);
    }
    const platform = platformConnections(facts, { apiServer: (flags.apiServer ?? []).map(apiServerNamed) });
    wanted = [...asked, ...platform.wanted];
    notes.push(...platform.notes);
  }
  const written = flags.baseline === true ? baselinePolicies(facts, options) : leastPolicies(facts, wanted, options);
  const generated = { ...written, notes: [...written.notes, ...notes] };
  const proof = provePolicies(facts, generated, wanted);
  const shown = { generated, proof, read };
  if (flags.output === 'json') await terminal.out(generationJson(shown));
  else {
    await terminal.out(generatedYaml(generated));
    terminal.err(generationText(shown, { style: styleOf(terminal.errIsTty ? color : 'never'), width: terminal.width }));
  }
  return proof.failing.length === 0 ? exitCodes.clean : exitCodes.findings;
}

/** `10.0.0.1:6443`, `[fd00::1]:6443`. Throws `usage` for what is none. */
function apiServerNamed(text: string): ApiServerAddress {
  const { name = '', port } = splitPort(text) ?? {};
  if (addressOf(name) !== undefined && port === undefined) return { address: name, port: 443 };
  if (addressOf(name) !== undefined && typeof port?.port === 'number') return { address: name, port: port.port };
  throw new BulwarkError('usage', `${visibleShort(text, 100)} is no address with a port`, 'write it as 10.0.0.1:6443');
}

async function seen(
  facts: Facts,
  files: readonly string[],
  { terminal, read }: { readonly terminal: NetworkSession['terminal']; readonly read: string[] },
): Promise<readonly WantedConnection[]> {
  const all: WantedConnection[] = [];
  for (const file of files) {
    const observed = observedConnections(facts, await readInput(file, terminal));
    if (observed.flows + observed.passedOver === 0) {
      throw new BulwarkError(
        'usage',
        `${visible(file)} holds no flows`,
        'give JSON of Hubble or Inspektor Gadget, or CSV with the columns from,to,port,protocol',
      );
    }
    all.push(...observed.wanted);
    read.push(summary(file, observed));
  }
  return all;
}

function summary(
  file: string,
  { format, flows, passedOver, span, unreadable, unresolved, wanted }: ObservedConnections,
): string {
  const parts = [`${file} (${format}): ${flows} flows, ${wanted.length} kinds of connections`];
  if (span !== undefined) parts.push(`from ${span.first} to ${span.last}; what happens at other times is not in it`);
  if (passedOver > 0) parts.push(`${passedOver} denied, answers or of other protocols`);
  if (unreadable > 0) parts.push(`${unreadable} lines that are no flow`);
  if (unresolved.size > 0) {
    const names = [...unresolved.keys()].slice(0, 5).join(', ');
    parts.push(
      `${unresolved.size} endpoints that are not here and are left out (${names}${unresolved.size > 5 ? ' and others' : ''})`,
    );
  }
  return `${parts.join('; ')}.`;
}

/** Those that are named, or all of people's own. */
function chosenNamespaces(facts: Facts, asked: readonly string[]): ReadonlySet<string> {
  const known = facts.get(networkWorld).namespaces;
  const unknown = asked.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new BulwarkError(
      'usage',
      `there is no namespace ${visible(unknown)} in the evidence`,
      `there are: ${[...known.keys()].slice(0, 10).join(', ')}`,
    );
  }
  if (asked.length > 0) return new Set(asked);
  const inhabited = new Set(facts.get(networkWorld).pods.map(({ namespace }) => namespace));
  return new Set([...inhabited].filter((name) => !['kube-system', 'kube-public', 'kube-node-lease'].includes(name)));
}
