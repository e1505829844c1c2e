import { BlockList, isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AuditEvent, type Outcome, outcomes } from '../model/audit-event.ts';
import { parseTimestamp } from '../semantics/audit-event/index.ts';
import { resourceMeant } from '../semantics/audit-policy/api-resources.ts';
import { repeatable } from './evidence.ts';

/** Which events are asked for: each option narrows, and its values widen. */
export interface FilterFlags {
  readonly user?: readonly string[];
  readonly verb?: readonly string[];
  readonly resource?: readonly string[];
  readonly namespace?: readonly string[];
  readonly name?: readonly string[];
  readonly sourceIp?: readonly string[];
  readonly code?: readonly CodeRange[];
  readonly outcome?: readonly Outcome[];
  readonly denied?: true;
  readonly since?: Moment;
  readonly until?: Moment;
  readonly allStages?: true;
}

export function addFilterOptions(command: Command): Command {
  return command
    .optionsGroup('Which events (values may hold *, and be several: a,b):')
    .option('-u, --user <name>', 'of this user, or done as this user', repeatable)
    .option('--verb <verb>', 'with this verb; exec, attach, portforward and proxy too', repeatable)
    .option('--resource <name>', 'on this resource: pods, deploy, deployments.apps, pods/exec, /healthz', repeatable)
    .option('-n, --namespace <name>', 'in this namespace', repeatable)
    .option('--name <name>', 'on the object of this name', repeatable)
    .option('--source-ip <address>', 'from this address or range, 10.0.0.0/8', repeatable)
    .addOption(new Option('--code <code>', 'with this status code: 403, 4xx, 400-409').argParser(addCodes))
    .option('--denied', 'that were turned away: not authenticated, denied or refused')
    .addOption(new Option('--outcome <name>', `that ended so: ${outcomes.join(', ')}`).argParser(addOutcomes))
    .addOption(
      new Option('--since <time>', 'from a time on: 10m, 2h, 7d ago, or 2026-11-20T20:06 (UTC)').argParser(moment),
    )
    .addOption(new Option('--until <time>', 'before a time').argParser(moment))
    .option('--all-stages', 'every stage of a request, not only how it ended (or began, if it runs long)');
}

export interface EventFilter {
  readonly matches: (event: AuditEvent) => boolean;
  /** A cheap test on a line of the API server's: false only for what cannot match. */
  readonly wanted: (line: Buffer) => boolean;
}

/** `now` in milliseconds since 1970: relative times count from it. */
export function eventFilter(flags: FilterFlags, now: number): EventFilter {
  const tests = testsOf(flags, now);
  const literals = literalsOf(flags);
  return {
    matches: (event) => tests.every((test) => test(event)),
    wanted: (line) => literals.every((any) => any.some((literal) => line.includes(literal))) && !skips(flags, line),
  };
}

type Test = (event: AuditEvent) => boolean;

const turnedAway: ReadonlySet<Outcome> = new Set(['unauthenticated', 'denied', 'impersonation-refused', 'refused']);

function testsOf(flags: FilterFlags, now: number): readonly Test[] {
  const tests: Test[] = [];
  const { since, until, code: codes } = flags;
  if (since !== undefined) {
    const from = since(now);
    tests.push(({ time }) => time >= from);
  }
  if (until !== undefined) {
    const to = until(now);
    tests.push(({ time }) => time < to);
  }
  if (flags.denied === true) tests.push(({ outcome }) => turnedAway.has(outcome));
  const { outcome: ended } = flags;
  if (ended !== undefined) tests.push(({ outcome }) => ended.includes(outcome));
  if (codes !== undefined) {
    tests.push(({ status }) =>
      codes.some(({ from, to }) => status !== undefined && status.code >= from && status.code <= to),
    );
  }
  anyOf(flags.user, (is) =>
    tests.push(({ user, impersonated }) => is(user?.name ?? '') || is(impersonated?.name ?? '')),
  );
  anyOf(flags.verb, (is) => tests.push(({ verb, action }) => is(verb) || is(action)));
  anyOf(flags.namespace, (is) => tests.push(({ object }) => is(object?.namespace ?? '')));
  anyOf(flags.name, (is) => tests.push(({ object }) => is(object?.name ?? '')));
  const resources = valuesOf(flags.resource).map(resourceTest);
  if (resources.length > 0) tests.push((event) => resources.some((test) => test(event)));
  const addresses = valuesOf(flags.sourceIp);
  if (addresses.length > 0) tests.push(addressTest(addresses));
  return tests;
}

function valuesOf(given: readonly string[] = []): readonly string[] {
  return given.flatMap((text) => text.split(',')).filter((text) => text !== '');
}

function anyOf(given: readonly string[] | undefined, add: (is: (text: string) => boolean) => void): void {
  const patterns = valuesOf(given).map(pattern);
  if (patterns.length > 0) add((text) => text !== '' && patterns.some((is) => is(text)));
}

/** Text with `*` for any characters. Takes time in proportion to what it is compared with. */
function pattern(glob: string): (text: string) => boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return (text) => text === glob;
  return (text) => {
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

/** `pods` is every subresource too, `pods/exec` only that one; of a group, its first word is enough. */
function resourceTest(asked: string): Test {
  if (asked.startsWith('/')) {
    const isPath = pattern(asked);
    return ({ object, path }) => object === undefined && isPath(path);
  }
  const [kind = '', subresource] = asked.split('/');
  const [word = '', ...group] = kind.split('.');
  const isResource = pattern(resourceMeant(word) ?? word);
  const isGroup = pattern(group.length === 0 ? '*' : group.join('.'));
  const isSubresource = pattern(subresource ?? '*');
  return ({ object }) =>
    object !== undefined &&
    isResource(object.resource) &&
    (isGroup(object.group) || isGroup(object.group.split('.', 1)[0] ?? '')) &&
    isSubresource(object.subresource);
}

function addressTest(asked: readonly string[]): Test {
  const ranges = new BlockList();
  const patterns: ((text: string) => boolean)[] = [];
  for (const text of asked) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    if (family === 0 || bits === undefined) patterns.push(pattern(text));
    else
      ranges.addSubnet(address, Math.min(Number(bits) || 0, family === 4 ? 32 : 128), family === 4 ? 'ipv4' : 'ipv6');
  }
  return ({ source }) => {
    if (patterns.some((is) => is(source))) return true;
    const family = isIP(source);
    return family !== 0 && ranges.check(source, family === 4 ? 'ipv4' : 'ipv6');
  };
}

const received = Buffer.from('"stage":"RequestReceived"');

/** A quote in a value is escaped, so that these bytes are the field, wherever they are. */
function skips({ allStages }: FilterFlags, line: Buffer): boolean {
  return allStages !== true && line.subarray(0, 400).includes(received);
}

/** What a line must hold, for values that are written the same in JSON. */
function literalsOf({ user, resource }: FilterFlags): readonly (readonly Buffer[])[] {
  const found: Buffer[][] = [];
  const plain = /^[\w.:@-]+$/;
  const users = valuesOf(user);
  if (users.length > 0 && users.every((name) => plain.test(name))) {
    found.push(users.map((name) => Buffer.from(`"username":"${name}"`)));
  }
  const resources = valuesOf(resource).map((text) => text.split(/[./]/)[0] ?? '');
  if (resources.length > 0 && resources.every((name) => plain.test(name))) {
    found.push(resources.map((name) => Buffer.from(`"resource":"${resourceMeant(name) ?? name}"`)));
  }
  return found;
}

interface CodeRange {
  readonly from: number;
  readonly to: number;
}

function addCodes(value: string, before: readonly CodeRange[] = []): readonly CodeRange[] {
  const ranges = value.split(',').map((text) => {
    const [, first, last, hundreds] = /^(?:(\d{3})(?:-(\d{3}))?|([1-5])xx)$/.exec(text) ?? [];
    if (hundreds !== undefined) return { from: Number(hundreds) * 100, to: Number(hundreds) * 100 + 99 };
    if (first === undefined) throw new InvalidArgumentError('It must look like 403, 4xx or 400-409.');
    return { from: Number(first), to: Number(last ?? first) };
  });
  return [...before, ...ranges];
}

function addOutcomes(value: string, before: readonly Outcome[] = []): readonly Outcome[] {
  const asked = value.split(',').map((text) => {
    const outcome = outcomes.find((name) => name === text);
    if (outcome === undefined) throw new InvalidArgumentError(`It must be of ${outcomes.join(', ')}.`);
    return outcome;
  });
  return [...before, ...asked];
}

/** A time that may be relative: milliseconds since 1970, given those of now. */
type Moment = (now: number) => number;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function moment(value: string): Moment {
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(value)) {
    let ago = 0;
    for (const [, number, unit = ''] of value.matchAll(/([\d.]+)([a-z]+)/g))
      ago += Number(number) * (unitMs[unit] ?? 0);
    return (now) => now - ago;
  }
  const [, day, clock = '00:00', seconds = ':00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/i.exec(value) ?? [];
  const time = parseTimestamp(`${day}T${clock}${seconds}${zone}`);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must look like 10m, 2h, 7d or 2026-11-20T20:06:00Z.');
  return () => time;
}
