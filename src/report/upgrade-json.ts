import { jsonText } from './rbac-json.ts';
import { isStopped, type UpgradeReport, upgradeSteps } from './upgrade-steps.ts';

/** The same for machines: the steps in their order, and what judging before and after it tells. */
export function upgradeJson(report: UpgradeReport): string {
  const { plan, comparison } = report;
  const steps = upgradeSteps(report);
  return jsonText({
    schema: 'bulwark.upgrade/v1',
    from: plan.from === undefined ? null : { version: plan.from.text, by: plan.from.by },
    target: `1.${plan.target}`,
    stopped: isStopped(steps),
    steps: steps.map(({ id, title, kind, items }) => ({ id, title, kind, items })),
    defaults: plan.defaults,
    unseen: plan.unseen,
    findings: { added: comparison.added, gone: comparison.gone, changed: comparison.changed },
  });
}
