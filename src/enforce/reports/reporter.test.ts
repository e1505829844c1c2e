import { describe, expect, it } from 'vitest';
import { ApiError } from '../../collect/cluster/api-error.ts';
import type { AdmissionDecision, AdmissionRequest } from '../../model/admission.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Call } from '../cluster/kube-api.ts';
import { PolicyReporter } from './reporter.ts';

const open = '/apis/openreports.io/v1alpha1';
const working = '/apis/wgpolicyk8s.io/v1alpha2';
const report = (namespace: string): string => `${working}/namespaces/${namespace}/policyreports/bulwark-webhook`;

function request(name: string, namespace = 'shop', dryRun = false): AdmissionRequest {
  return {
    uid: '1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    subResource: '',
    name,
    namespace,
    operation: 'CREATE',
    userInfo: { username: 'jane', uid: '', groups: [], extra: new Map() },
    object: undefined,
    oldObject: undefined,
    options: undefined,
    dryRun,
    value: {},
  };
}

function decision(...messages: readonly string[]): AdmissionDecision {
  const denials = messages.map((message) => ({ policy: 'images', message, code: 403, reason: 'Forbidden' }));
  return { allowed: messages.length === 0, denials, warnings: [], auditAnnotations: new Map(), patch: [] };
}

function setting(apis: readonly string[] = [working]) {
  const objects = new Map<string, JsonObject>(apis.map((path) => [path, {}]));
  const writes: string[] = [];
  const counts: string[] = [];
  const state = { conflicts: 0 };
  const api = {
    find: async (path: string) => objects.get(path),
    async call({ method, path, body }: Call) {
      writes.push(`${method} ${path}`);
      if (state.conflicts > 0) {
        state.conflicts -= 1;
        throw new ApiError('status', 'conflict', { status: 409 });
      }
      objects.set(method === 'POST' ? `${path}/bulwark-webhook` : path, body as JsonObject);
      return {};
    },
  };
  const reporter = new PolicyReporter({
    api,
    log: { write: () => undefined },
    now: () => new Date('2026-11-21T00:00:00Z'),
    onWrite: (result) => counts.push(result),
  });
  return { objects, writes, counts, state, reporter };
}

describe('reports', () => {
  it('have what was refused, an object each, and lose it when the object passes', async () => {
    const { objects, reporter, writes } = setting();
    reporter.decided(request('a'), decision('no digest'));
    reporter.decided(request('b'), decision('no digest', 'registry evil is denied'));
    await reporter.flush();
    expect(objects.get(report('shop'))).toMatchObject({
      kind: 'PolicyReport',
      summary: { fail: 3, warn: 0 },
      results: [
        { policy: 'images', result: 'fail', resources: [{ kind: 'Pod', name: 'a', namespace: 'shop' }] },
        {},
        {},
      ],
    });
    reporter.decided(request('b'), decision());
    reporter.decided(request('c'), decision());
    await reporter.flush();
    expect(objects.get(report('shop'))).toMatchObject({ summary: { fail: 1 } });
    // What says nothing about an object in no report is not written.
    reporter.decided(request('c'), decision());
    reporter.decided(request('d', 'other'), decision());
    reporter.decided(request('e', 'other', true), decision('no digest'));
    await reporter.flush();
    expect(writes).toEqual([`POST ${working}/namespaces/shop/policyreports`, `PUT ${report('shop')}`]);
  });

  it('are those of openreports.io where a cluster has both', async () => {
    const { objects, reporter } = setting([open, working]);
    reporter.decided(request('a'), decision('no digest'));
    await reporter.flush();
    expect(objects.get(`${open}/namespaces/shop/reports/bulwark-webhook`)).toMatchObject({
      apiVersion: 'openreports.io/v1alpha1',
      kind: 'Report',
      source: 'bulwark',
    });
  });

  it('are written again where another server was faster, and given up where there are none', async () => {
    const { reporter, writes, counts, state } = setting();
    state.conflicts = 2;
    reporter.decided(request('a'), decision('no digest'));
    await reporter.flush();
    expect([writes.length, counts]).toEqual([3, ['written']]);
    const without = setting([]);
    without.reporter.decided(request('a'), decision('no digest'));
    await without.reporter.flush();
    expect([without.writes, without.counts]).toEqual([[], ['failed']]);
  });

  it('are bounded: results, objects that wait, namespaces', async () => {
    const { objects, reporter, counts } = setting();
    for (let index = 0; index < 3_000; index += 1) reporter.decided(request(`pod-${index}`), decision('no digest'));
    expect(counts.filter((result) => result === 'left-out')).toHaveLength(1_000);
    await reporter.flush();
    const { results } = objects.get(report('shop')) as { results: readonly JsonObject[] };
    expect(results).toHaveLength(200);
    expect(results.at(-1)).toMatchObject({ resources: [{ name: 'pod-1999' }] });
    for (let index = 0; index < 600; index += 1) reporter.decided(request('a', `ns-${index}`), decision('no digest'));
    expect(counts.filter((result) => result === 'left-out')).toHaveLength(1_101);
  });
});
