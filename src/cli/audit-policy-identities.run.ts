import { exitCodes } from '../engine/exit-code.ts';
import { componentIdentities } from '../facts/component-identities.ts';
import { factsOf } from '../facts/facts.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type IdentityRow, identitiesJson, identitiesText } from '../report/audit-policy-identities.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import {
  type ArrivingIdentity,
  type AuditPolicy,
  IdentityReader,
  possibleLevels,
  strayUsers,
} from '../semantics/audit-policy/index.ts';
import type { IdentitiesFlags } from './audit-policy.ts';
import { readWorkingPolicy } from './audit-policy-file.ts';
import type { PolicySession } from './audit-policy-lint.run.ts';
import { readLogs } from './audit-policy-log.ts';
import { takeSnapshot } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** Prints who the components are to the API server and what of them a policy keeps. Returns the exit code. */
export async function runPolicyIdentities(
  name: string,
  flags: IdentitiesFlags,
  { terminal, color }: PolicySession,
): Promise<number> {
  const { file, policy } = await readWorkingPolicy(name, terminal, { minor: flags.kubernetesVersion });
  const snapshot = await readEvidence(flags, terminal);
  if (snapshot === undefined && flags.log === undefined) {
    const hint = 'add --log FILE, --node, --root DIR, --node-bundle FILE, --cluster or --from SNAPSHOT';
    throw new BulwarkError('usage', 'there is nothing to read identities from', hint);
  }
  for (const { what, reason } of snapshot?.gaps ?? []) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const reader = new IdentityReader(policy);
  if (flags.log !== undefined) await readLogs(flags.log, terminal, (event) => reader.add(event));
  const rows = rowsOf(policy, reader, snapshot);
  const accounts = snapshot === undefined ? undefined : serviceAccountsOf(snapshot);
  const stray = strayUsers(policy, {
    identities: rows,
    others: reader.users,
    ...(accounts !== undefined && { serviceAccounts: accounts }),
  });
  const shown = { file, rows, stray };
  if (flags.output === 'json') await terminal.out(identitiesJson(shown));
  else await terminal.out(identitiesText(shown, { style: styleOf(color), width: terminal.width }));
  if ((snapshot?.gaps.length ?? 0) > 0) return exitCodes.incomplete;
  return stray.length > 0 ? exitCodes.findings : exitCodes.clean;
}

async function readEvidence(flags: IdentitiesFlags, terminal: Terminal): Promise<Snapshot | undefined> {
  const { node, root, nodeBundle, cluster, kubeconfig, context, from } = flags;
  const asked = [node, root, nodeBundle, cluster, kubeconfig, context, from].some((flag) => flag !== undefined);
  if (!asked) return undefined;
  const given = { node, root, nodeBundle, cluster, kubeconfig, context, from };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return takeSnapshot([], { render: false, namespace: [], timeout: 30, etcd: false, ...set }, terminal);
}

function rowsOf(policy: AuditPolicy, reader: IdentityReader, snapshot: Snapshot | undefined): IdentityRow[] {
  const counted: IdentityRow[] = reader.identities().map((identity) => ({ ...identity, from: 'log' }));
  const known = new Set(counted.map(({ component, name }) => `${component} ${name}`));
  const others = [loopback, ...(snapshot === undefined ? [] : factsOf(snapshot).get(componentIdentities))];
  for (const identity of others) {
    if (known.has(`${identity.component} ${identity.name}`)) continue;
    counted.push({ ...identity, levels: possibleLevels(policy, identity), from: 'policy' });
  }
  return counted.sort((a, b) => compare(a.component, b.component) || compare(a.name, b.name));
}

/** The API server asks itself under a name that it makes up when it starts (apiserver pkg/server/config.go). */
const loopback: ArrivingIdentity = {
  component: 'kube-apiserver',
  name: 'system:apiserver',
  groups: ['system:masters'],
  evidence: 'its client of itself, which is always so',
};

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Undefined where no cluster was read, and so none are known. */
function serviceAccountsOf({ objects }: Snapshot): ReadonlySet<string> | undefined {
  const accounts = objects.filter(({ kind, apiVersion }) => kind === 'ServiceAccount' && apiVersion === 'v1');
  if (accounts.length === 0) return undefined;
  return new Set(accounts.map(({ namespace = '', name }) => `${namespace}:${name}`));
}
