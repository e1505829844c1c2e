import { auditPolicyCommand } from './audit-policy.ts';
import type { RegisterCommand } from './command.ts';

/** `bulwark audit …`: what the API server logs, and what is in the log. */
export const auditCommand: RegisterCommand = (program, terminal, done) => {
  const audit = program
    .command('audit')
    .summary('audit policies and audit logs: write, check, read')
    .description('Writes and checks audit policies, and reads audit logs.');
  auditPolicyCommand(audit, terminal, done);
};
