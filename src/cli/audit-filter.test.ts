import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../model/audit-event.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { addFilterOptions, type EventFilter, eventFilter, type FilterFlags } from './audit-filter.ts';

const now = Date.UTC(2026, 10, 20, 20, 6, 5);

function filter(...args: readonly string[]): EventFilter {
  const command = addFilterOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  command.parse(args, { from: 'user' });
  return eventFilter(command.opts<FilterFlags>(), now);
}

const raw = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/pods/web-1/exec?command=sh',
  verb: 'get',
  user: { username: 'system:serviceaccount:shop:web' },
  impersonatedUser: { username: 'root' },
  sourceIPs: ['203.0.113.9', '10.1.2.3'],
  objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web-1' },
  responseStatus: { code: 403 },
  annotations: { 'authorization.k8s.io/decision': 'forbid' },
  stageTimestamp: '2026-11-20T20:05:05Z',
};

function event(more: object = {}): AuditEvent {
  const read = readAuditEvent({ ...raw, ...more }, { source: '', offset: 0 });
  if (read === undefined) throw new Error('no event');
  return read;
}

const rbac = { resource: 'rolebindings', apiGroup: 'rbac.authorization.k8s.io', namespace: 'shop', name: 'x' };

describe('eventFilter', () => {
  it.each<[string, readonly string[], boolean, object?]>([
    ['nothing asked', [], true],
    ['a user', ['--user', 'system:serviceaccount:shop:web'], true],
    ['a pattern', ['--user', 'system:serviceaccount:*:web'], true],
    ['a pattern that overlaps itself', ['--user', 'system:serviceaccount:shop:web*web'], false],
    ['another user', ['--user', 'web'], false],
    ['who it acts as', ['-u', 'root'], true],
    ['one of several', ['-u', 'a,root'], true],
    ['one of several options', ['-u', 'a', '-u', 'root'], true],
    ['two options', ['-u', 'root', '-n', 'other'], false],
    ['no user is not any user', ['-u', '*'], false, { user: {}, impersonatedUser: null }],
    ['the verb', ['--verb', 'get'], true],
    ['what it does', ['--verb', 'exec'], true],
    ['another verb', ['--verb', 'create'], false],
    ['a resource and its subresources', ['--resource', 'pods'], true],
    ['in the singular', ['--resource', 'pod'], true],
    ['by its short name', ['--resource', 'po/exec'], true],
    ['another subresource', ['--resource', 'pods/log'], false],
    ['of a group', ['--resource', 'rolebindings.rbac.authorization.k8s.io'], true, { objectRef: rbac }],
    ['of a group, in short', ['--resource', 'rolebindings.rbac'], true, { objectRef: rbac }],
    ['of another group', ['--resource', 'rolebindings.apps'], false, { objectRef: rbac }],
    ['a path', ['--resource', '/health*'], true, { objectRef: null, requestURI: '/healthz?verbose' }],
    ['a path, of a resource', ['--resource', '/api/*'], false],
    ['a name', ['--name', 'web-*'], true],
    ['an address', ['--source-ip', '10.1.2.3'], true],
    ['an address that a client made up', ['--source-ip', '203.0.113.9'], false],
    ['a range', ['--source-ip', '192.168.0.0/16,10.0.0.0/8'], true],
    ['a range of the other family', ['--source-ip', 'fd00::/8'], false],
    ['a range of the other family, inside', ['--source-ip', 'fd00::/8'], true, { sourceIPs: ['fd00::7'] }],
    ['a code', ['--code', '403'], true],
    ['a class of codes', ['--code', '4xx'], true],
    ['a range of codes', ['--code', '200,400-402'], false],
    ['denied', ['--denied'], true],
    ['denied, of what was not found', ['--denied'], false, { responseStatus: { code: 404 } }],
    ['an outcome', ['--outcome', 'ok,denied'], true],
    ['another outcome', ['--outcome', 'refused', '--outcome', 'ok'], false],
    ['since', ['--since', '2m'], true],
    ['since later', ['--since', '59s'], false],
    ['since, in parts', ['--since', '1m30s'], true],
    ['since a time', ['--since', '2026-11-20T20:05'], true],
    ['since a time in a zone', ['--since', '2026-11-20T22:05:06+02:00'], false],
    ['since a day', ['--since', '2026-11-20'], true],
    ['until', ['--until', '2026-11-20T20:05:05Z'], false],
    ['until later', ['--until', '59s'], true],
  ])('%s', (_, args, matches, more) => {
    const { matches: test, wanted } = filter(...args);
    expect(test(event(more))).toBe(matches);
    // The test on the line may let through what does not match, and never the other way.
    const line = Buffer.from(JSON.stringify({ ...raw, ...more }));
    if (matches) expect(wanted(line)).toBe(true);
  });

  it('turns lines down without parsing them', () => {
    const line = (more: object): Buffer => Buffer.from(JSON.stringify({ ...raw, ...more }));
    expect(filter().wanted(line({ stage: 'RequestReceived' }))).toBe(false);
    expect(filter('--all-stages').wanted(line({ stage: 'RequestReceived' }))).toBe(true);
    expect(filter('--user', 'alice').wanted(line({}))).toBe(false);
    expect(filter('--user', 'root').wanted(line({}))).toBe(true);
    expect(filter('--resource', 'secrets').wanted(line({}))).toBe(false);
    expect(filter().wanted(line({ userAgent: '"stage":"RequestReceived"' }))).toBe(true);
  });

  it.each([
    ['--code', '9'],
    ['--code', '403-'],
    ['--since', 'yesterday'],
    ['--since', '2026-11-20T25:00'],
    ['--until', '2026-13-01'],
  ])('refuses %s %s', (...args) => {
    expect(() => filter(...args)).toThrow(/must look like/);
  });

  it('refuses an outcome that there is not', () => {
    expect(() => filter('--outcome', 'forbidden')).toThrow(/must be of ok, unauthenticated, denied/);
  });

  it('takes time in proportion to the text', () => {
    const test = filter('--user', '*a*a*a*a*a*a*a*a*a*b').matches;
    const began = performance.now();
    expect(test(event({ user: { username: 'a'.repeat(1_000_000) } }))).toBe(false);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
