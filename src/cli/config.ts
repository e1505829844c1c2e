import { Argument, Option } from 'commander';
import { components } from '../model/component.ts';
import type { RegisterCommand } from './command.ts';
import { minorVersion } from './option-values.ts';
import { type ColorChoice, colorOption } from './terminal.ts';

export interface ConfigFlags {
  readonly root?: string;
  readonly kubernetesVersion?: number;
  readonly all?: true;
  readonly output: 'text' | 'json';
  readonly color: ColorChoice;
}

export const configCommand: RegisterCommand = (program, terminal, done) => {
  program
    .command('config')
    .summary('what configuration of a component is in force on a node')
    .description(
      'Prints the settings of a control-plane component or kubelet that are in force, each with its default in this version and with where it is said: flag, file and line, environment or default. Reads this machine, or a mounted node with --root; reads only.',
    )
    .addArgument(new Argument('<component>', 'whose settings').choices([...components]))
    .argument('[setting]', 'one setting, by its flag or configuration field, such as authentication.anonymous.enabled')
    .option('--root <dir>', 'the root of a mounted or unpacked node, instead of this machine')
    .option('--kubernetes-version <1.N>', 'the version to resolve for, where the node does not tell', minorVersion)
    .option('--all', 'also settings that are left at their default')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addOption(colorOption())
    .action(async (component: string, setting: string | undefined, flags: ConfigFlags) => {
      const { runConfig } = await import('./config.run.ts');
      done(await runConfig({ component, setting, flags }, terminal));
    });
};
