import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeEvidence } from '../../model/node.ts';
import { Reader } from '../../model/reader.ts';
import type { Gap } from '../../model/snapshot.ts';
import { ApiError } from '../cluster/api-error.ts';
import { forEachLimited } from '../cluster/concurrency.ts';
import { plainText } from '../cluster/plain-text.ts';
import { collectNode } from '../node/collect.ts';
import { byHand, type ChosenNodes, nodeGap } from './choose-nodes.ts';
import type { CollectedNodes, LeftBehind } from './collect.ts';
import type { CollectorApi } from './collector-api.ts';
import {
  type CollectorRun,
  collectorPod,
  containerName,
  defaultImage,
  defaultNamespace,
  podName,
} from './manifests.ts';
import { PodPoll } from './pod-poll.ts';
import { BundleReceiver, type Received } from './transport.ts';
import { Workspace } from './workspace.ts';

export interface CollectionOptions {
  readonly namespace?: string | undefined;
  readonly image?: string | undefined;
  /** Minor version of the server, where it is known. */
  readonly minor?: number | undefined;
  /** Nodes at a time; 10 unless told. */
  readonly atOnce?: number | undefined;
  /** For one node, from the creation of its pod, in milliseconds; two minutes unless told. */
  readonly nodeTimeoutMs?: number | undefined;
  /** Between two looks at the pods, in milliseconds. */
  readonly pollMs?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told before anything is created. */
  readonly onPlan?: ((plan: CollectionPlan) => void) | undefined;
  readonly onProgress?: ((progress: CollectionProgress) => void) | undefined;
}

/** What is about to be created. */
export interface CollectionPlan {
  readonly run: CollectorRun;
  readonly nodes: number;
  readonly atOnce: number;
}

export interface CollectionProgress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** The plan of a run that has not begun. `nodes` is how many it reads. */
export function planRun(nodes: number, options: CollectionOptions): CollectionPlan {
  const atOnce = options.atOnce ?? 10;
  const nodeTimeoutMs = options.nodeTimeoutMs ?? 120_000;
  const longestMs = (Math.ceil(nodes / atOnce) + 1) * nodeTimeoutMs;
  const run = {
    id: randomBytes(4).toString('hex'),
    namespace: options.namespace ?? defaultNamespace,
    image: options.image ?? defaultImage,
    timeoutSeconds: Math.ceil(nodeTimeoutMs / 1000),
    expires: new Date((options.now ?? Date.now)() + longestMs).toISOString(),
    ...(options.minor !== undefined && { minor: options.minor }),
  };
  return { run, nodes, atOnce };
}

/** One run: from the first object that is made to the last that is removed. */
export class Collection {
  private readonly nodes: NodeEvidence[] = [];
  private readonly gaps: Gap[];
  private readonly chosen: ChosenNodes;
  private readonly options: CollectionOptions;
  private readonly api: CollectorApi;
  private readonly plan: CollectionPlan;
  private readonly workspace: Workspace;
  private readonly poll: PodPoll;
  private readonly signal: AbortSignal;
  private done = 0;
  private failed = 0;

  constructor(api: CollectorApi, chosen: ChosenNodes, options: CollectionOptions) {
    this.api = api;
    this.chosen = chosen;
    this.options = options;
    this.gaps = [...chosen.gaps];
    this.plan = planRun(chosen.wanted.length, options);
    this.signal = options.signal ?? new AbortController().signal;
    this.workspace = new Workspace(api, this.plan.run, options.now ?? Date.now);
    this.poll = new PodPoll({ list: () => this.workspace.pods(), intervalMs: options.pollMs ?? 500 });
  }

  async collect(): Promise<CollectedNodes> {
    const { wanted, virtual } = this.chosen;
    if (wanted.length === 0) return { nodes: [], gaps: this.gaps, virtual };
    this.options.onPlan?.(this.plan);
    let leftBehind: LeftBehind | undefined;
    try {
      if (await this.prepare()) {
        await forEachLimited(wanted, this.plan.atOnce, async (node, index) => await this.readNode(node, index));
      }
    } finally {
      leftBehind = await this.clear();
    }
    return {
      nodes: this.nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      gaps: this.gaps.toSorted((a, b) => (a.what < b.what ? -1 : 1)),
      virtual,
      ...(leftBehind !== undefined && { leftBehind }),
    };
  }

  /** Where it fails, no node can be read: one gap says so. */
  private async prepare(): Promise<boolean> {
    try {
      await this.workspace.prepare({ signal: this.signal });
      return true;
    } catch (error) {
      const what = `${this.plan.nodes} nodes, through collectors in namespace ${this.plan.run.namespace}`;
      const isForbidden = error instanceof ApiError && error.status === 403;
      const hint = isForbidden ? '`bulwark scan --print-rbac --nodes` prints what this takes' : byHand;
      this.gaps.push({ what, hint, ...this.failure(error) });
      return false;
    }
  }

  private async readNode(node: string, index: number): Promise<void> {
    const name = podName(this.plan.run, index);
    if (this.signal.aborted) {
      this.gaps.push(nodeGap(node, interrupted));
      return;
    }
    let gap: Gap | undefined;
    try {
      await this.workspace.createPod(collectorPod(this.plan.run, { name, node }), { signal: this.signal });
      gap = await this.receive(node, name);
    } catch (error) {
      const { code, reason } = this.failure(error);
      const isInterrupted = reason === interrupted.reason;
      gap = nodeGap(node, isInterrupted ? interrupted : { code, reason: `no collector runs: ${reason}`, hint: byHand });
    }
    // What cannot be removed now is tried again at the end.
    await this.workspace.removePod(name, 'soon').catch(() => undefined);
    this.done += 1;
    if (gap !== undefined) {
      this.failed += 1;
      this.gaps.push(gap);
    }
    this.options.onProgress?.({ done: this.done, failed: this.failed, total: this.plan.nodes });
  }

  /** Waits for one pod and takes its bundle. Resolves to a gap where it has none. */
  private async receive(node: string, name: string): Promise<Gap | undefined> {
    const { signal } = this;
    const { timeoutSeconds } = this.plan.run;
    const waited = await this.poll.wait(name, { timeoutMs: timeoutSeconds * 1000, signal });
    if (waited.kind === 'timeout') {
      const reason = `no evidence within ${timeoutSeconds} s: ${(await this.lastWarning(name)) ?? waited.doing}`;
      return nodeGap(node, { code: 'interrupted', reason, hint: byHand });
    }
    const received = await this.readLog(name);
    if (received.kind === 'bundle') {
      const { content } = received;
      const collected = await collectNode({ from: 'bundle', at: `node/${node}`, content, name: node, signal });
      this.nodes.push(collected.node);
      this.gaps.push(...collected.gaps.map((gap) => ({ ...gap, what: `node ${node}: ${gap.what}` })));
      return undefined;
    }
    const { code, reason } = received;
    if (waited.kind === 'ended')
      return nodeGap(node, { code, reason: `the collector ran, but ${reason}`, hint: byHand });
    const more = reason === '' ? '' : `; ${reason}`;
    return nodeGap(node, {
      code: 'unavailable',
      reason: `the collector failed: ${waited.reason}${more}`,
      hint: byHand,
    });
  }

  /** What the pod printed. */
  private async readLog(name: string): Promise<Received> {
    const path = `${this.workspace.podsPath}/${name}/log?container=${containerName}`;
    try {
      const receiver = await this.api.log(path, () => new BundleReceiver(), { signal: this.signal });
      return receiver.end();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The kubelet has none of a container that never started: then the pod says why.
      const reason = error.status === 400 || error.status === 404 ? '' : `its log cannot be read: ${error.message}`;
      return { kind: 'problem', code: 'interrupted', reason };
    }
  }

  /** The kubelet's last complaint about a pod, where events may be read. */
  private async lastWarning(name: string): Promise<string | undefined> {
    const query = new URLSearchParams({ fieldSelector: `involvedObject.name=${name},type=Warning` });
    try {
      const path = `/api/v1/namespaces/${this.plan.run.namespace}/events?${query}`;
      const last = new Reader(await this.api.get(path, { signal: this.signal }), [], []).objects('items').at(-1);
      const text = [last?.string('reason'), last?.string('message')].filter((part) => part).join(': ');
      return text === '' ? undefined : plainText(text);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return undefined;
    }
  }

  /** Rethrows what is neither the server's answer nor an interruption. */
  private failure(error: unknown): Pick<Gap, 'code' | 'reason'> {
    if (this.signal.aborted) return interrupted;
    if (!(error instanceof ApiError)) throw error;
    return { code: error.gapCode, reason: error.message };
  }

  /** Not to be interrupted by what interrupted the rest. */
  private async clear(): Promise<LeftBehind | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.workspace.clear();
        return undefined;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (attempt >= 3) return { run: this.plan.run, reason: error.message };
        await sleep(attempt * 500);
      }
    }
  }
}

const interrupted = { code: 'interrupted', reason: 'the scan was interrupted before this node was read' } as const;
