import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../semantics/probe/observation.ts';
import type { Exposure, ProbeResult } from '../semantics/probe/result.ts';
import { probeTerminal } from './probe.ts';
import { probeJson } from './probe-json.ts';
import type { ProbeReport } from './probe-summary.ts';
import { textWidth } from './text-width.ts';

const observation = (port: number, more: Partial<Observation> = {}): Observation => ({
  target: { host: '10.0.0.5', port, origin: 'usual port', node: 'node-1' },
  address: '10.0.0.5',
  reach: 'open',
  answers: [],
  ...more,
});

const exposure = (severity: Exposure['severity'], id = 'anonymous-access'): Exposure => ({
  id,
  severity,
  message: 'answers anyone without credentials: /pods (every pod with its environment)',
  why: 'The same listener runs commands in any container of the node and reads their logs.',
  remedy: 'Set authentication.anonymous.enabled: false in the configuration of the kubelet.',
  references: ['cis-1.12:4.2.1', 'guides:kubelet/anonymous-auth'],
});

const result = (port: number, more: Partial<ProbeResult> = {}): ProbeResult => ({
  observation: observation(port),
  name: 'kubelet',
  verdict: 'secure',
  sentence: 'refuses anonymous requests (401)',
  exposures: [],
  ...more,
});

const closed = (port: number): ProbeResult =>
  result(port, {
    verdict: 'closed',
    sentence: 'refuses connections',
    observation: observation(port, { reach: 'closed' }),
  });

const report: ProbeReport = {
  results: [
    closed(443),
    result(6443, { name: 'API server', verdict: 'public', sentence: 'shows anyone only /version' }),
    result(2379, { name: 'etcd', sentence: 'refuses clients without a certificate (TLS alert bad_certificate)' }),
    result(10259, {
      name: 'scheduler',
      verdict: 'exposed',
      exposures: [{ ...exposure('low', 'weak-tls'), message: 'accepts 1 suite with CBC' }],
    }),
    result(10250, {
      verdict: 'exposed',
      exposures: [exposure('critical')],
      comparison: '/pods as nobody 200, without rights not asked, as given 200',
    }),
    closed(10255),
  ],
  notes: [],
};

const shown = (given: ProbeReport, width = 80, detail: 'short' | 'full' = 'short'): string =>
  [...probeTerminal(given, { color: 'never', width, detail })].join('');

describe('the terminal report of a probe', () => {
  it('is a block a host, what is exposed first, closed ports in one line', () => {
    expect(shown(report)).toBe(`10.0.0.5 (node node-1)
  CRITICAL  10250  kubelet answers anyone without credentials: /pods (every pod
                   with its environment)
                   Why  The same listener runs commands in any container of the
                        node and reads their logs.
                   Fix  Set authentication.anonymous.enabled: false in the
                        configuration of the kubelet. (CIS 1.12: 4.2.1)
                   /pods as nobody 200, without rights not asked, as given 200
  LOW       10259  scheduler refuses anonymous requests (401); accepts 1 suite
                   with CBC
  public    6443   API server shows anyone only /version
  secure    2379   etcd refuses clients without a certificate (TLS alert
                   bad_certificate)
  closed    443, 10255 (refuses connections)

1 host, 4 listeners on 6 ports: 1 critical, 1 low.
`);
  });

  it.each([60, 80, 120])('keeps to %i columns', (width) => {
    for (const line of shown(report, width, 'full').split('\n'))
      expect(textWidth(line), line).toBeLessThanOrEqual(width);
  });

  it('says once what holds for a whole host', () => {
    const missing = [443, 6443].map((port) =>
      result(port, {
        verdict: 'unknown',
        sentence: 'no such host',
        observation: observation(port, { reach: 'unresolved' }),
      }),
    );
    expect(shown({ results: missing, notes: ['interrupted: the rest was not looked at'] })).toBe(`10.0.0.5 (node node-1)
  unknown   no such host

interrupted: the rest was not looked at.
1 host, 0 listeners on 0 ports: nothing exposed; not everything could be looked
at.
`);
  });

  it('lets nothing from a server act on the terminal', () => {
    const evil = '\u001b]0;x\u0007\u202e\n';
    const certificate = {
      subject: `CN=${evil}`,
      issuer: evil,
      sans: [evil],
      sanCount: 2000,
      notBefore: '',
      notAfter: '',
      key: '',
      selfSigned: false,
      fingerprint: '',
    };
    const tls = {
      versions: {},
      suites: [],
      clientCertificate: 'unknown',
      chain: [certificate],
      verified: { ok: false, reason: evil },
    } as const;
    const results = [
      result(1, {
        sentence: `redirects to ${evil}`,
        comparison: evil,
        observation: observation(1, { tls, address: evil }),
      }),
    ];
    for (const text of [
      shown({ results, notes: [evil] }, 80, 'full'),
      [...probeJson({ results, notes: [evil] })].join(''),
    ]) {
      expect(text).toMatch(/u001b/);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe('the JSON report of a probe', () => {
  it('has a listener a line, in the order that was named', () => {
    const text = [...probeJson(report)].join('');
    const { schema, summary, listeners } = JSON.parse(text);
    expect([schema, summary]).toEqual([
      'bulwark.probe/v1',
      { complete: true, severities: { critical: 1, high: 0, medium: 0, low: 1, info: 0 } },
    ]);
    expect(listeners.map(({ port, verdict, severity }: Record<string, unknown>) => [port, verdict, severity])).toEqual([
      [443, 'closed', undefined],
      [6443, 'public', undefined],
      [2379, 'secure', undefined],
      [10259, 'exposed', 'low'],
      [10250, 'exposed', 'critical'],
      [10255, 'closed', undefined],
    ]);
    expect(text.split('\n').filter((line) => line.includes('"port"'))).toHaveLength(6);
  });
});

it('is as schema/probe.schema.json says', () => {
  const path = join(import.meta.dirname, '../../schema/probe.schema.json');
  const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  validate(JSON.parse([...probeJson(report)].join('')));
  expect(validate.errors).toBeNull();
});
