import { Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';

export interface CertificatesFlags {
  readonly node?: true;
  readonly root?: readonly string[];
  readonly nodeBundle?: readonly string[];
  readonly kubeconfig?: string;
  readonly cluster?: true;
  readonly context?: string;
  readonly from?: string;
  readonly output: 'table' | 'json';
}

export const certificatesCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('certificates')
    .summary('every certificate, what it is for and when it expires')
    .description(
      'Lists the certificates of a node (files, kubeconfigs), of a cluster (Secrets of type TLS, CA bundles of webhooks) or, without an option, of your own kubeconfigs: soonest expiry first. Reads only; keys are never kept.',
    )
    .option('--node', 'this machine as a node')
    .option('--root <dir>', 'the root of a mounted or unpacked node (repeatable)', repeatable)
    .option('--node-bundle <file>', 'what "bulwark node script" collected on a node (repeatable)', repeatable)
    .option('--kubeconfig <file>', 'the certificates of this kubeconfig')
    .option('--cluster', 'the cluster of the current context')
    .option('--context <name>', 'the cluster of this context')
    .option('--from <file>', 'a snapshot that was saved before')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['table', 'json']).default('table'))
    .action(async (flags: CertificatesFlags) => {
      const { runCertificates } = await import('./certificates.run.ts');
      done(await runCertificates(flags, terminal));
    });
};
