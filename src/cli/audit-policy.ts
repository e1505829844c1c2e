import { type Command, Option } from 'commander';
import { minorVersion } from './audit-policy-file.ts';
import type { RegisterCommand } from './command.ts';
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
};

/** What every sub-command takes. */
function shared(command: Command): Command {
  return command
    .option('--kubernetes-version <1.N>', 'version of the API server; the newest where it is not given', minorVersion)
    .addOption(colorOption())
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'));
}

function repeatable(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
