import { comparedRecord } from './comparison-json.ts';
import { jsonText } from './rbac-json.ts';
import { isStopped, isUncertain, type UpgradeReport, upgradeSteps } from './upgrade-steps.ts';

/**
 * The same for machines: the steps in their order, and what judging before and after it tells. Of several minor
 * versions, a list of such plans.
 */
export function upgradeJson(reports: readonly UpgradeReport[]): string {
  const [first] = reports;
  if (first === undefined) return jsonText({});
  const { from } = first.plan;
  const head = {
    schema: 'bulwark.upgrade/v1',
    from: from === undefined ? null : { version: from.text, by: from.by },
  };
  if (reports.length === 1) return jsonText({ ...head, ...planRecord(first) });
  const plans = reports.map(planRecord);
  return jsonText({
    ...head,
    target: plans.at(-1)?.target,
    stopped: plans.some(({ stopped }) => stopped),
    uncertain: plans.some(({ uncertain }) => uncertain),
    upgrades: plans,
  });
}

function planRecord(report: UpgradeReport) {
  const { plan, comparison } = report;
  const { added, gone, changed } = comparison;
  const steps = upgradeSteps(report);
  return {
    target: `1.${plan.target}`,
    stopped: isStopped(steps),
    uncertain: isUncertain(steps),
    steps: steps.map(({ id, title, kind, items, unread }) => ({ id, title, kind, items, unread })),
    defaults: plan.defaults,
    unseen: plan.unseen,
    findings: {
      added: added.map(comparedRecord),
      gone: gone.map(comparedRecord),
      changed: changed.map(({ finding, was, worse }) => ({ ...comparedRecord(finding), was, worse })),
    },
  };
}
