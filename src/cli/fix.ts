import type { Profile } from '../controls/control.ts';
import { BulwarkError } from '../model/errors.ts';
import type { RegisterCommand } from './command.ts';
import { addConfigurationOptions, addControlOptions, type ConfigurationFlags } from './configuration-options.ts';
import { repeatable } from './evidence.ts';

export interface FixFlags extends ConfigurationFlags {
  readonly dryRun?: true;
  readonly safe?: true;
  readonly node?: true;
  readonly root?: readonly string[];
  readonly mayBreak?: true;
  readonly profile: readonly Profile[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

export const fixCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('fix')
    .summary('mend manifests or a node in place, or show how as a diff')
    .description(
      'Mends what a scan finds in manifests, where a control knows how. Only the bytes of a fix change: comments,\n' +
        'quotes and layout stay. What was mended is judged again before a file is written. With --node or --root it mends\n' +
        'the modes, owners and configuration of a node: only what cannot break it, unless --may-break is given.\n' +
        'What exceptions cover or bulwark.yaml leaves out stays as it is, and is counted.',
    )
    .argument('[path...]', 'files, folders or globs')
    .option('--node', 'mend this machine as a node')
    .option('--root <dir>', 'mend the node whose root is mounted or unpacked here', repeatable)
    .option('--may-break', 'with --node or --root: make changes too that may stop what works today')
    .option('--dry-run', 'write nothing; print a unified diff for "patch -p1" or "git apply"')
    .option('--safe', 'leave out fixes that may stop a workload which relies on what they take away');
  addControlOptions(addConfigurationOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  bulwark fix ./manifests --dry-run                   see what would change
  bulwark fix ./manifests --only pods/host-pid        mend one thing
  bulwark fix ./manifests --dry-run | git apply       through git
  bulwark fix --root /mnt/node --dry-run              a node's files and components

Exit codes: 0 done, 1 what --only names was found and none of it mended, 2 usage, 3 a file could not be read or
written, 4 internal error.`,
    )
    .action(async (paths: string[], flags: FixFlags) => {
      if (flags.node === true || flags.root !== undefined) {
        if (paths.length > 0) {
          throw new BulwarkError('usage', '--node and --root mend a node, and paths are manifests', 'give one of them');
        }
        const { runFixNode } = await import('./fix-node.run.ts');
        return done(await runFixNode(flags, terminal));
      }
      if (paths.length === 0)
        throw new BulwarkError('usage', 'nothing to mend was named', 'give a path, --node or --root');
      const { runFix } = await import('./fix.run.ts');
      done(await runFix(paths, flags, terminal));
    });
};
