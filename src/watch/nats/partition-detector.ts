import { createDetector, type Detector, type DetectorOptions } from '../../detect/index.ts';
import type { Alert } from '../../model/alert.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Json } from '../../model/json.ts';
import { type PartitionName, partitionOf, shared, tokenOf } from './names.ts';
import { splitRules } from './split-rules.ts';

/** The detections of one partition: of what it finds, only what no other partition finds better. */
export class PartitionDetector {
  private readonly partition: PartitionName;
  private readonly count: number;
  private readonly detector: Detector;
  private readonly sharedNames: ReadonlySet<string>;

  constructor(options: DetectorOptions, { partition, count }: { readonly partition: string; readonly count: number }) {
    const { byActor, across, sharedNames } = splitRules(options.rules);
    this.partition = partition;
    this.count = count;
    this.sharedNames = sharedNames;
    this.detector = createDetector({ ...options, rules: partition === shared ? across : byActor });
  }

  feed(event: AuditEvent): readonly Alert[] {
    return this.own(this.detector.feed(event));
  }

  flush(until?: number): readonly Alert[] {
    return this.own(this.detector.flush(until));
  }

  save(): Json {
    return this.detector.save();
  }

  restore(state: Json): void {
    this.detector.restore(state);
  }

  /** What several partitions were told makes alerts in each: those of an actor come from the actor's own. */
  private own(alerts: readonly Alert[]): readonly Alert[] {
    if (alerts.length === 0) return alerts;
    if (this.partition === shared) return alerts.filter(({ rule }) => this.sharedNames.has(rule));
    return alerts.filter(({ actor }) => partitionOf(tokenOf(actor), this.count) === this.partition);
  }
}
