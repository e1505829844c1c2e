import { auditPolicyCommand } from './audit-policy.ts';
import { auditStatsCommand } from './audit-stats.ts';
import { auditTailCommand } from './audit-tail.ts';
import type { RegisterCommand } from './command.ts';

/** `bulwark audit …`: what the API server logs, and what is in the log. */
export const auditCommand: RegisterCommand = (program, terminal, done) => {
  const audit = program
    .command('audit')
    .summary('audit policies and audit logs: write, check, read')
    .description('Writes and checks audit policies, and reads audit logs.');
  auditTailCommand(audit, terminal, done);
  auditStatsCommand(audit, terminal, done);
  auditPolicyCommand(audit, terminal, done);
};
