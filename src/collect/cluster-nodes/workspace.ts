import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { ApiError } from '../cluster/api-error.ts';
import type { CallOptions, CollectorApi } from './collector-api.ts';
import {
  type CollectorRun,
  collectorLabels,
  collectorNamespace,
  collectorScripts,
  expiresAnnotation,
  runLabel,
  scriptName,
} from './manifests.ts';

/** Beyond its own deadline, for clocks that differ and for a kubelet that is slow. */
const graceMs = 60_000;

const ours = Object.entries(collectorLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

/** Where the collectors of one run are made: the namespace, what else is in it, and how it is left. */
export class Workspace {
  readonly podsPath: string;
  private readonly api: CollectorApi;
  private readonly run: CollectorRun;
  private readonly now: () => number;
  private readonly namespacePath: string;
  private untouched = true;

  constructor(api: CollectorApi, run: CollectorRun, now: () => number) {
    this.api = api;
    this.run = run;
    this.now = now;
    this.namespacePath = `/api/v1/namespaces/${run.namespace}`;
    this.podsPath = `${this.namespacePath}/pods`;
  }

  /** Makes what is missing and removes what earlier runs left. Rejects with `ApiError`. */
  async prepare(options: CallOptions): Promise<void> {
    for (let round = 1; ; round += 1) {
      await this.makeNamespace(options);
      try {
        await this.removeLeftovers(options);
        await this.createOnce(`${this.namespacePath}/configmaps`, collectorScripts(this.run), options);
        return;
      } catch (error) {
        if (!isGoing(error) || round >= 3) throw error;
      }
    }
  }

  /** The pods of this run by name. */
  async pods(options: CallOptions = {}): Promise<ReadonlyMap<string, JsonObject>> {
    const pods = await this.list('pods', `${ours},${runLabel}=${this.run.id}`, options);
    return new Map(pods.map((pod) => [nameOf(pod), pod]));
  }

  /** Waits for the account that the controller manager gives a new namespace, without which no pod is admitted. */
  async createPod(pod: JsonObject, options: CallOptions): Promise<void> {
    for (let round = 1; ; round += 1) {
      try {
        await this.createOnce(this.podsPath, pod, options);
        return;
      } catch (error) {
        const isEarly =
          error instanceof ApiError && error.status === 403 && /serviceaccount .*not found/.test(error.message);
        if (!isEarly || round >= 40) throw error;
        await sleep(500, undefined, options.signal && { signal: options.signal });
      }
    }
  }

  /** `now` does not wait for the kubelet, which may be gone. */
  async removePod(name: string, when: 'soon' | 'now'): Promise<void> {
    await this.api.remove(`${this.podsPath}/${name}`, deletion(when === 'now' ? 0 : 1));
  }

  private async removeScripts(name: string, options: CallOptions = {}): Promise<void> {
    await this.api.remove(`${this.namespacePath}/configmaps/${name}`, deletion(0), options);
  }

  /**
   * Removes all of this run, and the namespace where a run of Bulwark made it and nothing else is in it. Does nothing where
   * nothing was made.
   */
  async clear(): Promise<void> {
    if (this.untouched) return;
    for (const name of (await this.pods()).keys()) await this.removePod(name, 'soon');
    await this.removeScripts(scriptName(this.run));
    await this.waitForPods();
    if (await this.isUnusedAndOurs()) await this.api.remove(this.namespacePath, deletion());
  }

  private async isUnusedAndOurs(): Promise<boolean> {
    const namespace = await this.readNamespace({});
    if (namespace === undefined || !isOurs(namespace)) return false;
    const scripts = await this.list('configmaps', ours, {});
    const isOther = (object: JsonObject): boolean => labelsOf(object).get(runLabel) !== this.run.id;
    if (scripts.some(isOther)) return false;
    return !(await this.list('pods', '', {})).some(isOther);
  }

  /** Until the kubelets have ended them; those that do not are removed without them. */
  private async waitForPods(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      if ((await this.pods()).size === 0) return;
      await sleep(500);
    }
    for (const name of (await this.pods()).keys()) await this.removePod(name, 'now');
  }

  private async makeNamespace(options: CallOptions): Promise<void> {
    for (let round = 0; ; round += 1) {
      const namespace = await this.readNamespace(options);
      const phase =
        namespace === undefined ? undefined : new Reader(namespace, [], []).object('status').string('phase');
      if (namespace === undefined) {
        await this.createOnce('/api/v1/namespaces', collectorNamespace(this.run.namespace), options);
        return;
      }
      if (phase !== 'Terminating') return;
      if (round >= 60) throw new ApiError('timeout', `the namespace ${this.run.namespace} is being deleted`);
      await sleep(1000, undefined, options.signal && { signal: options.signal });
    }
  }

  /** Undefined where it is not there, and where it may not be looked at: it is then tried to make it. */
  private async readNamespace(options: CallOptions): Promise<JsonObject | undefined> {
    try {
      return await this.api.get(this.namespacePath, options);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
      throw error;
    }
  }

  private async removeLeftovers(options: CallOptions): Promise<void> {
    const isPast = (time: number): boolean => time + graceMs < this.now();
    for (const pod of await this.list('pods', ours, options)) {
      const started = Date.parse(metadataOf(pod).string('creationTimestamp') ?? '');
      const seconds = new Reader(pod, [], []).object('spec').integer('activeDeadlineSeconds') ?? 0;
      if (isPast(started + seconds * 1000)) await this.removePod(nameOf(pod), 'now');
    }
    for (const scripts of await this.list('configmaps', ours, options)) {
      const expires = metadataOf(scripts).stringMap('annotations').get(expiresAnnotation) ?? '';
      if (isPast(Date.parse(expires))) await this.removeScripts(nameOf(scripts), options);
    }
  }

  private async list(resource: 'pods' | 'configmaps', selector: string, options: CallOptions): Promise<JsonObject[]> {
    const query = new URLSearchParams({ labelSelector: selector });
    const body = await this.api.get(`${this.namespacePath}/${resource}?${query}`, options);
    return new Reader(body, [], []).objects('items').map(({ raw }) => raw);
  }

  /** One that is there already was made by a request whose answer got lost, or by another run. */
  private async createOnce(path: string, object: JsonObject, options: CallOptions): Promise<void> {
    try {
      await this.api.create(path, object, options);
    } catch (error) {
      // Of what was not refused nobody knows whether it was made.
      if (!(error instanceof ApiError) || error.failure !== 'status') this.untouched = false;
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
    }
    this.untouched = false;
  }
}

/** Another run, at its end, removed the namespace meanwhile. */
function isGoing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 404 || (error.status === 403 && /is being terminated/.test(error.message));
}

function deletion(graceSeconds?: number): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
  };
}

function metadataOf(object: JsonObject): Reader {
  return new Reader(object, [], []).object('metadata');
}

function nameOf(object: JsonObject): string {
  return metadataOf(object).string('name') ?? '';
}

function labelsOf(object: JsonObject): ReadonlyMap<string, string> {
  return metadataOf(object).stringMap('labels');
}

function isOurs(namespace: JsonObject): boolean {
  const labels = labelsOf(namespace);
  return Object.entries(collectorLabels).every(([key, value]) => labels.get(key) === value);
}
