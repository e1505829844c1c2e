import type { Json } from '../model/json.ts';
import table from './built-in-rules.json' with { type: 'json' };
import { loadParsedRules } from './load.ts';
import type { DetectionRule } from './rule.ts';

/** The rules of detections/, as `npm run generate` wrote them into the table. */
export const builtInRules = (): readonly DetectionRule[] => {
  const { rules, problems } = loadParsedRules(table as readonly { readonly path: string; readonly value: Json }[]);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
  return rules;
};
