import { isIP } from 'node:net';
import { type Listener, listenerOf, type ProbeRequest, usualListeners } from '../../semantics/probe/listeners.ts';
import type { IdentityAnswers, Observation, ProbeAnswer, ProbeTarget } from '../../semantics/probe/observation.ts';
import { identifyingRequests, recognise } from '../../semantics/probe/recognise.ts';
import { refusesWithoutCertificate } from '../../semantics/probe/tls-alert.ts';
import { forEachLimited } from '../cluster/concurrency.ts';
import { askAs } from './ask-as.ts';
import type { Endpoint } from './endpoint.ts';
import { sayHello } from './hello.ts';
import type { Authority, Credentials, Identity } from './identity.ts';
import { Pace } from './pace.ts';
import { askAsNobody } from './request.ts';
import { resolveHost } from './resolve-host.ts';
import { firstOffer, readTls } from './tls-facts.ts';

export interface ProbeOptions {
  /** For one connection, from its start to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** Connections a second to one host. */
  readonly rate: number;
  /** For everything, in milliseconds. */
  readonly totalMs: number;
  /** What certificates are verified against; also without credentials. */
  readonly authority?: Authority | undefined;
  /** Sent only to servers whose certificate verifies against `authority`; without one, to none. */
  readonly credentials?: Credentials | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: { readonly done: number; readonly total: number }) => void) | undefined;
}

const hostsAtATime = 16;
const portsAtATime = 6;
/** Requests in a row without an answer after which a listener is left alone. */
const mostTimeouts = 2;

/**
 * Looks at every target and says what was seen, in the order given. Only GET requests and unfinished handshakes are
 * sent, only to these targets, redirects are not followed. What cannot be reached is an observation too, and so is what
 * time or the signal kept from being looked at. Rejects only for a defect of its own.
 */
export async function probeTargets(
  targets: readonly ProbeTarget[],
  options: ProbeOptions,
): Promise<readonly Observation[]> {
  const observations = new Map<ProbeTarget, Observation>();
  const late = AbortSignal.timeout(options.totalMs);
  const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
  const run = { options, signal };
  const paces = new Map<string, Pace>();
  // Two names of one machine share its rate.
  const paceOf = (address: string): Pace => {
    const pace = paces.get(address) ?? new Pace(options.rate);
    paces.set(address, pace);
    return pace;
  };
  await forEachLimited([...byHost(targets)], hostsAtATime, async ([host, ports]) => {
    const resolved = await unlessAborted(signal, () => resolveHost(host, { timeoutMs: options.timeoutMs, signal }));
    await forEachLimited(ports, portsAtATime, async (target) => {
      if (resolved !== undefined && 'reason' in resolved) {
        observations.set(target, { target, reach: 'unresolved', reason: resolved.reason, answers: [] });
      } else if (resolved !== undefined) {
        const pace = paceOf(resolved.address);
        const look = new Look(target, endpointOf(target, resolved.address, { pace, run }), options);
        await unlessAborted(signal, () => look.take());
        if (look.observation !== undefined) observations.set(target, look.observation);
      }
      options.onProgress?.({ done: observations.size, total: targets.length });
    });
  });
  return targets.map((target) => observations.get(target) ?? { target, reach: 'skipped', answers: [] });
}

function byHost(targets: readonly ProbeTarget[]): ReadonlyMap<string, ProbeTarget[]> {
  const hosts = new Map<string, ProbeTarget[]>();
  for (const target of targets) {
    const known = hosts.get(target.host);
    if (known === undefined) hosts.set(target.host, [target]);
    else known.push(target);
  }
  return hosts;
}

/** What the work gives, or nothing where the run ended. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

interface HostContext {
  readonly pace: Pace;
  readonly run: { readonly options: ProbeOptions; readonly signal: AbortSignal };
}

function endpointOf({ host, port, node }: ProbeTarget, address: string, { pace, run }: HostContext): Endpoint {
  return {
    address,
    port,
    host,
    serverName: isIP(host) === 0 ? host : undefined,
    names: node === undefined ? [host] : [host, node],
    timeoutMs: run.options.timeoutMs,
    pace,
    signal: run.signal,
  };
}

/** One target while it is looked at. `observation` has what was seen so far, also when the work is cut short. */
class Look {
  observation: Observation | undefined;
  private readonly target: ProbeTarget;
  private readonly endpoint: Endpoint;
  private readonly options: ProbeOptions;
  private readonly answers: ProbeAnswer[] = [];
  private timeouts = 0;

  constructor(target: ProbeTarget, endpoint: Endpoint, options: ProbeOptions) {
    this.target = target;
    this.endpoint = endpoint;
    this.options = options;
  }

  async take(): Promise<void> {
    const { target, endpoint } = this;
    const first = await sayHello(endpoint, firstOffer);
    const { reach, reason, flight } = first;
    const found = { target, address: endpoint.address, reach, answers: this.answers };
    this.observation = { ...found, ...(reason !== undefined && { reason }) };
    if (reach !== 'open') return;
    this.observation = { ...found, cut: true };
    const transport = flight.speaks === 'tls' ? 'tls' : 'plain';
    this.note({ transport });
    if (transport === 'tls') this.note({ tls: await readTls(endpoint, first) });
    await this.askAround(transport);
    this.noteRefusal();
    if (transport === 'plain' && !this.answers.some(({ outcome }) => outcome.kind === 'http'))
      this.note({ transport: this.timeouts > 0 ? 'silent' : 'other' });
    const { credentials, authority } = this.options;
    if (credentials !== undefined && authority !== undefined && transport === 'tls')
      await this.askWith(credentials, authority);
    const { cut: _, ...whole } = this.observation;
    this.observation = whole;
  }

  /** Finds out what listens, then asks what there is to ask of it. */
  private async askAround(transport: 'tls' | 'plain'): Promise<void> {
    const named = listenerOf(this.target.listener);
    const expected = named === undefined ? usualListeners(this.target.port) : [named];
    const [only] = expected;
    // Many requests to a stranger would be rude: the first few tell whether it is what is expected.
    const opening = expected.length === 1 && only !== undefined ? only.requests.slice(0, 4) : identifyingRequests;
    await this.askAll(opening, transport);
    const id = recognise({ transport, tls: this.observation?.tls, answers: this.answers }, expected);
    if (id === undefined) return;
    this.note({ listener: id });
    await this.askAll(listenerOf(id)?.requests ?? [], transport);
  }

  private async askAll(requests: readonly ProbeRequest[], transport: 'tls' | 'plain'): Promise<void> {
    for (const { path, headers, hostHeader } of requests) {
      if (this.timeouts >= mostTimeouts || this.isShut()) return;
      if (this.answers.some((answer) => answer.path === path && answer.hostHeader === hostHeader)) continue;
      const question = { transport, path, headers, hostHeader };
      const { outcome, verified } = await askAsNobody(this.endpoint, question, this.options.authority);
      this.answers.push({ path, outcome, ...(hostHeader !== undefined && { hostHeader }) });
      if (outcome.kind === 'timeout') this.timeouts += 1;
      const tls = this.observation?.tls;
      if (verified !== undefined && tls !== undefined) this.note({ tls: { ...tls, verified } });
    }
  }

  /** A server that wants a client certificate, or speaks no HTTP, says the same to every request. */
  private isShut(): boolean {
    const [first] = this.answers;
    if (first === undefined) return false;
    const { kind } = first.outcome;
    return kind === 'tls-alert' || kind === 'not-http' || (kind === 'closed' && this.answers.length >= 2);
  }

  private async askWith(credentials: Credentials, authority: Authority): Promise<void> {
    const path = comparedPath(listenerOf(this.observation?.listener));
    const nobody = this.answers.find((answer) => answer.path === path)?.outcome;
    if (path === undefined || nobody === undefined) return;
    const ask = async (identity: Identity, headers: Readonly<Record<string, string>>) =>
      await askAs(this.endpoint, { path, identity, authority, headers });
    const given = { how: 'own', outcome: await ask(credentials.given, {}) } as const;
    const identities: IdentityAnswers = { path, nobody, given };
    this.note({ identities });
    if (credentials.weak !== undefined) {
      this.note({ identities: { ...identities, weak: { how: 'own', outcome: await ask(credentials.weak, {}) } } });
    } else if (this.observation?.listener === 'kube-apiserver' && mayImpersonate(credentials.given)) {
      const outcome = await ask(credentials.given, { 'impersonate-user': impersonated });
      // A refusal of the given identity itself says only that it may not impersonate.
      const { status, signs } = outcome.kind === 'http' ? outcome : {};
      if (status === 200 || (status === 403 && signs?.user === impersonated))
        this.note({ identities: { ...identities, weak: { how: 'impersonated', outcome } } });
    }
  }

  /** On a slow network the refusal may come later than the handshake was waited for, but in answer to a request. */
  private noteRefusal(): void {
    const tls = this.observation?.tls;
    const outcome = this.answers[0]?.outcome;
    if (tls?.clientCertificate !== 'asked' || outcome?.kind !== 'tls-alert') return;
    if (refusesWithoutCertificate(outcome.alert))
      this.note({ tls: { ...tls, clientCertificate: 'required', alert: outcome.alert } });
  }

  private note(more: Partial<Pick<Observation, 'transport' | 'tls' | 'listener' | 'identities'>>): void {
    if (this.observation !== undefined) this.observation = { ...this.observation, ...more };
  }
}

/** Nobody has this name, and so only the rights of every authenticated user. */
const impersonated = 'bulwark-probe:without-rights';

function mayImpersonate({ headers }: Identity): boolean {
  return !Object.keys(headers).some((name) => /^impersonate-/i.test(name));
}

/** What is asked as everyone: it reads, and no role gives it to every authenticated user. */
function comparedPath(listener: Listener | undefined): string | undefined {
  if (listener?.id === 'kubelet') return '/pods';
  return listener?.id === 'kube-apiserver' ? '/api/v1/namespaces?limit=1' : undefined;
}
