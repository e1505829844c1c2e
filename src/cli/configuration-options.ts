import { type Command, Option } from 'commander';
import { profiles } from '../controls/control.ts';
import { repeatable } from './evidence.ts';
import { oneOfEach } from './option-values.ts';

/** Which rules there are. */
export interface RuleSourceFlags {
  /** A file; false: none. */
  readonly config?: string | false;
  readonly controls?: readonly string[];
}

/** Which rules a command judges by, and what it lets pass. */
export interface ConfigurationFlags extends RuleSourceFlags {
  readonly inlineExceptions: boolean;
  readonly peerAnnotations?: true;
}

export function addConfigurationOptions(command: Command): Command {
  return addRuleOptions(command)
    .option('--no-inline-exceptions', 'ignore exceptions in annotations and comments of what is judged')
    .option('--peer-annotations', 'honour the annotations that other scanners take for exceptions');
}

/** Which rules there are. */
export function addRuleOptions(command: Command): Command {
  return command
    .optionsGroup('Rules and exceptions:')
    .option('--config <file>', 'configuration to use instead of the bulwark.yaml here or further up in the repository')
    .option('--no-config', 'use no configuration file')
    .option(
      '--controls <file>',
      'also take the controls of this TypeScript or JavaScript module (repeatable)',
      repeatable,
    );
}

/** Which of the controls run. */
export function addControlOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--profile <name>', 'which controls to run (repeatable)')
        .choices(profiles)
        .argParser(oneOfEach(profiles))
        .default([], 'security'),
    )
    .option('--only <control>', 'run only this control or component (repeatable)', repeatable, [])
    .option('--skip <control>', 'leave this control or component out (repeatable)', repeatable, []);
}
