import type { AnyControl } from '../controls/control.ts';
import type { ClusterView } from '../model/admission.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { pause } from '../watch/backoff.ts';
import { followKeyFiles, type KeyFiles } from './certificates/served-files.ts';
import { certificatesIn } from './certificates/trust.ts';
import type { KubeApi } from './cluster/kube-api.ts';
import { LiveView } from './cluster/live-view.ts';
import { readPods } from './cluster/read-pods.ts';
import type { Log } from './log.ts';
import { WebhookMetrics } from './metrics.ts';
import { PolicySource } from './policy-source.ts';
import type { WebhookNames } from './registration/names.ts';
import { RegistrationObserver } from './registration/observer.ts';
import { PolicyReporter } from './reports/reporter.ts';
import { createReviewer } from './reviewer.ts';
import { type AdmissionServer, type AdmissionServerOptions, startAdmissionServer } from './server/admission-server.ts';
import { Callers } from './server/callers.ts';
import { startProbeServer } from './server/probe-server.ts';
import { startThreadedServer } from './server/threaded-server.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export interface WebhookOptions {
  readonly listen: Listen;
  readonly probes: Listen | undefined;
  readonly keyFiles: KeyFiles;
  readonly clientNames: ReadonlySet<string>;
  readonly policies: readonly string[];
  readonly controls: readonly AnyControl[];
  /** Undefined: what the policies ask of the cluster is unread, and nobody looks at how the webhook is registered. */
  readonly cluster: { readonly api: KubeApi; readonly names: WebhookNames; readonly serverName: string } | undefined;
  readonly reports: boolean;
  readonly logged: 'refusals' | 'all';
  readonly log: Log;
  readonly now: () => Date;
  /** How often files and configurations are looked at, in milliseconds. */
  readonly lookEvery: number;
  /** Before it stops taking calls, and then at most until the last is answered, in milliseconds. */
  readonly stopping: { readonly delay: number; readonly longest: number };
  /** The bundle of the server's thread; undefined: the server runs in the thread that decides. */
  readonly serverThread: URL | undefined;
  /** When it is ready for the first time. */
  readonly onReady?: () => void;
  readonly onListening: (where: { readonly reviews: string; readonly probes: string | undefined }) => void;
}

/**
 * Serves admission reviews until `signal` is aborted, then drains. Throws `usage` for an address that cannot be had.
 * It starts without a certificate or policies as well, and is not ready then: whoever brings them may come later.
 */
export async function runWebhook(options: WebhookOptions, signal: AbortSignal): Promise<void> {
  const { log, now, cluster } = options;
  const milliseconds = (): number => now().getTime();
  const keys = followKeyFiles(options.keyFiles);
  const ending = new AbortController();
  const running: Promise<void>[] = [];
  let view: ClusterView & Partial<Pick<LiveView, 'staleSeconds' | 'isComplete'>> = nothingKnown;
  const source = new PolicySource({
    paths: options.policies,
    controls: options.controls,
    serverMinor: () => view.serverMinor,
    now,
  });
  const observer = cluster && new RegistrationObserver(cluster);
  const callers = new Callers(milliseconds);
  let server: AdmissionServer | undefined;
  let isStopping = false;
  let wasReady = false;

  const followCluster = (): void => {
    const needs = source.current?.needs();
    if (cluster === undefined || needs === undefined) return;
    if (view instanceof LiveView && view.covers(needs)) return;
    const before = views;
    views = new AbortController();
    const live = new LiveView({
      api: cluster.api,
      kinds: needs.filter(({ group, kind }) => group !== '' || kind !== 'Pod'),
      now: milliseconds,
      onTrouble: (what, reason) => log.write('warning', 'the API server does not answer', { what, reason }),
    });
    // The old view answers until the new one knows as much.
    if (view === nothingKnown) view = live;
    running.push(live.run(AbortSignal.any([views.signal, ending.signal])));
    void live.filled.then(() => {
      if (ending.signal.aborted) return;
      view = live;
      before.abort();
    });
  };
  let views = new AbortController();

  const unready = (): readonly string[] => {
    if (isStopping) return ['it is stopping'];
    const reasons: string[] = [];
    if (keys.keys === undefined) reasons.push(`no certificate to serve: ${keys.problem}`);
    else if (server === undefined) reasons.push('it does not listen yet');
    if (source.current === undefined) reasons.push(...source.problems.map((problem) => `no policies: ${problem}`));
    if (view.isComplete === false) for (const [kind, reason] of view.unread) reasons.push(`${kind}: ${reason}`);
    const chain = keys.keys === undefined ? undefined : String(keys.keys.cert);
    const untrusted = chain === undefined ? undefined : observer?.whyUntrusted(chain, milliseconds());
    if (untrusted !== undefined) reasons.push(untrusted);
    return reasons;
  };
  const warnings = (): readonly string[] => [
    ...(source.current === undefined
      ? []
      : source.problems.map((text) => `the last good policies are in force: ${text}`)),
    ...(keys.keys === undefined || keys.problem === undefined
      ? []
      : [`the last good certificate is served: ${keys.problem}`]),
    ...(observer?.problem === undefined ? [] : [observer.problem]),
    ...(observer?.warnings ?? []),
    ...(callers.warning === undefined ? [] : [callers.warning]),
    ...(callers.pressure === undefined ? [] : [callers.pressure]),
  ];
  const metrics = new WebhookMetrics({
    load: () => server?.load() ?? { bytes: 0, waiting: 0 },
    stale: () => (view instanceof LiveView ? view.staleSeconds() : []),
    arePoliciesCurrent: () => source.problems.length === 0,
    isReady: () => unready().length === 0,
    isUnlocked: () => {
      const until = observer?.unlock?.until;
      return until !== undefined && milliseconds() < until;
    },
    certificateEnd: () => {
      const [leaf] = keys.keys === undefined ? [] : certificatesIn(String(keys.keys.cert));
      return leaf === undefined ? undefined : Date.parse(leaf.validTo) / 1000;
    },
  });
  const reporter =
    options.reports && cluster !== undefined
      ? new PolicyReporter({ api: cluster.api, log, now, onWrite: (result) => metrics.reportWritten(result) })
      : undefined;
  const review = createReviewer({
    decisions: () => source.current,
    view: {
      namespace: (name) => view.namespace(name),
      objects: (group, kind) => view.objects(group, kind),
      get unread() {
        return view.unread;
      },
      get serverMinor() {
        return view.serverMinor;
      },
    },
    podsOf: cluster && ((namespace) => readPods(cluster.api, namespace)),
    namespaceOf: cluster && ((name) => cluster.api.find(`/api/v1/namespaces/${encodeURIComponent(name)}`)),
    unlock: () => observer?.unlock,
    log,
    logged: options.logged,
    metrics,
    onDecided: reporter && ((request, decision) => reporter.decided(request, decision)),
    now: milliseconds,
  });

  const look = async (): Promise<void> => {
    const refreshed = await source.refresh();
    if (refreshed === 'changed') {
      log.write('info', 'policies in force', { notes: source.notes });
      followCluster();
    } else if (refreshed === 'recompiled') {
      followCluster();
    } else if (refreshed === 'refused') {
      const kept = source.current === undefined ? 'there are none' : 'the last good ones stay in force';
      log.write('error', `the policies cannot be used: ${kept}`, { problems: source.problems });
    }
    if (await keys.refresh()) {
      if (server !== undefined && keys.keys !== undefined) server.renew(keys.keys);
      if (server !== undefined) log.write('info', 'the new certificate is served');
    }
    await observer?.refresh();
  };

  const failing = new AbortController();
  const start = (asked: AdmissionServerOptions): Promise<AdmissionServer> =>
    options.serverThread === undefined
      ? startAdmissionServer(asked)
      : startThreadedServer({ ...asked, thread: options.serverThread, onFailed: (error) => failing.abort(error) });
  const ended = AbortSignal.any([signal, failing.signal]);
  const probes =
    options.probes &&
    (await startProbeServer({
      ...options.probes,
      metrics: () => metrics.registry.metrics(),
      unready,
      warnings,
    }));
  try {
    while (!ended.aborted) {
      await look();
      if (server === undefined && keys.keys !== undefined) {
        server = await start({
          ...options.listen,
          keys: keys.keys,
          clientNames: options.clientNames,
          review,
          onTurned: (turned, reason) => {
            metrics.turnedAway(turned);
            if (turned === 'no-certificate' || turned === 'forbidden') callers.turnAway(reason);
            if (turned === 'late' || turned === 'shed') callers.cutOff(reason);
            log.write(turned === 'failed' ? 'error' : 'warning', 'a call was turned away', { turned, reason });
          },
          onAnswered: (answered) => {
            metrics.answered(answered);
            if (answered.status === 200) callers.letIn();
          },
        });
        options.onListening({
          reviews: textOf(server.address),
          probes: probes === undefined ? undefined : textOf(probes.address),
        });
      }
      if (!wasReady && unready().length === 0) {
        wasReady = true;
        options.onReady?.();
      }
      // Until it can serve it looks more often: somebody waits for it.
      await pause(unready().length > 0 ? Math.min(options.lookEvery, 500) : options.lookEvery, ended);
    }
    failing.signal.throwIfAborted();
    isStopping = true;
    log.write('info', 'stopping: calls that have come are answered');
    await server?.stop(options.stopping);
  } finally {
    ending.abort();
    await Promise.allSettled(running);
    await reporter?.flush();
    await probes?.close();
    await cluster?.api.close();
  }
}

const nothingKnown: ClusterView = {
  namespace: () => undefined,
  objects: (): readonly KubeObject[] => [],
  unread: new Map([['/Namespace', 'there is no cluster to ask']]),
  serverMinor: undefined,
};

function textOf({ address, family, port }: { address: string; family: string; port: number }): string {
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
