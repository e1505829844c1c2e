import { Option } from 'commander';
import type { RegisterCommand } from './command.ts';
import { addEvidenceOptions, type EvidenceFlags } from './evidence.ts';
import { minorVersion } from './option-values.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface PlanPsaFlags extends EvidenceFlags {
  readonly serverVersion?: number;
  readonly output: 'text' | 'json' | 'yaml';
  readonly color: ColorChoice;
}

/** `bulwark plan …`: how to get from what there is to what there should be. */
export const planCommand: RegisterCommand = (program, terminal, done) => {
  const plan = program
    .command('plan')
    .summary('how a cluster gets to stricter settings without breaking what runs')
    .description('Plans a change from manifests, a saved snapshot or a live cluster: reads only.');
  const psa = plan
    .command('psa')
    .summary('which Pod Security level each namespace can enforce, and the steps to the next')
    .description(
      'Tells for each namespace the strictest Pod Security level that its pods and templates pass already, what is in the\n' +
        'way of the next with the patch for it, and the label changes in the order warn, audit, enforce. Where\n' +
        'PodSecurityPolicies are still in force it tells what they silently set, and what is lost with them.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input');
  addEvidenceOptions(psa)
    .option(
      '--server-version <1.N>',
      'the version to plan for, instead of the one that the evidence tells',
      minorVersion,
    )
    .optionsGroup('Output:')
    .addOption(
      new Option('-o, --output <format>', 'how to print it; yaml prints the labels of each step')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    )
    .addOption(colorOption())
    .addHelpText('after', help)
    .action(async (paths: string[], flags: PlanPsaFlags) => {
      const { runPlanPsa } = await import('./plan-psa.run.ts');
      done(await runPlanPsa(paths, { ...flags, color: useColor(terminal, flags.color) }, terminal));
    });
};

const help = `
Examples:
  bulwark plan psa                          the cluster of the current context
  bulwark plan psa --from prod.json -o json
  bulwark plan psa deploy/ --server-version 1.33

Exit codes: 0 planned, 2 usage, 3 incomplete evidence, 4 internal error.`;
