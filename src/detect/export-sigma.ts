import { dump } from 'js-yaml';
import type { DetectionRule } from './rule.ts';

/**
 * The rules as Sigma documents. What Bulwark adds stands under `bulwark`, which other tools leave alone; fields that it
 * derives need a mapping there (docs/detections.md).
 */
export function exportSigma(rules: readonly DetectionRule[]): string {
  return rules.map(({ source }) => dump(source, { lineWidth: 120, noRefs: true, sortKeys: false })).join('---\n');
}
