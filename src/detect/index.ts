export { builtInRules } from './built-in.ts';
export {
  createDetector,
  type Detector,
  type DetectorCounts,
  type DetectorOptions,
  type RuleCounts,
} from './detector.ts';
export { exportSigma } from './export-sigma.ts';
export { type LoadedRules, loadRules, type RuleFile } from './load.ts';
export type { Correlation, DetectionRule, RuleExample, RuleProblem } from './rule.ts';
export { type DetectorSettings, readSettings } from './settings.ts';
export { type ExampleResult, testRules } from './test-rules.ts';
export type { TrustedIdentities } from './trusted.ts';
