import { Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';
import { minorVersion, seconds } from './option-values.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface AdmitFlags {
  readonly policies: readonly string[];
  readonly serverVersion?: number;
  readonly as?: string;
  readonly asGroup: readonly string[];
  readonly namespace: string;
  readonly from?: string;
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly timeout: number;
  readonly render: boolean;
  readonly psp?: 'on' | 'off';
  readonly podSecurityConfig?: string;
  readonly verbose?: true;
  readonly output: 'text' | 'json';
  readonly color: ColorChoice;
}

export const admitCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('admit')
    .summary('what admission would say to manifests, without a server')
    .description(
      'Takes each object through admission in the order of the API server: PodSecurityPolicy (to v1.24), webhooks, Pod\n' +
        'Security (from v1.22), ValidatingAdmissionPolicies and policies of Bulwark; and the pods that would be made of it,\n' +
        'as the controller that makes them. Webhooks are not called: it is said which of them would be.',
    )
    .argument('<file...>', 'files, folders, globs, or - for standard input')
    .optionsGroup('The server:')
    .option('--server-version <1.N>', 'its version, where the evidence does not tell', minorVersion)
    .option('--from <path>', 'its objects: a saved snapshot, or manifests (file or folder)')
    .option('--cluster', 'read its objects from the cluster of the current context')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to use instead of the current one')
    .option('--timeout <seconds>', 'longest wait for one answer of the API server', seconds, 30)
    .addOption(
      new Option(
        '--psp <state>',
        'whether the PodSecurityPolicy plugin runs; else on where its flags say so or there are policies',
      ).choices(['on', 'off']),
    )
    .option('--pod-security-config <file>', 'configuration of its PodSecurity plugin (AdmissionConfiguration)')
    .optionsGroup('The request:')
    .option('--policies <path>', "policies of Bulwark's webhook and of Kubernetes (repeatable)", repeatable, [])
    .option('--as <user>', 'who asks: a user name or sa:NAMESPACE/NAME; else an administrator')
    .option('--as-group <group>', 'a group that they are in, besides those that Kubernetes adds', repeatable, [])
    .option('-n, --namespace <name>', 'of objects that name none', 'default')
    .option('--no-render', 'leave charts and kustomizations out instead of running helm and kustomize')
    .optionsGroup('Output:')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .option('-v, --verbose', 'list the controls of the policies that judge requests, and why others do not')
    .addOption(colorOption())
    .addHelpText('after', help)
    .action(async (files: string[], flags: AdmitFlags) => {
      const { runAdmit } = await import('./admit.run.ts');
      done(await runAdmit(files, { ...flags, color: useColor(terminal, flags.color) }, terminal));
    });
};

const help = `
Examples:
  bulwark admit deploy/ --server-version 1.33
  bulwark admit web.yaml --from prod.json --as anne --as-group dev
  bulwark admit deploy/ --policies policies/ --from cluster.yaml -o json
  helm template ./chart | bulwark admit - --context prod

Exit codes: 0 all of it is let in, 1 something is refused, 2 usage or policies that cannot be read, 3 incomplete
evidence, 4 internal error.`;
