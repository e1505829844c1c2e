import { type Command, Option } from 'commander';
import type { Profile } from '../controls/control.ts';
import { type Severity, severities } from '../model/severity.ts';
import type { RegisterCommand } from './command.ts';
import { addConfigurationOptions, addControlOptions, type ConfigurationFlags } from './configuration-options.ts';
import { addEvidenceOptions, type EvidenceFlags, repeatable } from './evidence.ts';
import { minorVersion } from './option-values.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface ScanFlags extends EvidenceFlags, ConfigurationFlags {
  readonly withSecrets?: true;
  readonly printRbac?: true;
  readonly printCollector?: true;
  readonly save?: string;
  readonly output: readonly string[];
  readonly failOn?: Severity | 'none';
  readonly profile: readonly Profile[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly allowRegistry: readonly string[];
  readonly benchmark: readonly string[];
  readonly targetVersion?: number;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly watch?: true;
  readonly timings?: true;
  readonly showSuppressed?: true;
  readonly verbose?: true;
  readonly color: ColorChoice;
}

export const scanCommand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('scan')
    .summary('find what is insecure in manifests or a live cluster')
    .description(
      'Judges manifests, a live cluster or a saved snapshot and reports what is insecure, where, and how to mend it.\n' +
        'Without a path it reads the cluster of the current context: read-only, and never the values of Secrets.',
    )
    .argument('[path...]', 'files, folders, globs, or - for standard input');
  addEvidenceOptions(command)
    .option('--save <file>', 'save the snapshot (.gz compresses it)')
    .option('--print-rbac', 'print the read-only ClusterRole that a scan of a cluster needs, and stop')
    .option('--with-secrets', 'with --print-rbac: also allow listing Secrets, whose values are dropped when read')
    .option('--print-collector', 'print what --nodes creates in the cluster, and stop');
  addConfigurationOptions(command);
  addReportOptions(command);
  command.addHelpText('after', help).action(async (paths: string[], flags: ScanFlags) => {
    const { runScan } = await import('./scan.run.ts');
    done(await runScan(paths, { ...flags, color: useColor(terminal, flags.color) }, terminal));
  });
};

function addReportOptions(command: Command): void {
  command
    .optionsGroup('Report:')
    .option(
      '-o, --output <format[=file]>',
      'terminal, json, sarif, html, markdown, junit, csv, github or gitlab; to a file with =file (repeatable)',
      repeatable,
      [],
    )
    .addOption(
      new Option(
        '--fail-on <severity>',
        'exit with 1 for findings of this severity or above (default: "high"; with --benchmark, for rows that fail)',
      ).choices([...severities, 'none']),
    );
  addControlOptions(command)
    .option('--allow-registry <host[/path]>', 'where images may come from (repeatable)', repeatable, [])
    .option(
      '--benchmark <benchmark>',
      'report by requirement: cis (the edition that fits), nsa, pss-baseline, pss-restricted, attack, owasp, or an edition such as cis-1.12 (repeatable)',
      repeatable,
      [],
    )
    .option('--target-version <version>', 'judge as after an upgrade to it, and print the checklist', minorVersion)
    .option('--baseline <file>', 'count only findings that this baseline or JSON report does not have')
    .option('--write-baseline <file>', 'save the findings as a baseline')
    .option('--watch', 'go on, and tell what every change of a file brings')
    .option('--timings', 'tell what each control took, on standard error')
    .option('--show-suppressed', 'list the findings that exceptions or the baseline cover')
    .option('-v, --verbose', 'show every finding, and those of low severity in full')
    .addOption(colorOption());
}

const help = `
Examples:
  bulwark scan ./manifests                         a folder, and everything below it
  kubectl get deploy -A -o json | bulwark scan -   what kubectl prints
  helm template ./chart | bulwark scan -           a rendered chart
  bulwark scan --context prod --save prod.json     a live cluster, kept for later
  bulwark scan --from prod.json -o sarif=out.sarif -o html=report.html
  bulwark scan --target-version 1.37               what an upgrade breaks, and in which order to go
  bulwark scan . --watch                           again at every change of a file

Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 incomplete evidence, 4 internal error.`;
