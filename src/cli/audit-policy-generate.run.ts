import { exitCodes } from '../engine/exit-code.ts';
import { unifiedDiff } from '../fix/diff.ts';
import type { AuditProfile, AuditTarget } from '../generate/audit-choices.ts';
import { type AuditLogSettings, auditManifest, exampleManifest } from '../generate/audit-manifest.ts';
import { smallestPolicy, type UnservedDetection } from '../generate/audit-policy.ts';
import { type PolicyRuleText, policyValue, policyYaml } from '../generate/audit-policy-text.ts';
import { profileRules, profileTexts } from '../generate/audit-profiles.ts';
import { type Retention, retentionOf, rotationFor, serverAdvice } from '../generate/audit-server.ts';
import { BulwarkError } from '../model/errors.ts';
import { bytesText } from '../report/bytes.ts';
import { visible } from '../report/visible.ts';
import { readAuditPolicy, type Simulation } from '../semantics/audit-policy/index.ts';
import { YamlError } from '../yaml/parse.ts';
import type { GenerateFlags } from './audit-policy.ts';
import { chosenDetections } from './audit-policy-detections.ts';
import { readText } from './audit-policy-file.ts';
import type { PolicySession } from './audit-policy-lint.run.ts';
import { simulateLogs } from './audit-policy-log.ts';
import type { Terminal } from './terminal.ts';

/** Without a version: what every supported API server takes. */
const anyMinor = 35;
/** audit.k8s.io/v1 is there since. */
const firstMinor = 12;

interface Made {
  readonly rules: readonly PolicyRuleText[];
  readonly unserved: readonly UnservedDetection[];
  readonly head: readonly string[];
}

/** Writes a policy, and on request what the API server needs for it. Returns the exit code. */
export async function runPolicyGenerate(flags: GenerateFlags, { terminal }: PolicySession): Promise<number> {
  const minor = flags.kubernetesVersion ?? anyMinor;
  if (minor < firstMinor) {
    throw new BulwarkError('usage', `v1.${minor} has no audit.k8s.io/v1`, 'name v1.12 or newer');
  }
  const made = await make(flags, minor);
  const { policy } = readAuditPolicy(policyValue({ rules: made.rules, minor }), { minor });
  const simulation = flags.log === undefined ? undefined : await simulateLogs(policy, flags.log, terminal);
  const head = [...made.head, ...unservedText(made.unserved), ...predictionText(simulation, flags.log)];
  const yaml = policyYaml({ rules: made.rules, minor }, head);
  const bytesPerDay = simulation && dayOf(simulation);
  const server = serverOf(flags, { bytesPerDay, terminal });
  if (flags.output === 'json') {
    const plain = {
      policy: policyValue({ rules: made.rules, minor }),
      yaml,
      unserved: made.unserved,
      ...(bytesPerDay !== undefined && { bytesPerDay: Math.round(bytesPerDay) }),
      ...server,
    };
    await terminal.out(`${JSON.stringify(plain, null, 2)}\n`);
    return exitCodes.clean;
  }
  await terminal.out(yaml);
  if (server !== undefined) await terminal.out(serverText(server));
  for (const warning of server?.retention?.warnings ?? []) terminal.err(`bulwark: ${warning}\n`);
  return exitCodes.clean;
}

async function make(flags: GenerateFlags, minor: number): Promise<Made> {
  const { profile, detections } = flags;
  if (profile !== undefined && detections !== undefined) {
    throw new BulwarkError('usage', '--profile and --detections make different policies', 'leave one of them out');
  }
  const version = flags.kubernetesVersion === undefined ? 'any supported Kubernetes' : `Kubernetes v1.${minor}`;
  if (detections === undefined) {
    const chosen: AuditProfile = profile ?? 'cis';
    const head = [`Audit policy for ${version}, profile ${chosen}.`, profileTexts[chosen]];
    return { rules: profileRules(chosen), unserved: [], head };
  }
  const chosen = await chosenDetections(detections);
  const { rules, unserved } = smallestPolicy(chosen, { minor });
  if (rules.length === 0) {
    const reason = unserved[0]?.reason ?? 'they need nothing';
    throw new BulwarkError('usage', `no policy serves these detections: ${reason}`, 'choose others');
  }
  const count = chosen.length - unserved.length;
  const head = [
    `Audit policy for ${version}, the smallest under which ${count === 1 ? 'the detection' : `all ${count} detections`} chosen ${count === 1 ? 'sees' : 'see'} what ${count === 1 ? 'it has' : 'they have'} to.`,
  ];
  return { rules, unserved, head };
}

function unservedText(unserved: readonly UnservedDetection[]): string[] {
  return unserved.map(({ name, reason }) => `Left out: ${name}, as ${reason}.`);
}

function dayOf({ kept, span }: Simulation): number | undefined {
  return span === 0 ? undefined : (kept.bytes / span) * 86_400_000;
}

function predictionText(simulation: Simulation | undefined, logs: readonly string[] | undefined): string[] {
  if (simulation === undefined) return [];
  const { kept, read, span } = simulation;
  const day = dayOf(simulation);
  const minutes = Math.max(1, Math.round(span / 60_000));
  const sample = `${visible((logs ?? []).join(', '))} (${bytesText(read.bytes)} in ${minutes} minutes)`;
  const estimated = kept.estimatedBytes === 0 ? '' : ', partly estimated';
  return [
    day === undefined
      ? `Of ${sample} it keeps ${bytesText(kept.bytes)}.`
      : `Predicted from ${sample}: ${bytesText(day)} a day${estimated}.`,
  ];
}

interface Server {
  readonly target: AuditTarget;
  readonly settings?: AuditLogSettings;
  readonly retention?: Retention;
  /** A unified diff, or lines of configuration, or what to do. */
  readonly change: string;
}

function serverOf(
  flags: GenerateFlags,
  { bytesPerDay, terminal }: { readonly bytesPerDay: number | undefined; readonly terminal: Terminal },
): Server | undefined {
  const { withApiserver: target, manifest, disk } = flags;
  if (target === undefined) {
    if (manifest === undefined && disk === undefined) return undefined;
    const flag = manifest === undefined ? '--disk' : '--manifest';
    throw new BulwarkError('usage', `${flag} goes with --with-apiserver`, 'add --with-apiserver kubeadm');
  }
  const settings: AuditLogSettings = {
    policyPath: flags.policyPath,
    logPath: flags.logPath,
    ...rotationFor({ bytesPerDay, disk }),
  };
  if (manifest !== undefined && target !== 'kubeadm') {
    throw new BulwarkError('usage', `${target} has no manifest of the API server to edit`, 'leave out --manifest');
  }
  if (target === 'eks' || target === 'gke' || target === 'aks' || target === 'openshift') {
    return { target, change: `${serverAdvice(target, settings).join('\n')}\n` };
  }
  const retention = retentionOf(settings, { bytesPerDay, disk });
  if (target !== 'kubeadm')
    return { target, settings, retention, change: `${serverAdvice(target, settings).join('\n')}\n` };
  if (manifest === undefined) return { target, settings, retention, change: exampleManifest(settings) };
  return { target, settings, retention, change: manifestPatch(manifest, settings, terminal) };
}

function manifestPatch(name: string, settings: AuditLogSettings, terminal: Terminal): string {
  const text = readText(name, terminal.cwd);
  try {
    const edited = auditManifest(text, settings);
    if (edited === undefined) {
      throw new BulwarkError('usage', `${visible(name)} runs no kube-apiserver`, 'name the manifest of its static pod');
    }
    for (const reason of edited.refused) terminal.err(`bulwark: ${visible(name)}: not edited: ${visible(reason)}\n`);
    return unifiedDiff(name, text, edited.text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new BulwarkError('usage', `${visible(name)}:${error.line}: ${visible(error.message)}`, 'correct the YAML');
  }
}

function serverText({ target, settings, retention, change }: Server): string {
  const lines = ['', `# ---- ${titles[target]} ----`];
  if (settings !== undefined && retention !== undefined) {
    const { space, days } = retention;
    lines.push(
      `# The policy is read from ${settings.policyPath}; the log takes up to ${bytesText(space)}` +
        (days === undefined
          ? '.'
          : `, which lasts about ${days < 2 ? `${Math.round(days * 24)} hours` : `${Math.floor(days)} days`}.`),
      '# The API server reads the policy when it starts: put the file there first.',
    );
  }
  lines.push('', change === '' ? '# The manifest has all of it already.\n' : change);
  return lines.join('\n');
}

const titles: Readonly<Record<AuditTarget, string>> = {
  kubeadm: 'kube-apiserver, static pod manifest',
  k3s: 'k3s',
  rke2: 'RKE2',
  eks: 'Amazon EKS',
  gke: 'Google GKE',
  aks: 'Azure AKS',
  openshift: 'OpenShift',
};
