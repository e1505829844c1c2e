import { describe, expect, it } from 'vitest';
import type { WebhookRules } from '../../admission/webhook-rules.ts';
import { ApiError } from '../../collect/cluster/api-error.ts';
import type { JsonObject } from '../../model/json.ts';
import { certificatesIn, whyUntrusted } from '../certificates/trust.ts';
import type { Call, KubeApi } from '../cluster/kube-api.ts';
import { defaultNames } from '../registration/names.ts';
import { readRegistered } from '../registration/registered.ts';
import { Keeper } from './keeper.ts';

const pods = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['pods'],
  scope: 'Namespaced',
} as const;
const all = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], scope: '*' } as const;
const rules: WebhookRules = {
  enforced: [pods, all],
  advisory: [],
  mutating: [],
  refusing: [
    { policy: 'Pod Security', rules: [pods] },
    { policy: 'ValidatingAdmissionPolicy all', rules: [all] },
  ],
  exempt: ['calico-system'],
};
const hour = 3_600_000;
const reached = 'admission webhook "probe.webhook.bulwark.dev" denied the request: bulwark webhook: reached';
const refused = 'failed calling webhook "probe.webhook.bulwark.dev": connection refused';
const noCertificate =
  'failed calling webhook "probe.webhook.bulwark.dev": Post "https://x": remote error: tls: certificate required';
const configuration = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/bulwark-webhook';
const served = '/api/v1/namespaces/bulwark/secrets/bulwark-webhook-tls';

/** Objects with versions, as the API server keeps them. */
class FakeApi {
  readonly objects = new Map<string, JsonObject>();
  /** Called before a write, so that somebody else can be faster. */
  before: ((call: Call) => void) | undefined;
  private version = 0;

  constructor(minor: string) {
    const empty = [
      configuration,
      configuration.replace('validating', 'mutating'),
      served,
      served.replace('tls', 'authority'),
    ];
    for (const path of empty) this.put(path, { metadata: { name: path.split('/').at(-1) ?? '' } });
    this.put('/version', { minor });
    for (const name of ['bulwark', 'kube-system']) this.label(name, name);
  }

  label(namespace: string, label: string): void {
    const metadata = { name: namespace, labels: { 'kubernetes.io/metadata.name': label } };
    this.put(`/api/v1/namespaces/${namespace}`, { metadata });
  }

  /** Those with a label; the selector is not looked at. */
  private namespaces(): readonly JsonObject[] {
    return [...this.objects]
      .filter(([path]) => path.startsWith('/api/v1/namespaces/') && path.split('/').length === 5)
      .map(([, object]) => object);
  }

  labelOf(namespace: string): unknown {
    const metadata = this.objects.get(`/api/v1/namespaces/${namespace}`)?.['metadata'] as JsonObject | undefined;
    return (metadata?.['labels'] as JsonObject | undefined)?.['kubernetes.io/metadata.name'];
  }

  put(path: string, object: JsonObject): void {
    this.version += 1;
    const metadata = { ...(object['metadata'] as JsonObject), resourceVersion: String(this.version) };
    this.objects.set(path, { ...object, metadata });
  }

  /** What became of the last probe, in the words of the API server; undefined lets the event in. */
  probe: string | undefined = reached;
  /** Why no namespace can be changed. */
  unpatchable: string | undefined;

  /** Why namespaces cannot be listed. */
  unlistable: string | undefined;

  async find(path: string): Promise<JsonObject | undefined> {
    return this.objects.get(path);
  }

  async get(path: string): Promise<JsonObject> {
    if (path.startsWith('/api/v1/namespaces?') && this.unlistable !== undefined) {
      throw new ApiError('status', this.unlistable, { status: 403 });
    }
    if (path.startsWith('/api/v1/namespaces?')) return { items: this.namespaces() };
    const found = this.objects.get(path);
    if (found === undefined) throw new ApiError('status', 'not found', { status: 404 });
    return found;
  }

  async call(call: Call): Promise<JsonObject> {
    const body = call.body as JsonObject;
    if (call.path === '/api/v1/namespaces/bulwark/events?dryRun=All') {
      if (this.probe === undefined) return body;
      throw new ApiError('status', this.probe, { status: 500 });
    }
    this.before?.(call);
    if (call.method === 'PATCH') {
      if (this.unpatchable !== undefined) throw new ApiError('status', this.unpatchable, { status: 500 });
      this.label(call.path.split('/').at(-1) ?? '', call.path.split('/').at(-1) ?? '');
      return {};
    }
    const read = (object: JsonObject | undefined) =>
      (object?.['metadata'] as JsonObject | undefined)?.['resourceVersion'];
    if (read(body) !== read(this.objects.get(call.path))) throw new ApiError('status', 'conflict', { status: 409 });
    this.put(call.path, body);
    return body;
  }
}

interface Setting {
  readonly minor?: string;
  readonly rules?: () => WebhookRules | undefined;
}

function setting({ minor = '30', rules: active = () => rules }: Setting = {}) {
  const api = new FakeApi(minor);
  const lines: string[] = [];
  const state = { now: Date.parse('2026-11-21T00:00:00Z'), unreachable: undefined as string | undefined };
  const make = (): Keeper =>
    new Keeper({
      api: api as unknown as KubeApi,
      names: defaultNames,
      target: { service: { namespace: 'bulwark', name: 'bulwark-webhook', port: 443 } },
      lives: { authority: 300 * hour, leaf: 30 * hour, overlap: hour },
      rules: active,
      exempt: ['kube-system'],
      timeoutSeconds: 5,
      log: {
        write: (_level, message, fields) => lines.push(`${message}: ${fields?.['hooks'] ?? ''}`.replaceAll(',', ', ')),
      },
      now: () => state.now,
      unreachable: async () => state.unreachable,
    });
  const hooks = () => readRegistered(api.objects.get(configuration) ?? {}).hooks;
  const leaf = (): string => {
    const data = api.objects.get(served)?.['data'] as JsonObject | undefined;
    return Buffer.from(String(data?.['tls.crt'] ?? ''), 'base64').toString();
  };
  return { api, state, lines, keeper: make(), another: make(), hooks, leaf };
}

describe('a keeper', () => {
  it('registers hooks that fail open, and closed once a server answers', async () => {
    const { api, keeper, hooks } = setting();
    api.probe = refused;
    await keeper.round();
    await keeper.round();
    expect(hooks().map(({ name, failurePolicy }) => [name, failurePolicy])).toEqual([
      ['enforce.webhook.bulwark.dev', 'Ignore'],
      ['advise.webhook.bulwark.dev', 'Ignore'],
      ['probe.webhook.bulwark.dev', 'Fail'],
    ]);
    expect(readRegistered(api.objects.get(configuration) ?? {}).failsOpen).toBe(
      `no call of the API server gets in: ${refused}`,
    );
    api.probe = undefined;
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Ignore');
    api.probe = reached;
    await keeper.round();
    // The rule that matches everything stands in the hook that stays open.
    expect(hooks().map(({ failurePolicy }) => failurePolicy)).toEqual(['Fail', 'Ignore', 'Fail']);
    expect(readRegistered(api.objects.get(configuration) ?? {}).failsOpen).toBeUndefined();
    api.probe = refused;
    for (let round = 0; round < 5; round += 1) await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Fail');
  });

  it('does not fail closed while an exempt namespace lacks its label, and guards the label of old servers', async () => {
    const { api, keeper, hooks } = setting({ minor: '20' });
    api.label('kube-system', '');
    api.unpatchable = 'forbidden';
    await keeper.round();
    await keeper.round();
    expect(hooks().map(({ name, failurePolicy }) => `${name.split('.')[0]} ${failurePolicy}`)).toEqual([
      'guard Ignore',
      'enforce Ignore',
      'advise Ignore',
      'probe Fail',
    ]);
    expect(keeper.problems).toEqual([
      'namespace kube-system has no label kubernetes.io/metadata.name=kube-system, by which it is exempt, and the label cannot be set: forbidden',
    ]);
    api.unpatchable = undefined;
    await keeper.round();
    expect(hooks().map(({ failurePolicy }) => failurePolicy)).toEqual(['Fail', 'Fail', 'Ignore', 'Fail']);
    expect(keeper.problems).toEqual([]);
  });

  it('opens the hooks that closed, where an exempt namespace lost its label and no server lets it be set', async () => {
    const { api, keeper, hooks } = setting({ minor: '20' });
    const policies = () => hooks().map(({ failurePolicy }) => failurePolicy);
    await keeper.round();
    await keeper.round();
    expect(policies()).toEqual(['Fail', 'Fail', 'Ignore', 'Fail']);
    // A server that goes away together with the label: the guard stops who would set it.
    api.label('kube-system', '');
    api.probe = refused;
    api.unpatchable = 'failed calling webhook "guard.webhook.bulwark.dev": connection refused';
    await keeper.round();
    expect(policies()).toEqual(['Ignore', 'Ignore', 'Ignore', 'Fail']);
    api.unpatchable = undefined;
    await keeper.round();
    expect([api.labelOf('kube-system'), ...policies()]).toEqual(['kube-system', 'Ignore', 'Ignore', 'Ignore', 'Fail']);
  });

  it('registers hooks that fail open where it may not look at the labels of namespaces', async () => {
    const { api, keeper, hooks } = setting({ minor: '20' });
    api.unlistable = 'namespaces is forbidden';
    await keeper.round();
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Ignore');
    expect(keeper.problems).toEqual(['nobody knows which namespaces are exempt: namespaces is forbidden']);
  });

  it('stays closed where a lost label can be set at once, and sets the label right that another took', async () => {
    const { api, keeper, hooks } = setting({ minor: '20' });
    await keeper.round();
    await keeper.round();
    api.probe = refused;
    api.label('kube-system', '');
    api.label('shop', 'kube-system');
    await keeper.round();
    expect([api.labelOf('kube-system'), api.labelOf('shop')]).toEqual(['kube-system', 'shop']);
    expect(hooks()[0]?.failurePolicy).toBe('Fail');
  });

  it('opens the hooks where servers go on turning the API server away, and not for a single call', async () => {
    const { api, keeper, state, hooks } = setting();
    await keeper.round();
    await keeper.round();
    api.probe = noCertificate;
    await keeper.round();
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Fail');
    expect(keeper.problems).toEqual([`no call of the API server gets in: ${noCertificate}`]);
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Ignore');
    api.probe = reached;
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Fail');
    // Who says so is no server of ours.
    api.probe = noCertificate;
    state.unreachable = 'another certificate';
    for (let round = 0; round < 5; round += 1) await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Fail');
  });

  it('writes nothing when nothing is due', async () => {
    const { api, keeper } = setting();
    await keeper.round();
    await keeper.round();
    api.before = ({ path }) => expect.fail(`it wrote ${path}`);
    await keeper.round();
  });

  it('leaves out what the policies exempt, and goes on doing so while they cannot be read', async () => {
    let active: WebhookRules | undefined = rules;
    const { keeper, hooks } = setting({ rules: () => active });
    await keeper.round();
    const exempt = ['bulwark', 'kube-system', 'calico-system'];
    expect(hooks().map((hook) => hook.exempt)).toEqual([exempt, exempt, []]);
    active = undefined;
    await keeper.round();
    expect(hooks()[0]?.exempt).toEqual(exempt);
    active = { ...rules, exempt: [] };
    await keeper.round();
    expect(hooks()[0]?.exempt).toEqual(['bulwark', 'kube-system']);
  });

  it('says which policies fail open, and in the log how each hook fails', async () => {
    let active: WebhookRules = { ...rules, mutating: [pods] };
    const { api, keeper, lines } = setting({ rules: () => active });
    await keeper.round();
    await keeper.round();
    const notes = () => readRegistered(api.objects.get(configuration) ?? {}).notes;
    expect(notes()).toEqual([
      expect.stringMatching(/^ValidatingAdmissionPolicy all: \*\/\*: .*let through while no server/),
    ]);
    expect(lines.filter((line) => line.includes('registered'))).toEqual([
      'validating webhooks registered: enforce.webhook.bulwark.dev Ignore, advise.webhook.bulwark.dev Ignore, probe.webhook.bulwark.dev Fail',
      'mutating webhooks registered: harden.webhook.bulwark.dev Ignore',
      'validating webhooks registered: enforce.webhook.bulwark.dev Fail, advise.webhook.bulwark.dev Ignore, probe.webhook.bulwark.dev Fail',
    ]);
    active = { ...rules, refusing: [] };
    await keeper.round();
    expect(notes()).toEqual([]);
  });

  it('leaves what is registered as it is while the policies cannot be read, but for the bundle', async () => {
    let active: WebhookRules | undefined = rules;
    const { api, keeper, hooks } = setting({ rules: () => active });
    await keeper.round();
    await keeper.round();
    active = undefined;
    const found = api.objects.get(configuration) as JsonObject;
    const broken = (found['webhooks'] as JsonObject[]).map((hook) => ({
      ...hook,
      clientConfig: { caBundle: '', url: 'x' },
    }));
    api.put(configuration, { ...found, webhooks: broken });
    await keeper.round();
    expect(hooks().map(({ failurePolicy }) => failurePolicy)).toEqual(['Fail', 'Ignore', 'Fail']);
    expect(certificatesIn(hooks()[0]?.bundle ?? '')).toHaveLength(1);
  });

  it('loses a race and goes on from what the other wrote', async () => {
    const { api, keeper, another, hooks, leaf } = setting();
    let raced = false;
    api.before = () => {
      if (raced) return;
      raced = true;
      // Somebody touches every object in between.
      for (const [path, object] of [...api.objects]) api.put(path, object);
    };
    await keeper.round();
    expect(leaf()).toBe('');
    await Promise.all([keeper.round(), another.round()]);
    await Promise.all([keeper.round(), another.round()]);
    await keeper.round();
    const now = Date.parse('2026-11-21T00:00:00Z');
    const name = 'bulwark-webhook.bulwark.svc';
    expect(whyUntrusted(hooks()[0]?.bundle ?? '', { chain: leaf(), name, now })).toBeUndefined();
  });

  it('has what is served trusted by what is published, over authorities that come and go', async () => {
    const { keeper, state, hooks, leaf } = setting();
    const authorities = new Set<string>();
    for (let round = 0; round < 120; round += 1) {
      await keeper.round();
      const bundle = hooks()[0]?.bundle ?? '';
      for (const { fingerprint256 } of certificatesIn(bundle)) authorities.add(fingerprint256);
      const served = { chain: leaf(), name: 'bulwark-webhook.bulwark.svc', now: state.now };
      expect(whyUntrusted(bundle, served), `round ${round}`).toBeUndefined();
      state.now += 5 * hour;
    }
    expect(authorities.size).toBeGreaterThanOrEqual(3);
  }, 60_000);

  it('ends an unlock when its time is over, and only closes where a server answers', async () => {
    const { api, keeper, state, hooks } = setting();
    await keeper.round();
    await keeper.round();
    const found = api.objects.get(configuration) as JsonObject;
    const annotations = { 'bulwark.dev/unlocked-until': new Date(state.now + hour).toISOString() };
    api.put(configuration, { ...found, metadata: { ...(found['metadata'] as JsonObject), annotations } });
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Ignore');
    state.now += 2 * hour;
    api.probe = refused;
    await keeper.round();
    expect(readRegistered(api.objects.get(configuration) ?? {})).toMatchObject({ unlock: undefined });
    expect(hooks()[0]?.failurePolicy).toBe('Ignore');
    api.probe = reached;
    await keeper.round();
    expect(hooks()[0]?.failurePolicy).toBe('Fail');
  });
});
