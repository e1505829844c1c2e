import type { RegisterCommand } from './command.ts';

/** `bulwark audit policy …`: one sub-command for each question about an audit policy. */
export const auditPolicyCommand: RegisterCommand = (audit) => {
  audit
    .command('policy')
    .summary('what an audit policy records, and what it should')
    .description('Checks, explains, compares and writes audit policies (audit.k8s.io/v1).');
};
