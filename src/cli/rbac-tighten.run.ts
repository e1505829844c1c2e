import { exitCodes } from '../engine/exit-code.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { jsonText } from '../report/rbac-json.ts';
import { type Tightening, tighteningJson, tighteningText, tighteningYaml } from '../report/rbac-tightening.ts';
import { styleOf } from '../report/style.ts';
import { rbacAuthorizer } from '../semantics/rbac/authorize.ts';
import { isController, isDefaultBinding, isDefaultRole } from '../semantics/rbac/default-objects.ts';
import { readIdentity, serviceAccountOfUser } from '../semantics/rbac/identity.ts';
import { fallbackMinor, shippedDefaults } from '../semantics/rbac/shipped-defaults.ts';
import { proposedObjects } from '../semantics/rbac-tighten/objects.ts';
import { proposeRoles } from '../semantics/rbac-tighten/propose.ts';
import { replay } from '../semantics/rbac-tighten/replay.ts';
import { unusedGrants } from '../semantics/rbac-tighten/unused.ts';
import { UsageRecorder, type Use } from '../semantics/rbac-tighten/usage.ts';
import { namedSources, OncePerRequest, ReadingAccount } from './audit-source.ts';
import type { Colored } from './rbac.ts';
import { readRbac } from './rbac-evidence.ts';
import type { TightenFlags } from './rbac-tighten.ts';
import type { Terminal } from './terminal.ts';

/** Reads the logs once and prints the smallest roles that allow what they show. Returns the exit code. */
export async function runTighten(flags: Colored<TightenFlags>, terminal: Terminal): Promise<number> {
  const { filename, from, cluster, context, kubeconfig } = flags;
  const hasEvidence = [from, cluster, context, kubeconfig].some((flag) => flag !== undefined) || filename.length > 0;
  const evidence = hasEvidence ? await readRbac(flags, terminal) : undefined;
  const account = new ReadingAccount(terminal);
  const recorder = await record(flags.fromAudit, account, terminal);
  const wanted = userFilter(flags.user);
  const own = recorder.used.filter(({ user }) => wanted(user.name));
  const left = new Map<string, string>();
  const uses = own.filter(({ user }) => {
    const reason = leftAlone(user);
    if (reason !== undefined) left.set(user.name, reason);
    return reason === undefined;
  });
  const shipped = defaultObjects(evidence?.snapshot);
  const defaults = rbacAuthorizer(shipped);
  const { mostNames, mostNamespaces } = flags;
  const companions = flags.companions === true ? 'add' : 'leave';
  const proposals = proposeRoles(uses, { mostNames, mostNamespaces, companions, defaults });
  const objects = proposals.flatMap(({ roles }) => proposedObjects(roles));
  const tightening: Tightening = {
    recorder,
    proposals,
    objects,
    uses,
    left,
    denied: recorder.denied.filter(({ user }) => wanted(user.name)),
    replay: replay(uses, rbacAuthorizer([...shipped, ...objects])),
    unused:
      evidence === undefined
        ? undefined
        : unusedGrants(recorder.used, evidence.access.authorizer).filter(({ binding }) =>
            binding.subjects.some(({ kind, name, namespace }) => {
              return wanted(kind === 'ServiceAccount' ? `system:serviceaccount:${namespace}:${name}` : name);
            }),
          ),
    hidden: recorder.hidden,
  };
  if (flags.output === 'json') await terminal.out(jsonText(tighteningJson(tightening)));
  else if (flags.output === 'yaml') await terminal.out(tighteningYaml(tightening));
  else await terminal.out(tighteningText(tightening, styleOf(flags.color)));
  if (tightening.replay.denied.length > 0) return exitCodes.findings;
  const isWhole = account.damages === 0 && recorder.forgotten === 0 && (evidence?.snapshot.gaps.length ?? 0) === 0;
  return isWhole ? exitCodes.clean : exitCodes.incomplete;
}

/** One pass over the logs. */
async function record(logs: readonly string[], account: ReadingAccount, terminal: Terminal): Promise<UsageRecorder> {
  const recorder = new UsageRecorder();
  const signal = new AbortController().signal;
  for (const source of namedSources(logs, terminal)) {
    const once = new OncePerRequest();
    for await (const batch of source.batches({ follow: false, signal })) {
      account.add(source.name, batch);
      for (const event of batch.events) if (once.chooses(event)) recorder.add(event);
    }
  }
  account.close(logs);
  return recorder;
}

/** Users for whom no role is proposed, and why: what they do follows from what they are, not from a role of one's own. */
function leftAlone({ name, groups }: Use['user']): string | undefined {
  if (groups.includes('system:masters')) return 'a member of system:masters, for which no role is asked';
  if (groups.includes('system:nodes')) return 'a kubelet: the node authorizer gives it what its pods use';
  if (name === 'system:anonymous') return 'anyone without credentials';
  const account = serviceAccountOfUser(name);
  if (account === undefined) return name.startsWith('system:') ? 'a component of Kubernetes' : undefined;
  return account.namespace === 'kube-system' && isController(account.name) ? 'a controller of Kubernetes' : undefined;
}

/** What everybody has by Kubernetes itself: of the cluster that was read, else as it is shipped. */
function defaultObjects(snapshot: Snapshot | undefined): Snapshot['objects'] {
  const own = snapshot?.objects.filter((object) => isDefaultRole(object) || isDefaultBinding(object)) ?? [];
  const isThere = own.some(({ name }) => name === 'system:discovery');
  return isThere ? own : (shippedDefaults(fallbackMinor)?.objects ?? []);
}

function userFilter(patterns: readonly string[]): (user: string) => boolean {
  if (patterns.length === 0) return () => true;
  const tests = patterns.map((pattern) => {
    const parts = readIdentity(pattern).name.split('*');
    return (user: string): boolean => matchesParts(user, parts);
  });
  return (user) => tests.some((test) => test(user));
}

/** Whether text is these parts with anything between them, without going back. */
function matchesParts(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
