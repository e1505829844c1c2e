import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import certificateApproval from './certificate-approval.ts';
import clusterAdmin from './cluster-admin.ts';
import danglingRole from './dangling-role.ts';
import defaultRoles from './default-roles.ts';
import fullWildcard from './full-wildcard.ts';
import mastersGroup from './masters-group.ts';
import powers from './powers.ts';
import wideGroups from './wide-groups.ts';
import wildcards from './wildcards.ts';

const controls: readonly AnyControl[] = [
  ...powers,
  ...wideGroups,
  certificateApproval,
  clusterAdmin,
  danglingRole,
  defaultRoles,
  fullWildcard,
  mastersGroup,
  wildcards,
];

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  it('fails and passes where its examples say', () => {
    for (const text of control.examples.fail) {
      const found = judgeExample(control, text);
      expect(found.length, text).toBeGreaterThan(0);
      console.log(
        control.id,
        found.map((f) => `${f.severity} ${f.place} ${f.message}`),
      );
    }
    for (const text of control.examples.pass) {
      const judgement = judgeText([control], text);
      expect(judgement.errors).toEqual([]);
      expect(
        judgement.findings.map(({ message }) => message),
        text,
      ).toEqual([]);
      expect(judgement.inputs.evaluated, text).toBeGreaterThan(0);
    }
  });
});
