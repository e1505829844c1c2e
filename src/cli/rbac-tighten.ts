import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { repeatable } from './evidence.ts';
import { addRbacEvidenceOptions, type RbacEvidenceFlags } from './rbac-options.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface TightenFlags extends RbacEvidenceFlags {
  readonly fromAudit: readonly string[];
  readonly user: readonly string[];
  readonly mostNames: number;
  readonly mostNamespaces: number;
  readonly companions?: true;
  readonly output: 'text' | 'yaml' | 'json';
  readonly color: ColorChoice;
}

/** `bulwark rbac tighten`: the smallest roles that allow what was seen. */
export const registerTighten: RegisterCommand = (rbac, terminal, done) => {
  const command: Command = rbac
    .command('tighten')
    .summary('the smallest roles that allow what an audit log shows')
    .description(
      'Reads audit logs once and writes, for everybody in them, the smallest roles that allow what they did. With roles and bindings at hand it tells what of them was used, and proves that nothing that was allowed becomes denied.',
    )
    .addOption(
      new Option(
        '--from-audit <log>',
        'an audit log: JSON lines, plain, .gz or .zst; - for standard input (repeatable)',
      )
        .argParser(repeatable)
        .makeOptionMandatory(),
    )
    .option('--user <name>', 'only this user, sa:NAMESPACE/NAME; with * as a wildcard (repeatable)', repeatable, [])
    .option('--most-names <n>', 'keep the names of objects up to so many of a kind', count, 5)
    .option('--most-namespaces <n>', 'write a Role a namespace up to so many, and a ClusterRole beyond', count, 5)
    .option('--companions', 'add the verbs that go together: list and watch where one of them was seen')
    .addOption(
      new Option('-o, --output <format>', 'text tells of it, yaml is to be applied')
        .choices(['text', 'yaml', 'json'])
        .default('text'),
    )
    .addOption(colorOption());
  addRbacEvidenceOptions(command).action(async (flags: TightenFlags) => {
    const { runTighten } = await import('./rbac-tighten.run.ts');
    done(await runTighten({ ...flags, color: useColor(terminal, flags.color) }, terminal));
  });
};

function count(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('It must be a number from 1 to 9999.');
  return Number(value);
}
