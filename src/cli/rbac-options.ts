import { type Command, InvalidArgumentError, Option } from 'commander';
import { repeatable } from './evidence.ts';
import { seconds } from './option-values.ts';

/** Where the roles and bindings come from. */
export interface RbacEvidenceFlags {
  readonly filename: readonly string[];
  readonly from?: string;
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly render: boolean;
  readonly timeout: number;
  readonly kubernetesVersion?: number;
}

export function addRbacEvidenceOptions(command: Command): Command {
  return command
    .optionsGroup('Evidence:')
    .option('-f, --filename <path>', 'manifests: files, folders, or - for standard input (repeatable)', repeatable, [])
    .option('--from <file>', 'a snapshot that was saved before')
    .option('--cluster', 'read the cluster of the current context, which is what is read when nothing is named')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to use instead of the current one')
    .option('--no-render', 'count charts and kustomizations as unrendered instead of running helm and kustomize')
    .option('--timeout <seconds>', 'longest wait for one answer of the API server', seconds, 30)
    .addOption(
      new Option('--kubernetes-version <1.N>', 'the version to decide for, where the evidence does not tell').argParser(
        minorVersion,
      ),
    );
}

function minorVersion(text: string): number {
  const [, minor] = /^v?1\.(\d{1,3})(?:\.\d+)?(?:[-+].*)?$/.exec(text) ?? [];
  if (minor === undefined) throw new InvalidArgumentError('It must look like 1.30.');
  return Number(minor);
}
