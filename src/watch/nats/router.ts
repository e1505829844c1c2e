import { controlPlane } from '../../detect/identity.ts';
import { createDetector, type Detector, type DetectorOptions } from '../../detect/index.ts';
import { isRemembered } from '../../detect/memory.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { isObject, type Json, own } from '../../model/json.ts';
import { type PartitionName, partitionNames, partitionOf, shared, tokenOf } from './names.ts';
import { splitRules } from './split-rules.ts';

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
const workloads: ReadonlySet<string> = new Set(
  'replicationcontrollers deployments daemonsets statefulsets replicasets jobs cronjobs'.split(' '),
);
const controllers = 'system:serviceaccount:kube-system:';

/** Where an event goes. */
export interface Route {
  /** Whose events these are; undefined where no rule of theirs could use it. */
  readonly home: { readonly token: string; readonly partition: PartitionName } | undefined;
  /** Partitions that are told besides. */
  readonly copies: readonly PartitionName[];
}

/**
 * Decides which partitions have to see an event, so that they find what one process would. Each partition knows all of
 * what rules know besides the events of the actor: who changed a workload, how roles, namespaces and webhooks were
 * before, which accounts of the control plane are trusted no more. The few events that tell of that go to all.
 */
export class Router {
  /** How often the state has changed. */
  changes = 0;
  private readonly partitions: readonly PartitionName[];
  private readonly count: number;
  private readonly byActor: Detector;
  private readonly across: Detector;

  /** A learning period begins with the first event, so all partitions see it. */
  private hasBegun = false;

  constructor(options: DetectorOptions, count: number) {
    const { byActor, across } = splitRules(options.rules);
    this.count = count;
    this.partitions = partitionNames(count);
    this.byActor = createDetector({ ...options, rules: byActor });
    this.across = createDetector({ ...options, rules: across });
  }

  /** Whether a raw line has to be read. */
  wants(line: Buffer): boolean {
    return this.byActor.wants(line) || this.across.wants(line);
  }

  /** `line` is the event as it is published. */
  route(event: AuditEvent, line: Buffer): Route {
    const isFirst = !this.hasBegun && event.isTerminal;
    if (isFirst) {
      this.hasBegun = true;
      this.changes += 1;
    }
    const isForAll = isFirst || tellsAll(event);
    if (isTokenOfControlPlane(event)) {
      // What is wanted depends on who is trusted.
      this.byActor.feed(event);
      this.across.feed(event);
      this.changes += 1;
    }
    const token = tokenOf({ user: event.user?.name ?? '', source: event.source });
    const partition = partitionOf(token, this.count);
    const home = isForAll || this.byActor.wants(line) ? { token, partition } : undefined;
    if (isForAll) return { home, copies: this.partitions.filter((name) => name !== partition) };
    return { home, copies: this.across.wants(line) ? [shared] : [] };
  }

  save(): Json {
    return { hasBegun: this.hasBegun, byActor: this.byActor.save(), across: this.across.save() };
  }

  restore(state: Json): void {
    if (!isObject(state)) return;
    this.hasBegun = state.hasBegun === true;
    this.byActor.restore(own(state, 'byActor') ?? null);
    this.across.restore(own(state, 'across') ?? null);
  }
}

function tellsAll(event: AuditEvent): boolean {
  const { object, verb, user } = event;
  if (object === undefined || !event.isTerminal) return false;
  if (isTokenOfControlPlane(event)) return true;
  if (object.subresource !== '') return false;
  const resource = object.group === '' ? object.resource : `${object.resource}.${object.group}`;
  if (isRemembered(resource)) return writes.has(verb) || verb === 'delete';
  if (!writes.has(verb)) return false;
  // What a controller makes is told of whoever changed the workload, and that may be anybody.
  if (object.resource === 'pods') return verb === 'create' && user?.name.startsWith(controllers) === true;
  return workloads.has(object.resource);
}

function isTokenOfControlPlane({ object, verb }: AuditEvent): boolean {
  if (object?.resource !== 'serviceaccounts' || object.subresource !== 'token' || verb !== 'create') return false;
  return controlPlane.has(`system:serviceaccount:${object.namespace}:${object.name}`);
}
