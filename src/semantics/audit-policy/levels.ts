import type { DetectionNeeds } from '../../model/alert.ts';
import { type AuditLevel, type AuditStage, auditLevels } from '../../model/audit-event.ts';
import type { AuditDecision } from './decide.ts';

/** Whether a level logs at least as much as another. */
export function levelAtLeast(level: AuditLevel, least: AuditLevel): boolean {
  return auditLevels.indexOf(level) >= auditLevels.indexOf(least);
}

/** The level at which a detection can be decided of requests with a verb. */
export function levelFor({ level, patchLevel }: DetectionNeeds, verb: string): DetectionNeeds['level'] {
  return verb === 'patch' ? (patchLevel ?? level) : level;
}

/** The stages that an ordinary request leaves in the log; `isLongRunning` for one that stays open. */
export function recordedStages(
  { level, omitStages }: Pick<AuditDecision, 'level' | 'omitStages'>,
  isLongRunning: boolean,
): AuditStage[] {
  if (level === 'None') return [];
  const stages: readonly AuditStage[] = isLongRunning
    ? ['RequestReceived', 'ResponseStarted', 'ResponseComplete']
    : ['RequestReceived', 'ResponseComplete'];
  return stages.filter((stage) => !omitStages.includes(stage));
}
