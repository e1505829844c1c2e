import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decompress } from 'fzstd';
import { describe, expect, it } from 'vitest';
import { builtInRules, createDetector } from '../../src/detect/index.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Json } from '../../src/model/json.ts';
import { compareSeverity } from '../../src/model/severity.ts';
import { readAuditEvent } from '../../src/semantics/audit-event/index.ts';

const samples = fileURLToPath(new URL('../../../shared/samples', import.meta.url));
const log = join(samples, 'lab-audit.log.zst');
const truthFile = join(samples, 'lab-audit-truth.ndjson');
const isThere = existsSync(log) && existsSync(truthFile);
if (!isThere) console.warn(`skipped: the labelled log of an attack is not at ${samples}`);

interface Step {
  readonly step: string;
  readonly expect: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** The detection that reports what a step of the attack has to be reported as. */
const reportedBy: Readonly<Record<string, string>> = {
  'failed-authentication burst': 'failed-authentication-burst',
  'anonymous scanning (denied)': 'anonymous-scan',
  'binding to anonymous or unauthenticated': 'anonymous-binding',
  'unauthenticated request was authorised': 'anonymous-access',
  'own permissions enumerated': 'own-permissions-listed',
  'principal denied on many operations': 'denied-many-operations',
  'repeatedly refused secret reads': 'secret-reads-refused',
  'refused privilege escalation': 'escalation-refused',
  'cluster-admin binding created': 'administrator-binding',
  'all secrets listed cluster-wide by a service account': 'all-secrets-listed',
  'many different secrets read one by one': 'many-secrets-read',
  'privileged identity impersonated': 'privileged-impersonation',
  'privileged pod created': 'privileged-container',
  'sensitive host path mounted': 'sensitive-host-path',
  'host namespaces used': 'host-namespaces',
  'exec into a pod': 'exec',
  'token minted for a kube-system service account': 'system-token-minted',
  'kubelet API reached through the node proxy': 'kubelet-proxied',
  'admission webhook created that fails open or leaves the cluster': 'webhook-weakened',
  'client certificate for system:masters requested (the API server refused it)': 'privileged-certificate-requested',
  'workload created in kube-system': 'workload-in-system-namespace',
  'cron job created': 'scheduled-work',
  'service exposed on a node port': 'node-port',
  'credentials stored in a config map': 'credentials-in-config-map',
  'events deleted': 'events-deleted',
};

/** What the administrator's installation of vulnerable workloads may be reported as, and why each is right. */
const adjudicated: Readonly<Record<string, string>> = {
  'host-namespaces': 'docker-bench-security, kube-bench and everything-allowed share namespaces with their nodes',
  'privileged-container': 'docker-bench-security, health-check and everything-allowed are privileged on purpose',
  'sensitive-host-path': 'they and kube-bench mount /, /etc, /var/lib and more of their nodes',
  'node-proxy-role': 'Argo CD’s ClusterRoles with `*` on `*` cover nodes/proxy',
  'wildcard-role': 'they and a Role: secret-reader is meant for Secrets and allows everything',
  'administrator-binding': 'superadmin gives cluster-admin to a service account of kube-system',
  'node-port': 'internal-proxy-info-app-service is of type NodePort',
  'malicious-command-line': 'everything-allowed-revshell opens reverse shells with ncat',
  'node-debug-pod': 'their pods have the host’s namespaces and its root file system',
  'escalating-role': 'Argo CD’s controller and server may do everything',
};

/** The installation begins with the first request of the administrator. */
const installation = Date.parse('2026-11-20T20:06:18.500Z');

function* eventsOf(bytes: Buffer) {
  let offset = 0;
  while (offset < bytes.length) {
    const newline = bytes.indexOf(0x0a, offset);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(offset, end);
    yield { line, offset };
    offset = end + 1;
  }
}

interface Told {
  readonly alert: Alert;
  readonly at: number;
}

describe.skipIf(!isThere)('the labelled log of a cluster that is attacked', () => {
  const bytes = isThere ? Buffer.from(decompress(readFileSync(log))) : Buffer.alloc(0);
  const steps = isThere
    ? readFileSync(truthFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Step)
    : [];
  const attack = Date.parse(steps[0]?.from ?? '');

  const detect = (lines: 'all' | 'wanted', restartEvery = Number.POSITIVE_INFINITY): readonly Told[] => {
    const rules = builtInRules();
    let detector = createDetector({ rules });
    const told: Told[] = [];
    let read = 0;
    for (const { line, offset } of eventsOf(bytes)) {
      if (lines === 'wanted' && !detector.wants(line)) continue;
      const event = readAuditEvent(JSON.parse(line.toString()) as Json, { source: 'lab', offset });
      if (event === undefined) continue;
      for (const alert of detector.feed(event)) told.push({ alert, at: event.time });
      read += 1;
      if (read % restartEvery !== 0) continue;
      const state = JSON.parse(JSON.stringify(detector.save())) as Json;
      detector = createDetector({ rules });
      detector.restore(state);
    }
    return told;
  };

  const told = detect('all');
  const between = (from: number, to: number): readonly Alert[] =>
    told.filter(({ at }) => at >= from && at < to).map(({ alert }) => alert);

  it('starts without an alert', () => {
    expect(between(0, installation)).toEqual([]);
  });

  it('tells of the vulnerable workloads in few incidents, each of which is right', () => {
    const grave = between(installation, attack).filter(({ severity }) => compareSeverity(severity, 'medium') >= 0);
    const incidents = new Map(grave.map((alert) => [alert.id, alert]));
    expect(incidents.size).toBeLessThanOrEqual(15);
    expect([...incidents.values()].map(({ rule }) => rule).toSorted()).toEqual(Object.keys(adjudicated).toSorted());
    expect(new Set([...incidents.values()].map(({ actor }) => actor.user))).toEqual(new Set(['kubernetes-admin']));
  });

  it.each(steps)('$step', ({ expect: reports, from, to }) => {
    const alerts = between(Date.parse(from), Date.parse(to));
    const rules = new Set(alerts.map(({ rule }) => rule));
    if (reports.length === 0) expect(alerts).toEqual([]);
    for (const report of reports) expect(rules, report).toContain(reportedBy[report]);
  });

  it('blames the service account that the attacker took over, and nobody of the control plane', () => {
    const grave = told.filter(({ alert, at }) => at >= attack && compareSeverity(alert.severity, 'medium') >= 0);
    const actors = new Set(grave.map(({ alert }) => alert.actor.user));
    expect([...actors].toSorted()).toEqual([
      '',
      'kubernetes-admin',
      'system:anonymous',
      'system:serviceaccount:default:dev',
    ]);
  });

  it('is the same from the lines that are wanted alone', () => {
    expect(detect('wanted')).toEqual(told);
  });

  it('is the same through restarts', () => {
    expect(detect('wanted', 997)).toEqual(told);
  });
});
