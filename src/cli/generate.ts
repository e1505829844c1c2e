import { type Command, Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { dnsLabel, minorVersion, seconds } from './option-values.ts';

export interface GeneratePspFlags {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serverVersion?: number;
  readonly from?: string;
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly render: boolean;
  readonly timeout: number;
}

/** `bulwark generate …`: configuration that is not there yet. */
export const generateCommand: RegisterCommand = (program, terminal, done) => {
  const generate: Command = program
    .command('generate')
    .summary('policies for what is there already')
    .description('Writes configuration out of what manifests or a cluster use.');
  generate
    .command('psp')
    .summary('a PodSecurityPolicy, Role and RoleBinding for a service account')
    .description(
      'Writes the least PodSecurityPolicy that lets in the pods of a service account as they are, and the Role and RoleBinding that let the account use it. Without manifests or a cluster, one as strict as the Pod Security level restricted. For v1.25 and later, which have no PodSecurityPolicy, it writes the Pod Security labels of the namespace instead and exits with 2.',
    )
    .argument('[path...]', 'manifests: files, folders, or - for standard input')
    .addOption(
      new Option('-n, --namespace <name>', 'of the service account and its pods')
        .argParser(dnsLabel)
        .makeOptionMandatory(),
    )
    .option('--service-account <name>', 'whose pods it is for', 'default')
    .addOption(
      new Option('--server-version <1.N>', 'of the API server, where no cluster tells it').argParser(minorVersion),
    )
    .optionsGroup('Evidence:')
    .option('--from <file>', 'a snapshot that was saved before')
    .option('--cluster', 'read the cluster of the current context')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to use instead of the current one')
    .option('--no-render', 'count charts and kustomizations as unrendered instead of running helm and kustomize')
    .option('--timeout <seconds>', 'longest wait for one answer of the API server', seconds, 30)
    .action(async (paths: readonly string[], flags: GeneratePspFlags) => {
      const { runGeneratePsp } = await import('./generate-psp.run.ts');
      done(await runGeneratePsp(paths, flags, terminal));
    });
};
