import type { Batch } from './source.ts';

/** A line of an audit log, without its newline; `id` is what tells it from others. */
export function exampleLine(id: string, more: object = {}): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: id,
    stage: 'ResponseComplete',
    verb: 'get',
    user: { username: 'alice' },
    responseStatus: { code: 200 },
    stageTimestamp: '2026-11-20T20:06:05.029685Z',
    ...more,
  });
}

export function exampleLog(ids: readonly string[]): string {
  return ids.map((id) => `${exampleLine(id)}\n`).join('');
}

/** `id` of each event, and `!PROBLEM` of each damage. */
export function told({ events, damages }: Pick<Batch, 'events' | 'damages'>): readonly string[] {
  return [...events.map(({ id }) => id), ...damages.map(({ problem }) => `!${problem}`)];
}
