import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { compile, fieldsOf, type Predicate } from './expression.ts';
import { readHeader } from './line-header.ts';
import { isRemembered } from './memory.ts';
import type { DetectionRule } from './rule.ts';
import { truth } from './truth.ts';
import { EventView, type Surroundings } from './view.ts';

const maxKnown = 50_000;
const workloads: ReadonlySet<string> = new Set(['replicationcontrollers', 'deployments', 'daemonsets', 'statefulsets', 'replicasets', 'jobs', 'cronjobs', 'pods']);
const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch']);

/**
 * Tells from a raw line whether any rule could fire on the event, or any state learn from it, whatever its names and
 * bodies are. What cannot be told quickly is wanted.
 */
export class Prefilter {
  private readonly rules: readonly Predicate[];
  private readonly stages: ReadonlySet<string> | undefined;
  private readonly around: Surroundings;
  private readonly known = new Map<string, boolean>();

  constructor(rules: readonly DetectionRule[], around: Surroundings) {
    this.around = around;
    this.rules = rules.flatMap(({ condition }) => (condition === undefined ? [] : [compile(condition, 'header')]));
    const raw = rules.some(({ condition }) => condition !== undefined && fieldsOf(condition).some(({ name }) => name === 'stage'));
    this.stages = raw ? undefined : new Set(['ResponseStarted', 'ResponseComplete', 'Panic']);
  }

  /** Trust has changed: what was told before may no longer hold. */
  forget(): void {
    this.known.clear();
  }

  wants(line: Buffer): boolean {
    const header = readHeader(line);
    if (header === undefined) return true;
    if (this.stages !== undefined && !this.stages.has(header.stage)) return false;
    // Of a refusal the message decides what kind it is.
    if (header.code === 401 || header.code === 403) return true;
    const before = this.known.get(header.key);
    if (before !== undefined) return before;
    const raw = header.event();
    const event = raw === undefined ? undefined : readAuditEvent(raw, { source: '', offset: 0 });
    if (event === undefined) return true;
    const view = new EventView(event, this.around);
    const wanted = learns(view) || this.rules.some((rule) => rule(view) !== truth.no);
    if (this.known.size >= maxKnown) this.known.clear();
    this.known.set(header.key, wanted);
    return wanted;
  }
}

/** Whether the event tells who is behind a workload, or how an object is now. */
function learns({ event }: EventView): boolean {
  const { object, verb } = event;
  if (object === undefined || object.subresource !== '') return false;
  if (isRemembered(object.group === '' ? object.resource : `${object.resource}.${object.group}`)) return verb !== 'watch' && verb !== 'list' && verb !== 'get';
  return writes.has(verb) && workloads.has(object.resource);
}
