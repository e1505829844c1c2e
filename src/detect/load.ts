import type { DetectionNeeds } from '../model/alert.ts';
import type { Json } from '../model/json.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import { splitDocuments } from '../yaml/split.ts';
import { levelOf, needsOf } from './needs.ts';
import { parseRule, type RuleDraft } from './parse-rule.ts';
import { RuleError } from './problem.ts';
import type { DetectionRule, RuleProblem } from './rule.ts';

export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

export interface LoadedRules {
  readonly rules: readonly DetectionRule[];
  readonly problems: readonly RuleProblem[];
}

/** Most characters of a rule file. */
const maxText = 4 * 1024 * 1024;

/**
 * Reads Sigma rules for `product: kubernetes, service: audit`, and correlations of them, which may stand in any of the
 * files. What a rule uses that is not supported is a problem that names it; such a rule is left out, and so is every
 * correlation that counts it. `others` are rules that are there already: none of theirs may be named again.
 */
export function loadRules(files: readonly RuleFile[], others: readonly DetectionRule[] = []): LoadedRules {
  const problems: RuleProblem[] = [];
  const taken = new Set(others.flatMap(({ name, id }) => [name, id]));
  const drafts = files
    .flatMap((file) => readFile(file, problems))
    .filter((draft) => {
      const twice = [draft.name, draft.id].find((each) => taken.has(each));
      if (twice === undefined) return true;
      const message = `there is a built-in rule with the name or id "${twice}"`;
      problems.push({ path: draft.path, line: draft.line, message });
      return false;
    });
  return { rules: join(byNameOf(drafts, problems), problems), problems };
}

/** As `loadRules`, of documents that were parsed before. */
export function loadParsedRules(documents: readonly { readonly path: string; readonly value: Json }[]): LoadedRules {
  const problems: RuleProblem[] = [];
  const drafts = documents.flatMap(({ path, value }) => {
    try {
      return [parseRule(value, { path, line: 1 })];
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      problems.push({ path, line: 1, message: error.message });
      return [];
    }
  });
  return { rules: join(byNameOf(drafts, problems), problems), problems };
}

function byNameOf(drafts: readonly RuleDraft[], problems: RuleProblem[]): ReadonlyMap<string, RuleDraft> {
  const byName = new Map<string, RuleDraft>();
  for (const draft of drafts) {
    const before = byName.get(draft.name);
    if (before === undefined) byName.set(draft.name, draft);
    else {
      const message = `there is another rule named "${draft.name}" in ${before.path}:${before.line}`;
      problems.push({ path: draft.path, line: draft.line, message });
    }
  }
  return byName;
}

function readFile({ path, text }: RuleFile, problems: RuleProblem[]): readonly RuleDraft[] {
  if (text.length > maxText) {
    problems.push({ path, line: 1, message: `the file is longer than ${maxText} characters` });
    return [];
  }
  const drafts: RuleDraft[] = [];
  for (const part of splitDocuments(text)) {
    try {
      const { value, positions, duplicateKeys } = parseYaml(text.slice(part.start, part.end), part.line, part.column);
      const [twice] = duplicateKeys;
      if (twice !== undefined) {
        problems.push({ path, line: twice.region.line, message: `"${String(twice.path.at(-1))}" is given twice` });
        continue;
      }
      try {
        drafts.push(parseRule(value, { path, line: positions.locate([])?.line ?? part.line }));
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        for (const { at, message } of [error, ...error.others])
          problems.push({ path, line: positions.locate(at)?.line ?? part.line, message });
      }
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      problems.push({ path, line: error.line, message: error.message });
    }
  }
  return drafts;
}

/** Ties correlations to the rules that they count. */
function join(drafts: ReadonlyMap<string, RuleDraft>, problems: RuleProblem[]): readonly DetectionRule[] {
  const byId = new Map([...drafts.values()].map((draft) => [draft.id, draft]));
  const find = (name: string): RuleDraft | undefined => drafts.get(name) ?? byId.get(name);
  const silent = new Set<string>();
  const usable = new Map<string, RuleDraft>();
  const visiting = new Set<string>();

  const use = (draft: RuleDraft): boolean => {
    if (usable.has(draft.name)) return true;
    if (visiting.has(draft.name)) {
      problems.push({ path: draft.path, line: draft.line, message: `the correlation "${draft.name}" counts itself` });
      return false;
    }
    visiting.add(draft.name);
    const names: string[] = [];
    for (const name of draft.correlation?.rules ?? []) {
      const counted = find(name);
      if (counted === undefined || !use(counted)) {
        const message =
          counted === undefined ? `there is no rule named "${name}"` : `the rule "${name}" cannot be used`;
        problems.push({ path: draft.path, line: draft.line, message: `${message}, which "${draft.name}" counts` });
        visiting.delete(draft.name);
        return false;
      }
      names.push(counted.name);
      if (!draft.generate) silent.add(counted.name);
    }
    visiting.delete(draft.name);
    const { correlation } = draft;
    usable.set(
      draft.name,
      correlation === undefined ? draft : { ...draft, correlation: { ...correlation, rules: names } },
    );
    return true;
  };
  for (const draft of drafts.values()) use(draft);

  const rules: DetectionRule[] = [];
  for (const { generate: _, statedLevel, ...draft } of usable.values()) {
    const level = levelOf(draft, (name) => usable.get(name));
    if (statedLevel !== undefined && statedLevel !== level) {
      const message = `the rule says that it needs the level ${statedLevel}, but its fields need ${level}`;
      problems.push({ path: draft.path, line: draft.line, message });
      continue;
    }
    let needs: DetectionNeeds | undefined;
    rules.push({
      ...draft,
      alerts: !silent.has(draft.name),
      // Worked out when it is asked for: it takes longer than all else of a rule, and detecting does not ask.
      get needs() {
        needs ??= needsOf(draft, (name) => usable.get(name));
        return needs;
      },
    });
  }
  return rules;
}
