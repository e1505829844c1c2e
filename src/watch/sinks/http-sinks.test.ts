import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { exampleAlert } from '../../../test/alert-example.ts';
import { type GivenAnswer, type HttpReceiver, startHttpReceiver } from '../../../test/http-receiver.ts';
import { alertPage } from './alert-lines.ts';
import { openSink } from './open-sink.ts';
import type { Sink } from './sink.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const now = Date.parse('2026-11-20T21:00:00Z');
const signal = new AbortController().signal;

async function open(spec: string, secret?: string): Promise<Sink> {
  const sink = await openSink(spec, {
    cwd: tmpdir(),
    write: async () => undefined,
    page: alertPage('never', 100),
    ca: undefined,
    secret,
    now: () => now,
  });
  closing.push(() => sink.close());
  return sink;
}

async function receiver(answer: GivenAnswer | (() => GivenAnswer) = { status: 200 }): Promise<HttpReceiver> {
  const started = await startHttpReceiver(typeof answer === 'function' ? answer : () => answer);
  closing.push(() => started.close());
  return started;
}

describe('webhook', () => {
  it('posts the alert, signed, with a key that is the same when it comes again', async () => {
    const there = await receiver();
    const sink = await open(`webhook=${there.url}/hook?x=1`, 'the secret');
    const alert = exampleAlert({ revision: 2 });
    expect(await sink.deliver([alert], signal)).toEqual([]);
    const [request] = there.requests;
    expect(request?.path).toBe('/hook?x=1');
    expect(JSON.parse(request?.body ?? '')).toEqual(alert);
    expect(request?.headers['idempotency-key']).toBe('0123456789abcdef-2');
    const timestamp = String(now / 1000);
    const signature = createHmac('sha256', 'the secret').update(`${timestamp}.${request?.body}`).digest('hex');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-bulwark-timestamp': timestamp,
      'x-bulwark-signature': `sha256=${signature}`,
    });
  });

  it.each([
    [409, []],
    [422, ['answered 422: no']],
  ])('takes %i as final', async (status, reasons) => {
    const sink = await open(`webhook=${(await receiver({ status, body: 'no' })).url}`);
    const refusals = await sink.deliver([exampleAlert()], signal);
    expect(refusals.map(({ reason }) => reason.replace(/^\S+ /, ''))).toEqual(reasons);
  });

  it.each([401, 404, 429, 500, 503])('tries again after %i, as late as it is asked to', async (status) => {
    const sink = await open(`webhook=${(await receiver({ status, headers: { 'retry-after': '7' } })).url}/secret-path`);
    const failure = await sink.deliver([exampleAlert()], signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'DeliveryError', retryAfter: 7000 });
    expect(String(failure)).not.toContain('secret-path');
  });

  it('tries again where nobody listens', async () => {
    const there = await receiver();
    await there.close();
    const sink = await open(`webhook=${there.url}`);
    await expect(sink.deliver([exampleAlert()], signal)).rejects.toThrow(/^127\.0\.0\.1:\d+: ECONNREFUSED$/);
  });
});

describe('slack', () => {
  it('says severity, who, what, when and what to do next', async () => {
    const there = await receiver({ status: 200, body: 'ok' });
    await (await open(`slack=${there.url}/services/T/B/x`)).deliver([exampleAlert()], signal);
    const message = JSON.parse(there.requests[0]?.body ?? '');
    expect(message.text).toBe(
      'CRITICAL: Secrets of all namespaces listed. system:serviceaccount:shop:web listed the secrets of all namespaces',
    );
    const texts = JSON.stringify(message.attachments);
    expect(texts).toContain('*Who*  system:serviceaccount:shop:web from 10.0.3.7 (curl/8.5.0)');
    expect(texts).toContain('*When*  2026-11-20 20:07:46 to 20:07:47 UTC, 3 events');
    expect(texts).toContain('*What*  secrets shop/db, secrets');
    expect(message.attachments[0].color).toBe('#8b0000');
  });

  it('keeps what clients chose from becoming a mention, a link or formatting', async () => {
    const there = await receiver();
    const actor = { ...exampleAlert().actor, user: '<!channel> *bold* <https://evil.example|click>' };
    await (await open(`slack=${there.url}`)).deliver([exampleAlert({ actor, message: '<@U1> & `code`' })], signal);
    const body = there.requests[0]?.body ?? '';
    expect(body).not.toMatch(/<!channel>|<@U1>|<https/);
    expect(body).toContain('&lt;!channel&gt; \u200b*bold\u200b*');
  });
});

describe('alertmanager', () => {
  it('posts v2 alerts whose labels stay the same over updates', async () => {
    const there = await receiver();
    const sink = await open(`alertmanager=${there.url}/am`);
    await sink.deliver([exampleAlert(), exampleAlert({ revision: 1, count: 9 })], signal);
    expect(there.requests[0]?.path).toBe('/am/api/v2/alerts');
    const [first, second] = JSON.parse(there.requests[0]?.body ?? '');
    expect(first.labels).toEqual({
      alertname: 'secrets-listed-cluster-wide',
      severity: 'critical',
      incident: '0123456789abcdef',
      user: 'system:serviceaccount:shop:web',
      source: '10.0.3.7',
    });
    expect(second.labels).toEqual(first.labels);
    expect(second.annotations.events).toBe('9');
    expect([first.startsAt, first.endsAt]).toEqual(['2026-11-20T20:07:46.630Z', '2026-11-20T22:00:00.000Z']);
  });
});

describe('elasticsearch', () => {
  const results = (...statuses: readonly number[]): GivenAnswer => ({
    status: 200,
    body: JSON.stringify({
      errors: true,
      items: statuses.map((status) => ({ create: { status, error: { reason: 'mapper_parsing_exception' } } })),
    }),
  });

  it('creates ECS documents under a key of their own', async () => {
    const there = await receiver(results(201, 409));
    const sink = await open(`elasticsearch=${there.url.replace('//', '//elastic:pass@')}?index=alerts`);
    expect(await sink.deliver([exampleAlert(), exampleAlert({ revision: 1 })], signal)).toEqual([]);
    const [request] = there.requests;
    expect(request?.path).toBe('/_bulk');
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('elastic:pass').toString('base64')}`,
      'content-type': 'application/x-ndjson',
    });
    const lines =
      request?.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)) ?? [];
    expect(lines[0]).toEqual({ create: { _index: 'alerts', _id: '0123456789abcdef-0' } });
    expect(lines[2]).toEqual({ create: { _index: 'alerts', _id: '0123456789abcdef-1' } });
    expect(lines[1]).toMatchObject({
      '@timestamp': '2026-11-20T20:07:47.988Z',
      event: { kind: 'alert', severity: 99, id: '0123456789abcdef-0', action: 'secrets-listed-cluster-wide' },
      rule: { name: 'Secrets of all namespaces listed' },
      user: { name: 'system:serviceaccount:shop:web', roles: ['system:serviceaccounts'] },
      source: { ip: '10.0.3.7' },
      user_agent: { original: 'curl/8.5.0 (x86_64)' },
      orchestrator: { type: 'kubernetes', namespace: 'shop', resource: { type: 'secrets', name: 'db' } },
      threat: { technique: { id: ['T1552.007'] } },
    });
  });

  it('leaves out an address that is none, which would have the document refused', async () => {
    const there = await receiver(results(201));
    const actor = { ...exampleAlert().actor, source: 'gateway' };
    await (await open(`elasticsearch=${there.url}`)).deliver([exampleAlert({ actor })], signal);
    expect(JSON.parse(there.requests[0]?.body.split('\n')[1] ?? '').source).toEqual({ address: 'gateway' });
  });

  it('gives up a document that is refused, and sends all again where the server was busy', async () => {
    const refusing = await open(`elasticsearch=${(await receiver(results(201, 400))).url}`);
    const second = exampleAlert({ revision: 1 });
    const refusals = await refusing.deliver([exampleAlert(), second], signal);
    expect(refusals.map(({ alert }) => alert)).toEqual([second]);
    expect(refusals[0]?.reason).toContain('mapper_parsing_exception');
    const busy = await open(`elasticsearch=${(await receiver(results(201, 429))).url}`);
    await expect(busy.deliver([exampleAlert(), second], signal)).rejects.toThrow('answered 429');
    const other = await open(`elasticsearch=${(await receiver({ status: 200, body: '<html>' })).url}`);
    await expect(other.deliver([exampleAlert()], signal)).rejects.toThrow('not JSON');
  });
});

describe('what a sink is opened from', () => {
  it.each([
    ['pager=x', 'there is no sink "pager"'],
    ['slack', 'the sink slack needs to know where'],
    ['webhook=not a url', 'the sink webhook is not a URL'],
    ['webhook=ftp://host/', 'the sink webhook needs an http or https URL'],
    ['webhook=http://user:hunter2@example.com/', 'the sink webhook would send credentials without encryption'],
    ['slack=http://hooks.example.com/services/hunter2', 'the sink slack would send credentials without encryption'],
    ['syslog=http://host', 'the sink syslog cannot be read'],
  ])('%s is refused, without its secret', async (spec, message) => {
    const failure = await open(spec).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'usage', message });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  it('reads a URL and headers from a file, and shows neither in its name', async () => {
    const there = await receiver();
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-sink-'));
    const file = join(folder, 'hook');
    writeFileSync(file, `${there.url}/hunter2\nAuthorization: ApiKey hunter3\n`);
    const sink = await open(`webhook=@${file}`);
    rmSync(folder, { recursive: true });
    await sink.deliver([exampleAlert()], signal);
    expect(there.requests[0]).toMatchObject({ path: '/hunter2', headers: { authorization: 'ApiKey hunter3' } });
    expect(sink.name).toMatch(/^webhook:127\.0\.0\.1:\d+#[0-9a-f]{8}$/);
  });
});
