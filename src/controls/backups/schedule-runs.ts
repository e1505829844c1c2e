import { backupPlanOf } from '../../facts/backups.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { velero } from './examples.ts';

const ran = (last: string): string => `${velero('')}status: {phase: Enabled, lastBackup: "${last}"}\n`;

export default control({
  id: 'backups/schedule-runs',
  title: 'Schedules of backups run',
  severity: 'medium',
  subject: 'object',
  kinds: [
    'Schedule',
    'Policy',
    'ApplicationBackupSchedule',
    'VolumeSnapshotSchedule',
    'ReplicationSource',
    'ScheduledBackup',
  ],
  why: 'A schedule that was paused for an upgrade, or that fails since a password changed, looks in a list like one that runs.',
  remedy: 'Resume it, or see in its status and in the logs of the tool why it does not run.',
  check: ({ object }, facts) => {
    const plan = facts.get(backupPlanOf).get(object);
    if (plan === undefined) return notApplicable('it makes no backups');
    if (plan.idle === undefined) return pass;
    return fail(`${object.kind} ${object.name} of ${plan.tool} makes no backups: ${plan.idle}`, ['spec']);
  },
  examples: {
    // The day of the examples is 2026-11-21.
    fail: [velero('', ', paused: true'), ran('2026-11-01T02:00:00Z')],
    pass: [velero(''), ran('2026-11-20T02:00:00Z')],
  },
});
