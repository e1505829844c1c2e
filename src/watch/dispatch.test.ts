import { describe, expect, it } from 'vitest';
import { exampleAlert } from '../../test/alert-example.ts';
import type { Alert } from '../model/alert.ts';
import { type DispatchEvents, dispatch } from './dispatch.ts';
import { Outbox } from './outbox.ts';
import { DeliveryError, type Refusal, type Sink } from './sinks/sink.ts';

interface Trial {
  readonly outbox: Outbox;
  readonly told: string[];
  readonly said: string[];
  add(...alerts: readonly Alert[]): Promise<void>;
  drain(milliseconds?: number): Promise<number>;
  stop(): Promise<void>;
}

interface TrialOptions {
  readonly updates: Sink['updates'];
  readonly updateEvery?: number;
  readonly answer?: (call: number) => readonly Refusal[] | Error;
}

async function trial({ updates, updateEvery = 60_000, answer = () => [] }: TrialOptions): Promise<Trial> {
  const told: string[] = [];
  const said: string[] = [];
  let calls = 0;
  const sink: Sink = {
    name: 'sink',
    updates,
    batch: 10,
    async deliver(alerts) {
      const answered = answer(calls);
      calls += 1;
      if (answered instanceof Error) throw answered;
      told.push(...alerts.map(({ id, revision }) => `${id}${revision}`));
      return answered;
    },
    close: async () => undefined,
  };
  const outbox = await Outbox.open({
    path: undefined,
    sinks: [sink],
    checkpointed: 0,
    limits: { alerts: 100, bytes: 1_000_000 },
    onDropped: () => undefined,
  });
  const events: DispatchEvents = {
    failing: (_name, problem, waiting) => said.push(`${problem}: ${waiting} waiting`),
    recovered: () => said.push('recovered'),
    delivered: (_name, count) => said.push(`delivered ${count}`),
    refused: (_name, reason) => said.push(`refused: ${reason}`),
  };
  const stopping = new AbortController();
  const dispatcher = dispatch({ sink, outbox, updateEvery, signal: stopping.signal, events });
  return {
    outbox,
    told,
    said,
    add: (...alerts) => outbox.add(alerts.flatMap((alert) => outbox.admit(alert, 'event') ?? [])),
    drain: (milliseconds = 2_000) => dispatcher.drain(milliseconds),
    stop: async () => {
      stopping.abort();
      await dispatcher.ended;
    },
  };
}

const a = (revision: number, changes: Partial<Alert> = {}): Alert =>
  exampleAlert({ id: 'a', revision, severity: 'medium', ...changes });

describe('a dispatcher', () => {
  it('tells a sink that wants all of it every update', async () => {
    const { add, drain, told, stop } = await trial({ updates: 'every' });
    await add(a(0), a(1), a(2));
    expect(await drain()).toBe(0);
    expect(told).toEqual(['a0', 'a1', 'a2']);
    await stop();
  });

  it('folds updates for the others: at once when it is new or graver, else from time to time', async () => {
    const { add, drain, told, stop } = await trial({ updates: 'latest' });
    await add(a(0));
    await expect.poll(() => told).toEqual(['a0']);
    await add(a(1));
    await add(a(2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual(['a0']);
    await add(a(3, { severity: 'critical' }));
    await expect.poll(() => told).toEqual(['a0', 'a3']);
    await add(a(4, { severity: 'critical' }), a(5, { severity: 'critical' }));
    expect(await drain()).toBe(0);
    expect(told).toEqual(['a0', 'a3', 'a5']);
    await stop();
  });

  it('tells a held-back update when its time has come', async () => {
    const { add, told, stop } = await trial({ updates: 'latest', updateEvery: 80 });
    await add(a(0));
    await expect.poll(() => told).toEqual(['a0']);
    await add(a(1));
    await expect.poll(() => told).toEqual(['a0', 'a1']);
    await stop();
  });

  it('tries again until it is taken, and says so once', async () => {
    const answer = (call: number): Error | readonly Refusal[] => (call < 2 ? new DeliveryError('busy') : []);
    const { add, told, said, stop } = await trial({ updates: 'every', answer });
    await add(a(0));
    await expect.poll(() => told, { timeout: 5_000 }).toEqual(['a0']);
    expect(said).toEqual(['busy: 1 waiting', 'delivered 1', 'recovered']);
    await stop();
  });

  it('does not try again what is refused for good', async () => {
    const { add, drain, said, stop } = await trial({
      updates: 'every',
      answer: () => [{ alert: a(0), reason: 'too strange' }],
    });
    await add(a(0), a(1));
    expect(await drain()).toBe(0);
    expect(said).toEqual(['refused: too strange', 'delivered 1']);
    await stop();
  });

  it('says how many are left when there is no more time', async () => {
    const { add, drain, stop } = await trial({ updates: 'every', answer: () => new DeliveryError('gone') });
    await add(a(0), a(1));
    expect(await drain(100)).toBe(2);
    await stop();
  });
});
