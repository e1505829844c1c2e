import { stringify } from 'yaml';
import { exitCodes } from '../engine/exit-code.ts';
import { serverVersion } from '../facts/cluster-version.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { generatePolicy, policyMinors } from '../generate/pod-security-policy.ts';
import { podSecurityLabels } from '../generate/pod-security-policy-labels.ts';
import { podsOfAccount } from '../generate/pod-security-policy-pods.ts';
import { BulwarkError } from '../model/errors.ts';
import type { JsonObject } from '../model/json.ts';
import { visible } from '../report/visible.ts';
import { takeSnapshot } from './evidence.ts';
import type { GeneratePspFlags } from './generate.ts';
import type { Terminal } from './terminal.ts';

/** Prints manifests, and on standard error what to know of them. Returns the exit code. */
export async function runGeneratePsp(
  paths: readonly string[],
  flags: GeneratePspFlags,
  terminal: Terminal,
): Promise<number> {
  const facts = await readFacts(paths, flags, terminal);
  const { namespace, serviceAccount } = flags;
  const say = (text: string): void => terminal.err(`bulwark: ${visible(text)}\n`);
  const { pods, otherAccounts } =
    facts === undefined ? { pods: [], otherAccounts: [] } : podsOfAccount(facts, { namespace, serviceAccount });
  const minor = minorOf(facts, flags, say);
  if (minor > policyMinors.last) {
    const { object, notes } = podSecurityLabels(pods, { namespace, minor });
    say(
      `v1.${minor} has no PodSecurityPolicy: with --enable-admission-plugins=PodSecurityPolicy the API server would not start. These are Pod Security labels for the namespace instead.`,
    );
    for (const note of notes) say(note);
    await terminal.out(manifests([object]));
    return exitCodes.usage;
  }
  if (minor < policyMinors.first) {
    const hint = `name a version from v1.${policyMinors.first} to v1.${policyMinors.last}`;
    throw new BulwarkError('usage', `v1.${minor} has no policy/v1beta1 PodSecurityPolicy`, hint);
  }
  const { objects, notes } = generatePolicy(pods, { namespace, serviceAccount, minor });
  if (facts !== undefined && pods.length === 0) say(`no pod of ${namespace} runs as ${serviceAccount}`);
  if (otherAccounts.length > 0)
    say(`other pods of ${namespace} run as ${otherAccounts.join(', ')}: each needs its own`);
  for (const note of notes) say(note);
  await terminal.out(manifests(objects));
  return exitCodes.clean;
}

async function readFacts(
  paths: readonly string[],
  flags: GeneratePspFlags,
  terminal: Terminal,
): Promise<Facts | undefined> {
  const { cluster, kubeconfig, context, from, render, timeout } = flags;
  const isLive = cluster === true || kubeconfig !== undefined || context !== undefined;
  if (paths.length === 0 && !isLive && from === undefined) return undefined;
  const snapshot = await takeSnapshot(
    paths,
    {
      ...{ render, timeout, namespace: [] },
      ...(cluster === true && { cluster }),
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
      ...(from !== undefined && { from }),
    },
    terminal,
  );
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  return factsOf(snapshot);
}

function minorOf(facts: Facts | undefined, flags: GeneratePspFlags, say: (text: string) => void): number {
  const told = flags.serverVersion ?? facts?.get(serverVersion)?.minor;
  if (told !== undefined) return told;
  say(`taken for v1.${policyMinors.last}, the last version with PodSecurityPolicy; --server-version tells another`);
  return policyMinors.last;
}

function manifests(objects: readonly JsonObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}
