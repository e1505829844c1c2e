import { describe, expect, it } from 'vitest';
import { exampleAlert } from '../../../test/alert-example.ts';
import type { Alert } from '../../model/alert.ts';
import { alertPage } from './alert-lines.ts';
import { terminalSink } from './terminal.ts';

async function printed(alerts: readonly Alert[], width = 80): Promise<string> {
  let text = '';
  const sink = terminalSink({
    write: async (more) => {
      text += more;
    },
    page: alertPage('never', width),
  });
  for (const alert of alerts) await sink.deliver([alert], new AbortController().signal);
  return text;
}

describe('an alert on a terminal', () => {
  it('says what, who, when, why it could happen and what to do next', async () => {
    const causes = ['rbac/wildcards: ClusterRole dev-admin'];
    expect(await printed([exampleAlert({ causes })])).toBe(
      [
        'CRITICAL  Secrets of all namespaces listed',
        '  system:serviceaccount:shop:web listed the secrets of all namespaces.',
        '  Who   system:serviceaccount:shop:web from 10.0.3.7 (curl/8.5.0)',
        '  What  secrets shop/db, secrets',
        '  When  2026-11-20 20:07:46 to 20:07:47 UTC, 3 events',
        '  Cause rbac/wildcards: ClusterRole dev-admin',
        '  Next  Revoke the tokens of the service account. Rotate every secret.',
        '  secrets-listed-cluster-wide  T1552.007  0123456789abcdef',
        '',
        '',
      ].join('\n'),
    );
  });

  it('takes one line for what is folded in later, and all of it where it got graver', async () => {
    const text = await printed([
      exampleAlert({ severity: 'high' }),
      exampleAlert({ severity: 'high', revision: 1, count: 25, last: '2026-11-20T20:09:11.000Z' }),
      exampleAlert({ severity: 'high', revision: 2, count: 50, last: '2026-11-20T20:10:11.000Z' }),
      exampleAlert({ severity: 'critical', revision: 3, count: 51 }),
    ]);
    const lines = text.split('\n');
    expect(lines.slice(8, 13)).toEqual([
      '20:09:11  high  Secrets of all namespaces listed: 25 events so far, system:se...',
      '20:10:11  high  Secrets of all namespaces listed: 50 events so far, system:se...',
      '',
      'CRITICAL  Secrets of all namespaces listed',
      '  system:serviceaccount:shop:web listed the secrets of all namespaces.',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('shows what is unsafe on a terminal as text', async () => {
    const actor = { ...exampleAlert().actor, user: 'mallory\u001b[2J', userAgent: '\u202eevil' };
    const text = await printed([exampleAlert({ actor, message: 'a\u0007b', targets: ['x\ny'] })]);
    expect(text.replaceAll('\n', '')).not.toMatch(/[^\x20-\x7e]/);
    expect(text).toContain('mallory\\u001b[2J from 10.0.3.7 (\\u202eevil)');
  });

  it('breaks no name and no id where they do not fit into a line', async () => {
    const rule = 'a-rule-of-ones-own-whose-name-says-everything-about-it';
    const attack = ['T1098.006', 'T1552.007', 'T1078.004'];
    expect((await printed([exampleAlert({ rule, attack })])).split('\n').slice(-4)).toEqual([
      `  ${rule}`,
      '  T1098.006 T1552.007 T1078.004  0123456789abcdef',
      '',
      '',
    ]);
  });

  it('names nobody where the log itself is what is wrong', async () => {
    const actor = { user: '', impersonated: '', groups: [], source: '', userAgent: '' };
    expect(await printed([exampleAlert({ actor, events: [] })])).not.toContain('Who');
  });
});
