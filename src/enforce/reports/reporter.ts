import { ApiError } from '../../collect/cluster/api-error.ts';
import type { AdmissionDecision, AdmissionRequest } from '../../model/admission.ts';
import { equalJson } from '../../model/equal-json.ts';
import { type JsonObject, own } from '../../model/json.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import type { Log } from '../log.ts';
import { mergedResults, resultsOf, summaryOf } from './report-entries.ts';

export interface PolicyReporterOptions {
  readonly api: Pick<KubeApi, 'call' | 'find'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly onWrite: (result: 'written' | 'failed' | 'left-out') => void;
}

/** Namespaces that have a report at most, and objects that wait to be written into them. */
const mostNamespaces = 500;
const mostWaiting = 2000;
const everyMs = 30_000;
const reportName = 'bulwark-webhook';

const apis = [
  { path: '/apis/openreports.io/v1alpha1', apiVersion: 'openreports.io/v1alpha1', kind: 'Report', resource: 'reports' },
  {
    path: '/apis/wgpolicyk8s.io/v1alpha2',
    apiVersion: 'wgpolicyk8s.io/v1alpha2',
    kind: 'PolicyReport',
    resource: 'policyreports',
  },
] as const;

/**
 * Writes refusals and warnings into one report a namespace, where a cluster has reports: at most twice a minute, only
 * what changed, and never more than so many results, namespaces and objects. What is beyond is left out, and counted.
 */
export class PolicyReporter {
  private readonly options: PolicyReporterOptions;
  /** By namespace, then object. */
  private waiting = new Map<string, Map<string, readonly JsonObject[]>>();
  private count = 0;
  private readonly reported = new Set<string>();
  private readonly named = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(options: PolicyReporterOptions) {
    this.options = options;
  }

  /** Takes a decision; it is written later. Dry runs and cluster-scoped objects have no report. */
  decided(request: AdmissionRequest, decision: AdmissionDecision): void {
    const { namespace, dryRun } = request;
    if (namespace === '' || dryRun) return;
    const isQuiet = decision.denials.length + decision.warnings.length === 0;
    // Most requests say nothing, and their objects are in no report.
    if (isQuiet && !this.named.has(namespace)) return;
    const { key, results } = resultsOf(request, decision, this.options.now());
    if (isQuiet && this.named.get(namespace)?.has(key) !== true) return;
    if (!this.reported.has(namespace) && this.reported.size >= mostNamespaces) return this.options.onWrite('left-out');
    const objects = this.waiting.get(namespace) ?? new Map<string, readonly JsonObject[]>();
    if (!objects.has(key)) {
      if (this.count >= mostWaiting) return this.options.onWrite('left-out');
      this.count += 1;
    }
    objects.set(key, results);
    this.waiting.set(namespace, objects);
    this.reported.add(namespace);
    this.remember(namespace, { key, isQuiet });
    this.timer ??= setTimeout(() => void this.flush(), everyMs).unref();
  }

  /** Writes what waits. Does not reject: what could not be written is logged, and gone. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const waiting = this.waiting;
    this.waiting = new Map();
    this.count = 0;
    this.writing = this.writing.then(() => this.write(waiting));
    return this.writing;
  }

  private remember(namespace: string, { key, isQuiet }: { readonly key: string; readonly isQuiet: boolean }): void {
    const keys = this.named.get(namespace) ?? new Set<string>();
    keys.delete(key);
    if (!isQuiet) keys.add(key);
    for (const oldest of keys) {
      if (keys.size <= mostWaiting / 10) break;
      keys.delete(oldest);
    }
    this.named.set(namespace, keys);
  }

  private async write(waiting: ReadonlyMap<string, ReadonlyMap<string, readonly JsonObject[]>>): Promise<void> {
    const { log, onWrite } = this.options;
    for (const [namespace, changes] of waiting) {
      try {
        await this.writeOne(namespace, changes);
        onWrite('written');
      } catch (error) {
        onWrite('failed');
        const reason = error instanceof Error ? error.message : String(error);
        log.write('warning', 'a report could not be written', { namespace, reason });
        // A server that is away is not asked once a namespace.
        if (error instanceof ApiError && error.isTransport) return;
      }
    }
  }

  private async writeOne(namespace: string, changes: ReadonlyMap<string, readonly JsonObject[]>): Promise<void> {
    const { api } = this.options;
    for (const { path, apiVersion, kind, resource } of apis) {
      if ((await api.find(path)) === undefined) continue;
      const collection = `${path}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const before = await api.find(`${collection}/${reportName}`);
        const results = mergedResults(before && own(before, 'results'), changes);
        if (before !== undefined && equalJson(own(before, 'results'), results)) return;
        const metadata = (before && own(before, 'metadata')) ?? {
          name: reportName,
          namespace,
          labels: { 'app.kubernetes.io/managed-by': 'bulwark' },
        };
        const body: JsonObject = {
          apiVersion,
          kind,
          metadata,
          ...(kind === 'Report' && { source: 'bulwark' }),
          results: [...results],
          summary: summaryOf(results),
        };
        try {
          await (before === undefined
            ? api.call({ method: 'POST', path: collection, body })
            : api.call({ method: 'PUT', path: `${collection}/${reportName}`, body }));
          return;
        } catch (error) {
          // Another server of ours wrote between.
          if (!(error instanceof ApiError) || error.status !== 409) throw error;
        }
      }
      throw new Error('others keep writing the report');
    }
    throw new Error('the cluster has neither openreports.io nor wgpolicyk8s.io reports');
  }
}
