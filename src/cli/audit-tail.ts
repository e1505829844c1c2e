import { Option } from 'commander';
import { addFilterOptions, type FilterFlags } from './audit-filter.ts';
import type { RegisterCommand } from './command.ts';
import { type ColorChoice, colorOption, useColor } from './terminal.ts';

export interface TailFlags extends FilterFlags {
  readonly follow?: true;
  readonly output: string;
  readonly headers: boolean;
  readonly color: ColorChoice;
}

/** `bulwark audit tail`: the events of audit logs, for people or as data. */
export const auditTailCommand: RegisterCommand = (audit, terminal, done) => {
  const command = audit
    .command('tail')
    .summary('print the events of audit logs')
    .description(
      'Prints the requests in audit logs, one a line: who, what, on what, with which result. Reads the logs of an API server, plain or compressed (.gz, .zst), and what EKS, AKS, GKE and OpenShift make of them. Times are UTC.',
    )
    .argument('<source...>', 'files, or - for standard input')
    .option('-f, --follow', 'wait for more, across rotation and truncation, and for a file that is not there yet')
    .addOption(
      new Option(
        '-o, --output <format>',
        'text, wide, json (whole events, one a line), or fields: time,user.name,verb',
      ).default('text'),
    )
    .option('--no-headers', 'leave out the titles of the columns')
    .addOption(colorOption());
  addFilterOptions(command)
    .addHelpText('after', help)
    .action(async (sources: string[], flags: TailFlags) => {
      const { runAuditTail } = await import('./audit-tail.run.ts');
      done(await runAuditTail(sources, { ...flags, color: useColor(terminal, flags.color) }, terminal));
    });
};

const help = `
Examples:
  bulwark audit tail audit.log                             every request, once
  bulwark audit tail -f audit.log --denied                 who is turned away, as it happens
  bulwark audit tail *.log.gz --verb exec,attach -o wide   who was in which container
  bulwark audit tail audit.log --resource secrets --user 'system:serviceaccount:*' --since 2h
  bulwark audit tail audit.log -o time,user.name,verb,target,annotations.authorization.k8s.io/reason
  aws logs filter-log-events ... | bulwark audit tail - -o json | jq .

In text, sa:NAMESPACE/NAME is a service account. RESULT tells apart what is 403 alike: denied (by authorisation),
impersonation refused, and refused (by admission, a quota or the guard against escalation).
Exit codes: 0 read, 2 usage or nothing to read, 3 some of it could not be read.`;
