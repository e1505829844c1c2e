import { Decider } from '../admission/decide.ts';
import type { AdmissionPolicies } from '../admission/policies.ts';
import { type AdmissionChain, type ChainResult, simulateAdmission } from '../admission/simulate.ts';
import { podRequestOf, requestOf, viewWithOwners } from '../admission/simulated-request.ts';
import { configuredWebhooks } from '../admission/webhook-match.ts';
import { collectManifests } from '../collect/manifests/collect.ts';
import { exitCodes } from '../engine/exit-code.ts';
import type { AdmissionUser } from '../model/admission.ts';
import { BulwarkError } from '../model/errors.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { type AdmitReport, admitText, type SimulatedObject } from '../report/admit.ts';
import { admitJson } from '../report/admit-json.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import type { AdmissionPolicySet } from '../semantics/admission-policy/index.ts';
import { newestPolicyMinor } from '../semantics/pod-security/index.ts';
import { identityOf, readIdentity } from '../semantics/rbac/index.ts';
import type { AdmitFlags } from './admit.ts';
import { readPolicies } from './admit-policies.ts';
import { readServer, type SimulatedServer, viewOf } from './admit-server.ts';
import type { Terminal } from './terminal.ts';

type RunFlags = Omit<AdmitFlags, 'color'> & { readonly color: 'always' | 'never' };

/** Takes manifests through admission. Returns the exit code. */
export async function runAdmit(paths: readonly string[], flags: RunFlags, terminal: Terminal): Promise<number> {
  const server = await readServer(flags, terminal);
  const policies = await readPolicies(flags.policies, {
    serverMinor: server.minor,
    detail: flags.verbose === true ? 'full' : 'short',
    terminal,
  });
  const manifests = await collectManifests({
    paths,
    cwd: terminal.cwd,
    stdin: terminal.stdin,
    render: { mode: flags.render ? 'auto' : 'never' },
  });
  for (const { what, reason } of manifests.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  for (const { file, line, reason, bucket } of manifests.inputs) {
    if (bucket === 'not-applicable') continue;
    terminal.err(`bulwark: ${visible(file)}${line === undefined ? '' : `:${line}`}: ${visible(reason)}\n`);
  }
  const isWhole = manifests.gaps.length === 0 && !manifests.inputs.some(({ bucket }) => bucket === 'unparsable');
  const report = await simulate(manifests.objects, { server, policies, flags, terminal });
  if (flags.output === 'json') await terminal.out(admitJson(report));
  else await terminal.out(admitText(report, styleOf(flags.color)));
  if (!isWhole || (server.snapshot?.gaps.length ?? 0) > 0) return exitCodes.incomplete;
  return report.objects.some(isRefused) ? exitCodes.findings : exitCodes.clean;
}

function isRefused({ result, pods }: SimulatedObject): boolean {
  return !result.allowed || pods?.allowed === false;
}

interface Simulating {
  readonly server: SimulatedServer;
  readonly policies: AdmissionPolicies | undefined;
  readonly flags: RunFlags;
  readonly terminal: Terminal;
}

async function simulate(
  objects: readonly KubeObject[],
  { server, policies, flags, terminal }: Simulating,
): Promise<AdmitReport> {
  const view = viewOf(server, objects);
  const user = userOf(flags);
  const notes: string[] = [];
  const chain: AdmissionChain = {
    view,
    evidence: server.snapshot?.cluster === undefined ? 'files' : 'complete',
    ...plugins(server, view.objects('policy', 'PodSecurityPolicy').length, notes),
    admissionPolicies: await admissionPoliciesOf({ server, policies, notes, terminal }),
    webhooks: await configuredWebhooks(server.snapshot?.objects ?? [], server.minor),
    decider:
      policies === undefined || !decidesItself(policies)
        ? undefined
        : new Decider({ ...policies, admissionPolicies: undefined }, { now: () => terminal.now() }),
  };
  if ((server.snapshot?.objects ?? []).some(({ kind }) => kind === 'MutatingAdmissionPolicy')) {
    notes.push('MutatingAdmissionPolicies are not evaluated here: what they would set is not known');
  }
  const existing = new Map<string, KubeObject>();
  for (const object of server.snapshot?.objects ?? []) existing.set(keyOf(object, flags.namespace), object);
  const simulated = objects.map((object): SimulatedObject => {
    const old = existing.get(keyOf(object, flags.namespace));
    const result = simulateAdmission(requestOf(object, { user, namespace: flags.namespace, old }), chain);
    return { object, result, pods: podsOf(object, { chain, result, namespace: flags.namespace }) };
  });
  const assumed = [...view.assumed].sort();
  if (assumed.length > 0) {
    const which = assumed.length === 1 ? `namespace ${assumed[0]} was` : `namespaces ${assumed.join(', ')} were`;
    notes.push(
      `${which} not read, and is taken to have no labels; --from or --cluster tells better`.replace(
        /were not read, and is/,
        'were not read, and are',
      ),
    );
  }
  return { minor: server.minor, user, objects: simulated, notes };
}

/** Whether there is more than the policies that the API server itself evaluates. */
function decidesItself({ podSecurity, controls, images, podSecurityPolicies, hardening }: AdmissionPolicies): boolean {
  return (
    [podSecurity, images, hardening].some((part) => part !== undefined) || controls.length > 0 || podSecurityPolicies
  );
}

/** The first pod that would be made of what was let in. */
function podsOf(
  object: KubeObject,
  {
    chain,
    result,
    namespace,
  }: { readonly chain: AdmissionChain; readonly result: ChainResult; readonly namespace: string },
): ChainResult | undefined {
  if (!result.allowed || result.object === undefined) return undefined;
  const made = { ...object, value: result.object };
  const request = podRequestOf(made, namespace);
  if (request === undefined) return undefined;
  return simulateAdmission(request, { ...chain, view: viewWithOwners(made, namespace, chain.view) });
}

function keyOf({ apiVersion, kind, namespace, name }: KubeObject, fallback: string): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}\n${kind}\n${namespace ?? fallback}\n${name}`;
}

/** PodSecurity came with v1.22, as alpha, and is on since v1.23; PodSecurityPolicy went with v1.25. */
function plugins(
  { minor = newestPolicyMinor, podSecurity, podSecurityPolicy }: SimulatedServer,
  policies: number,
  notes: string[],
): Pick<AdmissionChain, 'podSecurity' | 'podSecurityPolicy'> {
  const couldRun = minor <= 24;
  const isOn = couldRun && (podSecurityPolicy ?? (policies > 0 ? 'on' : 'off')) === 'on';
  if (!couldRun && podSecurityPolicy === 'on') {
    notes.push(`v1.${minor} has no PodSecurityPolicy plugin: with it among its flags the API server would not start`);
  } else if (!couldRun && policies > 0) notes.push(`PodSecurityPolicies mean nothing to v1.${minor}`);
  else if (isOn && podSecurityPolicy === undefined) {
    notes.push('the PodSecurityPolicy plugin is taken to be on, as there are policies; --psp off if it is not');
  }
  if (minor < 22) notes.push(`v1.${minor} has no PodSecurity plugin: labels of namespaces mean nothing to it`);
  if (minor === 22) notes.push('the PodSecurity plugin of v1.22 is alpha, and is taken to be on');
  return { podSecurity: minor >= 22 ? podSecurity : undefined, podSecurityPolicy: isOn ? 'on' : 'off' };
}

/** Those of the files and of the cluster, where the server has them: generally since v1.30. */
async function admissionPoliciesOf({
  server,
  policies,
  notes,
}: Pick<Simulating, 'server' | 'policies' | 'terminal'> & { readonly notes: string[] }): Promise<
  AdmissionPolicySet | undefined
> {
  const { minor = newestPolicyMinor, snapshot } = server;
  const inCluster = (snapshot?.objects ?? []).filter(
    ({ apiVersion, kind }) =>
      apiVersion.startsWith('admissionregistration.k8s.io/') && kind.startsWith('ValidatingAdmissionPolicy'),
  );
  const inFiles = policies?.admissionPolicies;
  if (inFiles === undefined && inCluster.length === 0) return undefined;
  if (minor < 30)
    notes.push(`v1.${minor} evaluates no ValidatingAdmissionPolicy unless asked to; they are judged all the same`);
  if (inCluster.length === 0) return inFiles;
  const { loadAdmissionPolicies } = await import('../semantics/admission-policy/index.ts');
  const loaded = await loadAdmissionPolicies(inCluster, { serverMinor: minor });
  for (const { message, severity } of loaded.problems)
    if (severity === 'error') notes.push(`${message}: it is not judged`);
  return inFiles === undefined ? loaded.policies : both(inFiles, loaded.policies);
}

function both(first: AdmissionPolicySet, second: AdmissionPolicySet): AdmissionPolicySet {
  return {
    names: [...first.names, ...second.names].toSorted(),
    scopes: [...first.scopes, ...second.scopes],
    evaluate: (request, view, options) => {
      const a = first.evaluate(request, view, options);
      const b = second.evaluate(request, view, options);
      return {
        allowed: a.allowed && b.allowed,
        denials: [...a.denials, ...b.denials],
        warnings: [...a.warnings, ...b.warnings],
        auditAnnotations: new Map([...a.auditAnnotations, ...b.auditAnnotations]),
        patch: [],
        serverAnswer: a.serverAnswer ?? b.serverAnswer,
      };
    },
  };
}

/** Without a name, whoever set the cluster up: what an administrator may do, a refusal hides least. */
function userOf({ as, asGroup }: RunFlags): AdmissionUser {
  const { name, groups } =
    as === undefined ? identityOf('kubernetes-admin', ['system:masters', ...asGroup]) : readIdentity(as, asGroup);
  if (name === '')
    throw new BulwarkError(
      'usage',
      '--as names a group, and a request is made by somebody',
      'name a user, and the group with --as-group',
    );
  return { username: name, uid: '', groups, extra: new Map() };
}
