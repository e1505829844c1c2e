import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AuditProfile, type AuditTarget, auditProfiles, auditTargets } from '../generate/audit-choices.ts';
import type { RegisterCommand } from './command.ts';
import { minorVersion, smallCount } from './option-values.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

/** What the sub-commands share. */
export interface PolicyFlags {
  readonly kubernetesVersion?: number;
  readonly output: 'text' | 'json';
  readonly color: ColorChoice;
}

export interface ExplainFlags extends PolicyFlags {
  readonly user?: string;
  readonly group?: readonly string[];
  readonly verb?: string;
  readonly resource?: string;
  readonly apiGroup?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
  readonly unauthenticated?: true;
}

export interface SimulateFlags extends PolicyFlags {
  readonly log: readonly string[];
  readonly top: number;
}

export interface CoverageFlags extends PolicyFlags {
  readonly detections?: readonly string[];
  readonly all?: true;
}

export interface IdentitiesFlags extends PolicyFlags {
  readonly log?: readonly string[];
  readonly node?: true;
  readonly root?: readonly string[];
  readonly nodeBundle?: readonly string[];
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly from?: string;
}

export interface GenerateFlags extends PolicyFlags {
  readonly profile?: AuditProfile;
  readonly detections?: readonly string[];
  readonly log?: readonly string[];
  readonly withApiserver?: AuditTarget;
  readonly manifest?: string;
  readonly policyPath: string;
  readonly logPath: string;
  /** In bytes. */
  readonly disk?: number;
}

/** `bulwark audit policy …`: one sub-command for each question about an audit policy. */
export const auditPolicyCommand: RegisterCommand = (audit, terminal, done) => {
  const policy = audit
    .command('policy')
    .summary('what an audit policy records, and what it should')
    .description('Checks, explains, compares and writes audit policies (audit.k8s.io/v1).');

  shared(policy.command('lint'))
    .summary('find what an audit policy says and does not mean')
    .description(
      'Names what the API server refuses or ignores, rules that are never reached, requests that leave no trace, and credentials that end in the log; each with line, reason and what to write instead. Exit code 1 where there is more than notes.',
    )
    .argument('<policy>', 'file of the policy, - for standard input')
    .action(async (file: string, flags: PolicyFlags) => {
      const { runPolicyLint } = await import('./audit-policy-lint.run.ts');
      done(await runPolicyLint(file, flags, { terminal, color: useColor(terminal, flags.color) }));
    });

  shared(policy.command('explain'))
    .summary('which rule decides about a request, and why no earlier one')
    .description(
      'Says at which level a request is logged, at which stages, which rule decides, and which condition of each earlier rule it does not meet. The request is given by flags, or as METHOD and URL.',
    )
    .argument('<policy>', 'file of the policy, - for standard input')
    .argument('[request...]', 'a method and a URL: GET /api/v1/namespaces/shop/secrets/db')
    .option('--user <name>', 'who asks; a service account as system:serviceaccount:NAMESPACE:NAME')
    .option('--group <name>', 'a group of the user, besides those that come with the name (repeatable)', repeatable)
    .option('--unauthenticated', 'the request fails authentication: it has no user')
    .option('--verb <verb>', 'get, list, watch, create, update, patch, delete, deletecollection')
    .option('--resource <resource>', 'pods, pods/exec, deployments.apps')
    .option('--api-group <group>', 'API group of the resource, where the resource does not say it')
    .option('-n, --namespace <name>', 'namespace of the request; none for all, and for what has none')
    .option('--name <name>', 'name of the object')
    .option('--path <path>', 'path of a request that is for no resource: /healthz')
    .action(async (file: string, request: readonly string[], flags: ExplainFlags) => {
      const { runPolicyExplain } = await import('./audit-policy-explain.run.ts');
      done(await runPolicyExplain({ file, request, flags }, { terminal, color: useColor(terminal, flags.color) }));
    });

  shared(policy.command('simulate'))
    .summary('what a policy would have kept of a log: events, bytes and who makes them')
    .description(
      'Runs the events of a log through a policy and tells for each rule the events and bytes an hour, the volume of a day, and which users, verbs and resources make it. Where the log was taken at a lower level than the policy asks for, sizes are estimated, and the report says so.',
    )
    .argument('<policy>', 'file of the policy')
    .requiredOption('--log <file>', 'audit log to run through it: plain, .gz or .zst (repeatable)', repeatable)
    .option('--top <count>', 'how many contributors to name', smallCount, 10)
    .action(async (file: string, flags: SimulateFlags) => {
      const { runPolicySimulate } = await import('./audit-policy-simulate.run.ts');
      done(await runPolicySimulate(file, flags, { terminal, color: useColor(terminal, flags.color) }));
    });

  shared(policy.command('diff'))
    .summary('which requests two policies log differently')
    .description(
      'Compares two policies over all kinds of requests, not line by line, and tells which are logged at less, at more or otherwise, and the rules that decide. Exit code 1 where there is a difference.',
    )
    .argument('<before>', 'file of a policy')
    .argument('<after>', 'file of another')
    .action(async (before: string, after: string, flags: PolicyFlags) => {
      const { runPolicyDiff } = await import('./audit-policy-diff.run.ts');
      done(await runPolicyDiff([before, after], flags, { terminal, color: useColor(terminal, flags.color) }));
    });

  shared(policy.command('coverage'))
    .summary('which detections see what they need under a policy')
    .description(
      'Tells for each detection whether it is visible, degraded or blind under a policy, which requests it loses, and which rule causes that. Exit code 1 where any is blind.',
    )
    .argument('<policy>', 'file of the policy, - for standard input')
    .option('--detections <names>', 'only these, by name and with commas between them', names)
    .option('--all', 'also what is visible, and what detections do without')
    .action(async (file: string, flags: CoverageFlags) => {
      const { runPolicyCoverage } = await import('./audit-policy-coverage.run.ts');
      done(await runPolicyCoverage(file, flags, { terminal, color: useColor(terminal, flags.color) }));
    });

  shared(policy.command('identities'))
    .summary('who the components are to the API server, and what a policy keeps of them')
    .description(
      'Tells under which name kube-proxy, scheduler, controller manager and its controllers, kubelets and the API server really arrive (by their kubeconfigs, the objects of a cluster or a log), at which level each kind of their requests is kept, and which users of the policy nobody is. Exit code 1 where there are such.',
    )
    .argument('<policy>', 'file of the policy, - for standard input')
    .option('--log <file>', 'audit log to read names from (repeatable)', repeatable)
    .option('--node', 'read the kubeconfigs of this machine')
    .option('--root <dir>', 'read those of a node that is mounted or unpacked here (repeatable)', repeatable)
    .option('--node-bundle <file>', 'read those in what "bulwark node script" collected (repeatable)', repeatable)
    .option('--cluster', 'read the objects of the cluster of the current context')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to use instead of the current one')
    .option('--from <file>', 'read a saved snapshot')
    .action(async (file: string, flags: IdentitiesFlags) => {
      const { runPolicyIdentities } = await import('./audit-policy-identities.run.ts');
      done(await runPolicyIdentities(file, flags, { terminal, color: useColor(terminal, flags.color) }));
    });

  const generate = shared(policy.command('generate'))
    .summary('write a policy: by profile, or the smallest for some detections')
    .description(
      'Writes a commented audit policy for a version: of a profile, or the smallest one under which the chosen detections see all that they need. With a sample log it predicts the volume; with --with-apiserver it shows what the API server needs for it, and checks that the disk carries the log. Changes nothing.',
    )
    .addOption(
      new Option('--profile <name>', 'what the policy is for; cis where nothing is said').choices([...auditProfiles]),
    )
    .option('--detections <names>', 'detections to serve, with commas between them, or all', names)
    .option('--log <file>', 'audit log to predict the volume from (repeatable)', repeatable);
  generate
    .addOption(
      new Option('--with-apiserver [where]', 'also flags, mounts and retention of the API server')
        .choices([...auditTargets])
        .preset('kubeadm'),
    )
    .option('--manifest <file>', 'manifest of kube-apiserver to show a patch for')
    .option('--policy-path <path>', 'where the API server finds the policy', '/etc/kubernetes/audit/policy.yaml')
    .option('--log-path <path>', 'where it writes the log', '/var/log/kubernetes/audit/audit.log')
    .option('--disk <size>', 'space for the log, such as 20G', diskSize)
    .action(async (flags: GenerateFlags) => {
      const { runPolicyGenerate } = await import('./audit-policy-generate.run.ts');
      done(await runPolicyGenerate(flags, { terminal, color: useColor(terminal, flags.color) }));
    });
};

/** What every sub-command takes. */
function shared(command: Command): Command {
  return command
    .option('--kubernetes-version <1.N>', 'version of the API server; the newest where it is not given', minorVersion)
    .addOption(colorOption())
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'));
}

/** An option of names with commas between them. */
function names(value: string, before: readonly string[] = []): readonly string[] {
  const given = value.split(',').map((name) => name.trim());
  if (given.includes('')) throw new InvalidArgumentError('It must be names with commas between them.');
  return [...before, ...given];
}

/** An option that is a size: `20G`, `500Mi`; in bytes. */
function diskSize(value: string): number {
  const [, digits, unit = '', binary = ''] = /^(\d+(?:\.\d+)?)([MGT])(i?)B?$/i.exec(value) ?? [];
  const power = 'MGT'.indexOf(unit.toUpperCase()) + 2;
  if (digits === undefined) throw new InvalidArgumentError('It must be a size such as 20G, 500M or 1Ti.');
  return Number(digits) * (binary === '' ? 1000 : 1024) ** power;
}

function repeatable(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
