import { whyUntrusted } from '../certificates/trust.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { nameLabelsOf, wrongLabels } from './name-labels.ts';
import { type ConfigurationKind, configurationKinds, configurationPath, type WebhookNames } from './names.ts';
import { type Registered, readRegistered, type Unlock } from './registered.ts';

export interface ObserverOptions {
  readonly api: KubeApi;
  readonly names: WebhookNames;
  /** What the API server asks the certificate for. */
  readonly serverName: string;
}

/** What a server sees of how it is registered. Reads only. */
export class RegistrationObserver {
  private readonly options: ObserverOptions;
  private readonly found = new Map<ConfigurationKind, Registered>();
  private labels: readonly string[] = [];
  private failure: string | undefined = 'the webhook configurations were not read yet';

  constructor(options: ObserverOptions) {
    this.options = options;
  }

  /** Reads both configurations again. What cannot be read now stays as it was. */
  async refresh(): Promise<void> {
    const { api, names } = this.options;
    try {
      for (const kind of configurationKinds) {
        const configuration = await api.find(configurationPath(kind, names));
        if (configuration === undefined) this.found.delete(kind);
        else this.found.set(kind, readRegistered(configuration));
      }
      const hooks = [...this.found.values()].flatMap((registered) => registered.hooks);
      this.labels = (await wrongLabels(api, nameLabelsOf(hooks))).map(({ problem }) => problem);
      this.failure = undefined;
    } catch (error) {
      this.failure = `the webhook configurations cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Why the last look failed; what was seen before still counts. */
  get problem(): string | undefined {
    return this.failure;
  }

  /** Why requests may not be refused, or be refused that ought not to be, as of the last look. */
  get warnings(): readonly string[] {
    const because = this.found.get('validating')?.failsOpen;
    return [...(because === undefined ? [] : [`the webhook fails open: ${because}`]), ...this.labels];
  }

  get unlock(): Unlock | undefined {
    return this.found.get('validating')?.unlock;
  }

  /** Why API servers would refuse the certificate that is served, or nobody knows; undefined where they would not. */
  whyUntrusted(chain: string, now: number): string | undefined {
    if (this.found.size === 0 && this.failure !== undefined) return this.failure;
    for (const { hooks } of this.found.values()) {
      for (const { name, bundle } of hooks) {
        const reason = whyUntrusted(bundle, { chain, name: this.options.serverName, now });
        if (reason !== undefined) return `API servers cannot call ${name}: ${reason}`;
      }
    }
    return undefined;
  }
}
