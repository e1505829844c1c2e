import { describe, expect, it } from 'vitest';
import type { Alert } from '../model/alert.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { Canary } from './canary.ts';

interface Flight {
  readonly canary: Canary;
  readonly paths: string[];
  readonly results: string[];
  readonly alerts: Alert[];
  readonly said: string[];
  end(): Promise<void>;
}

function fly(send: (path: string) => Promise<void> = async () => undefined): Flight {
  const flight = { paths: [] as string[], results: [] as string[], alerts: [] as Alert[], said: [] as string[] };
  let clock = 1_000_000;
  const canary = new Canary({
    send: async (path) => {
      flight.paths.push(path);
      await send(path);
    },
    every: 5,
    within: 100,
    // Time passes at every look.
    now: () => (clock += 20),
    onResult: (result) => flight.results.push(result),
    onAlert: (alert) => flight.alerts.push(alert),
    onUnsent: (problem) => flight.said.push(problem),
  });
  const running = canary.run();
  const end = async (): Promise<void> => {
    canary.stop();
    await running;
  };
  return { canary, ...flight, end };
}

function see({ canary }: Flight, uri: string): void {
  const raw = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', requestURI: uri };
  const event = readAuditEvent(raw, { source: 'webhook', offset: 0 });
  if (event !== undefined) canary.see(event);
}

describe('a canary', () => {
  it('is seen in the log, and then all is well', async () => {
    const flight = fly();
    for (let seen = 0; seen < 20; seen += 1) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      for (const path of flight.paths) see(flight, path);
      see(flight, '/api/v1/namespaces/default?bulwark-canary=of-somebody-else');
    }
    await flight.end();
    expect(flight.paths[0]).toMatch(/^\/api\/v1\/namespaces\/default\?bulwark-canary=[0-9a-f-]{36}$/);
    expect(new Set(flight.results)).toEqual(new Set(['seen']));
    expect(flight.alerts).toEqual([]);
  });

  it('that is lost is one alert, however many are', async () => {
    const flight = fly();
    await expect.poll(() => flight.results.length).toBeGreaterThan(3);
    await flight.end();
    expect(new Set(flight.results)).toEqual(new Set(['lost']));
    expect(flight.alerts.map(({ rule, severity }) => [rule, severity])).toEqual([['audit-canary-lost', 'high']]);
  });

  it('that cannot be sent says nothing of the log', async () => {
    const flight = fly(() => Promise.reject(new Error('no route')));
    await expect.poll(() => flight.results.length).toBeGreaterThan(3);
    await flight.end();
    expect(new Set(flight.results)).toEqual(new Set(['failed']));
    expect([flight.said, flight.alerts]).toEqual([['no route'], []]);
  });

  it('is recognised in a line that is not parsed', () => {
    expect(Canary.marks(Buffer.from('{"requestURI":"/api/v1/namespaces/default?bulwark-canary=1"}'))).toBe(true);
    expect(Canary.marks(Buffer.from('{"requestURI":"/api/v1/namespaces/default"}'))).toBe(false);
  });
});
