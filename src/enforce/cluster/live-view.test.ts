import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { KubeApi } from './kube-api.ts';
import { LiveView } from './live-view.ts';

const ending: (() => void)[] = [];

afterEach(() => {
  for (const end of ending.splice(0)) end();
});

const named = (name: string, version: number, labels: JsonObject = {}): JsonObject => ({
  metadata: { name, resourceVersion: String(version), labels, managedFields: [{ manager: 'x' }] },
});

/** As much of an API server as a view asks, whose answers tests change. */
class Served {
  status = 200;
  items: JsonObject[] = [named('a', 1), named('b', 2)];
  readonly asked: string[] = [];
  private readonly watches = new Set<http.ServerResponse>();
  private readonly server = http.createServer((request, response) => this.answer(request, response));

  async start(): Promise<KubeApi> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    ending.push(() => this.stop());
    const server = new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
    const agent = new http.Agent({ keepAlive: true });
    return new KubeApi({ connect: async () => ({ server, agent, headers: {} }), timeoutMs: 2_000 });
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  tell(type: string, object: JsonObject): void {
    for (const watch of this.watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  }

  endWatches(): void {
    for (const watch of this.watches) watch.end();
    this.watches.clear();
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const send = (status: number, body: JsonObject): void => {
      response.writeHead(status);
      response.end(JSON.stringify(body));
    };
    if (this.status !== 200) return send(this.status, { message: 'the server is down' });
    if (pathname === '/version') return send(200, { minor: '31+' });
    if (pathname === '/api/v1') return send(200, { resources: [{ name: 'namespaces', kind: 'Namespace' }] });
    if (pathname !== '/api/v1/namespaces') return send(404, { message: 'not found' });
    this.asked.push(searchParams.has('watch') ? `watch ${searchParams.get('resourceVersion')}` : 'list');
    if (!searchParams.has('watch')) {
      // A page each, so that pages are put together.
      const at = Number(searchParams.get('continue') ?? 0);
      const next = at + 1 < this.items.length ? { continue: String(at + 1) } : {};
      return send(200, { metadata: { resourceVersion: '7', ...next }, items: this.items.slice(at, at + 1) });
    }
    response.writeHead(200).flushHeaders();
    this.watches.add(response);
  }
}

async function open(kinds: readonly { group: string; kind: string }[] = []) {
  const served = new Served();
  const troubles: string[] = [];
  let now = 0;
  const view = new LiveView({
    api: await served.start(),
    kinds,
    now: () => now,
    onTrouble: (what, reason) => troubles.push(`${what}: ${reason}`),
  });
  const stop = new AbortController();
  const running = view.run(stop.signal);
  ending.unshift(() => stop.abort());
  return { served, view, troubles, running, stop, pass: (milliseconds: number) => (now += milliseconds) };
}

describe('a view of the cluster', () => {
  it('holds what was listed, page by page, without what nobody reads', async () => {
    const { view } = await open([{ group: 'policy', kind: 'PodSecurityPolicy' }]);
    expect([...view.unread.keys()]).toEqual(['/version', '/Namespace', 'policy/PodSecurityPolicy']);
    await view.filled;
    expect(view.objects('', 'Namespace').map(({ name }) => name)).toEqual(['a', 'b']);
    expect(JSON.stringify(view.namespace('a'))).not.toContain('managedFields');
    expect(view.namespace('constructor')).toBeUndefined();
    // A server without the kind has none of it.
    expect(view.objects('policy', 'PodSecurityPolicy')).toEqual([]);
    expect([view.unread.size, view.serverMinor]).toEqual([0, 31]);
  });

  it('follows changes, and goes on from the last where the watch ends', async () => {
    const { view, served } = await open();
    await view.filled;
    await wait(50);
    served.tell('MODIFIED', named('a', 9, { team: 'shop' }));
    served.tell('ADDED', named('c', 10));
    served.tell('DELETED', named('b', 11));
    served.tell('BOOKMARK', { metadata: { resourceVersion: '12' } });
    await wait(50);
    expect(view.objects('', 'Namespace').map(({ name }) => name)).toEqual(['a', 'c']);
    expect(view.namespace('a')).toMatchObject({ metadata: { labels: { team: 'shop' } } });
    served.endWatches();
    await wait(50);
    expect(served.asked).toEqual(['list', 'list', 'watch 7', 'watch 12']);
  });

  it('lists again where the server has forgotten', async () => {
    const { view, served } = await open();
    await view.filled;
    await wait(50);
    served.items = [named('new', 20)];
    served.tell('ERROR', { code: 410, message: 'too old resource version' });
    served.endWatches();
    await wait(100);
    expect(view.objects('', 'Namespace').map(({ name }) => name)).toEqual(['new']);
  });

  it('keeps what it knew while the server is away, and says how old that is', async () => {
    const { view, served, troubles, pass } = await open();
    await view.filled;
    await wait(50);
    served.status = 503;
    served.endWatches();
    pass(1_000);
    await wait(50);
    pass(89_000);
    expect(view.namespace('a')).toBeDefined();
    expect([...view.staleSeconds()]).toEqual([['/Namespace', 89]]);
    expect(troubles).toEqual(['/Namespace: the server is down']);
    expect(view.unread.size).toBe(0);
  });

  it('says what it could never read', async () => {
    const { view, served } = await open();
    served.status = 403;
    await wait(100);
    expect(view.isComplete).toBe(false);
    expect(view.unread.get('/Namespace')).toBe('the server is down');
  });

  it('ends when it is told to', async () => {
    const { view, stop, running } = await open();
    await view.filled;
    stop.abort();
    await running;
  });
});
