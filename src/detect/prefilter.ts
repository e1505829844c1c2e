import { isObject, type Json } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { compile, fieldsOf, type Predicate } from './expression.ts';
import { HeaderScanner, headerEvent, type KnownHeader } from './line-header.ts';
import { isRemembered } from './memory.ts';
import { isChange } from './request-kind.ts';
import type { DetectionRule } from './rule.ts';
import { truth } from './truth.ts';
import { EventView, type Surroundings } from './view.ts';

const maxKnown = 50_000;
const workloads: ReadonlySet<string> = new Set([
  'replicationcontrollers',
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'jobs',
  'cronjobs',
  'pods',
]);
const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch']);

/**
 * Tells from a raw line whether any rule could fire on the event, or any state learn from it, whatever its names and
 * bodies are. What cannot be told quickly is wanted.
 */
export class Prefilter {
  private readonly rules: readonly Predicate[];
  private readonly readsArrivals: boolean;
  private readonly around: Surroundings;
  private readonly scanner = new HeaderScanner();
  /** By hash. What has the hash of another is read. */
  private readonly known = new Map<number, { readonly header: KnownHeader; wanted: boolean | undefined }>();

  constructor(rules: readonly DetectionRule[], around: Surroundings) {
    this.around = around;
    this.rules = rules.flatMap(({ condition }) => (condition === undefined ? [] : [compile(condition, 'header')]));
    this.readsArrivals = rules.some(
      ({ condition }) => condition !== undefined && fieldsOf(condition).some(({ name }) => name === 'stage'),
    );
  }

  /** Trust has changed: what was told before may no longer hold. */
  forget(): void {
    this.known.clear();
  }

  wants(line: Buffer): boolean {
    const { scanner } = this;
    if (!scanner.scan(line)) return true;
    if (!this.readsArrivals && scanner.stage === 'arrived') return false;
    // Of a refusal the message decides what kind it is.
    if (scanner.code === 401 || scanner.code === 403) return true;
    const hash = scanner.hash();
    const before = this.known.get(hash);
    if (before === undefined) {
      // What comes once is read: working out whether it has to be takes as long.
      if (this.known.size >= maxKnown) this.known.clear();
      this.known.set(hash, { header: scanner.copy(), wanted: undefined });
      return true;
    }
    if (!scanner.matches(before.header)) return true;
    before.wanted ??= this.couldUse(before.header);
    return before.wanted;
  }

  private couldUse(header: KnownHeader): boolean {
    const raw = headerEvent(header);
    const event = raw === undefined ? undefined : readAuditEvent(raw, { source: '', offset: 0 });
    if (event === undefined) return true;
    const view = new EventView(event, this.around);
    if (learns(view) || this.rules.some((rule) => rule(view) !== truth.no)) return true;
    // The address, which is no part of the header, or a body may ask for a dry run.
    const dry = isChange(event) && raw !== undefined ? asDryRun(raw, this.around) : undefined;
    return dry !== undefined && this.rules.some((rule) => rule(dry) !== truth.no);
  }
}

function asDryRun(raw: Json, around: Surroundings): EventView | undefined {
  const event = isObject(raw)
    ? readAuditEvent({ ...raw, requestURI: '/?dryRun=All' }, { source: '', offset: 0 })
    : undefined;
  return event === undefined ? undefined : new EventView(event, around);
}

/** Whether the event tells who is behind a workload, or how an object is now. */
function learns({ event }: EventView): boolean {
  const { object, verb } = event;
  if (object === undefined || object.subresource !== '') return false;
  if (isRemembered(object.group === '' ? object.resource : `${object.resource}.${object.group}`))
    return verb !== 'watch' && verb !== 'list' && verb !== 'get';
  return writes.has(verb) && workloads.has(object.resource);
}
