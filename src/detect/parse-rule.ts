import { describeType, isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { stringsIn } from '../model/json-list.ts';
import type { Path } from '../model/path.ts';
import type { Severity } from '../model/severity.ts';
import type { Expression } from './expression.ts';
import { parseMessage } from './message.ts';
import { parseCondition } from './parse-condition.ts';
import { parseCorrelation, parseTimespan } from './parse-correlation.ts';
import { fieldNamed, parseSelection, selectionsOf } from './parse-detection.ts';
import { RuleError, RuleErrors } from './problem.ts';
import type { DetectionRule, RuleExample } from './rule.ts';

/** A rule as one document says it: what it needs of the audit policy, and whether it alerts, is known with the others. */
export type RuleDraft = Omit<DetectionRule, 'needs' | 'alerts'> & {
  readonly generate: boolean;
  /** What the document itself says of the audit level. */
  readonly statedLevel: string | undefined;
};

const severities: ReadonlyMap<string, Severity> = new Map([
  ['informational', 'info'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['critical', 'critical'],
]);

const hour = 3_600_000;
const ownKeys: ReadonlySet<string> = new Set(['next', 'message', 'fold', 'cooldown', 'learn', 'examples', 'level']);

/** Reads one document of a rule file. Throws `RuleError`. */
export function parseRule(value: Json, { path, line }: { readonly path: string; readonly line: number }): RuleDraft {
  if (!isObject(value)) throw new RuleError([], `a rule is a mapping, found ${describeType(value)}`);
  const title = requiredText(value, 'title');
  const name = text(value, 'name') ?? slug(title);
  const correlation = own(value, 'correlation');
  const detection = own(value, 'detection');
  if (correlation !== undefined && detection !== undefined)
    throw new RuleError(['correlation'], 'a rule has either a detection or a correlation');
  if (own(value, 'action') !== undefined)
    throw new RuleError(['action'], 'collections with "action" are not supported');
  const errors = new RuleErrors();
  if (correlation === undefined) errors.attempt(() => checkLogSource(own(value, 'logsource')));
  const bulwark = own(value, 'bulwark') ?? {};
  if (!isObject(bulwark)) throw new RuleError(['bulwark'], `"bulwark" is a mapping, found ${describeType(bulwark)}`);
  for (const key of Object.keys(bulwark)) {
    errors.attempt(() => {
      if (!ownKeys.has(key))
        throw new RuleError(['bulwark', key], `"${key}" is not known; there are ${[...ownKeys].join(', ')}`);
    });
  }
  const message = text(bulwark, 'message');
  const cooldown = own(bulwark, 'cooldown');
  const severity = errors.attempt(() => severityOf(value));
  const says = errors.attempt(() =>
    message === undefined ? undefined : parseMessage(message, ['bulwark', 'message']),
  );
  const fold = stringsIn(own(bulwark, 'fold')).flatMap(
    (field) => errors.attempt(() => fieldNamed(field, ['bulwark', 'fold'])) ?? [],
  );
  const quiet = errors.attempt(() =>
    cooldown === undefined ? hour : parseTimespan(cooldown, ['bulwark', 'cooldown']),
  );
  const condition = errors.attempt(() => (detection === undefined ? undefined : parseDetection(detection)));
  const counts = errors.attempt(() => correlationOf(correlation, detection));
  const examples = errors.attempt(() => examplesOf(own(bulwark, 'examples')));
  errors.raise();
  return {
    id: text(value, 'id') ?? name,
    name,
    title,
    severity: severity ?? 'medium',
    attack: attackOf(value),
    why: (text(value, 'description') ?? '').trim(),
    next: stringsIn(own(bulwark, 'next')),
    falsePositives: stringsIn(own(value, 'falsepositives')),
    message: says,
    fold,
    cooldown: quiet ?? hour,
    learn: own(bulwark, 'learn') === true,
    condition,
    correlation: counts,
    examples: examples ?? [],
    path,
    line,
    source: value,
    generate: isObject(correlation) && own(correlation, 'generate') === true,
    statedLevel: text(bulwark, 'level'),
  };
}

function correlationOf(correlation: Json | undefined, detection: Json | undefined): DetectionRule['correlation'] {
  if (isObject(correlation)) return parseCorrelation(correlation, ['correlation']);
  if (correlation !== undefined) throw new RuleError(['correlation'], 'a correlation is a mapping');
  if (detection === undefined) throw new RuleError([], 'the rule has neither a detection nor a correlation');
  return undefined;
}

function checkLogSource(source: Json | undefined): void {
  if (!isObject(source))
    throw new RuleError(['logsource'], 'the rule has no logsource; it takes product: kubernetes, service: audit');
  const product = text(source, 'product');
  const service = text(source, 'service');
  const category = text(source, 'category');
  if (product !== 'kubernetes')
    throw new RuleError(
      ['logsource'],
      `the log source ${JSON.stringify(product ?? null)} is not supported: product has to be kubernetes`,
    );
  if (service !== 'audit' || (category ?? 'application') !== 'application') {
    throw new RuleError(['logsource'], 'the log source is not supported: service has to be audit');
  }
}

function parseDetection(detection: Json): Expression {
  const at: Path = ['detection'];
  if (!isObject(detection)) throw new RuleError(at, `a detection is a mapping, found ${describeType(detection)}`);
  if (own(detection, 'timeframe') !== undefined)
    throw new RuleError([...at, 'timeframe'], '"timeframe" is not supported: write a correlation rule');
  const condition = own(detection, 'condition');
  if (isList(condition))
    throw new RuleError([...at, 'condition'], 'a list of conditions is not supported: join them with or');
  if (typeof condition !== 'string') throw new RuleError(at, 'the detection has no condition');
  const selections = new Map<string, Expression>();
  const errors = new RuleErrors();
  for (const name of selectionsOf(detection)) {
    const selection = errors.attempt(() => parseSelection(own(detection, name) ?? null, [...at, name]));
    if (selection !== undefined) selections.set(name, selection);
  }
  errors.raise();
  return parseCondition(condition, selections, [...at, 'condition']);
}

function severityOf(value: JsonObject): Severity {
  const level = text(value, 'level') ?? 'medium';
  const severity = severities.get(level);
  if (severity === undefined)
    throw new RuleError(['level'], `the level "${level}" is none of ${[...severities.keys()].join(', ')}`);
  return severity;
}

function attackOf(value: JsonObject): readonly string[] {
  return stringsIn(own(value, 'tags')).flatMap((tag) => {
    const match = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag);
    return match === null ? [] : [(match[1] ?? '').toUpperCase()];
  });
}

function examplesOf(value: Json | undefined): readonly RuleExample[] {
  if (value === undefined) return [];
  const at: Path = ['bulwark', 'examples'];
  if (!isList(value)) throw new RuleError(at, `examples are a list, found ${describeType(value)}`);
  return value.map((item, index) => {
    const place = [...at, index];
    if (!isObject(item)) throw new RuleError(place, 'an example is a mapping with "fires" or "silent", and "events"');
    const fires = text(item, 'fires');
    const title = fires ?? text(item, 'silent');
    const events = own(item, 'events');
    if (title === undefined || !isList(events))
      throw new RuleError(place, 'an example has a title under "fires" or "silent", and a list of events');
    return {
      title,
      fires: fires !== undefined,
      events: events.filter((event): event is JsonObject => isObject(event)),
    };
  });
}

function requiredText(value: JsonObject, key: string): string {
  const found = text(value, key);
  if (found === undefined || found === '') throw new RuleError([], `the rule has no ${key}`);
  return found;
}

function text(value: JsonObject, key: string): string | undefined {
  const found = own(value, key);
  return typeof found === 'string' ? found : undefined;
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
