import { own } from '../../model/json.ts';
import type { Severity } from '../../model/severity.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { service } from './examples.ts';
import { serviceControl } from './service-control.ts';

interface Target {
  readonly pattern: RegExp;
  readonly says: string;
  readonly severity: Severity;
}

/** Names that whoever resolves them should not be sent to. */
const targets: readonly Target[] = [
  { pattern: /^(?:.*\.)?localhost\.?$|^127\.|^::1$/, says: 'the loopback of whoever asks', severity: 'medium' },
  {
    pattern:
      /^169\.254\.169\.254$|^fd00:ec2::254$|^100\.100\.100\.200$|^metadata(?:\.google\.internal)?\.?$|^instance-data(?:\.ec2\.internal)?\.?$/,
    says: 'the metadata server of the cloud, which gives out credentials',
    severity: 'high',
  },
  { pattern: /^kubernetes(?:\.default(?:\.svc(?:\..*)?)?)?\.?$/, says: 'the API server', severity: 'high' },
  { pattern: /\.kube-system\.svc(?:\..*)?$/, says: 'a Service of kube-system', severity: 'medium' },
];

export default serviceControl({
  id: 'services/external-name',
  title: 'Services of type ExternalName lead out of the cluster',
  severity: 'medium',
  why: 'Ingress controllers and proxies follow such a name from where they run: whoever may write Services then has them ask the metadata server or the API server in their place.',
  remedy: 'Name a server outside the cluster, or use a Service with a selector.',
  judge: ({ object, spec, type }) => {
    if (type !== 'ExternalName') return notApplicable('it has pods behind it');
    const name = own(spec, 'externalName');
    const target =
      typeof name === 'string' ? targets.find(({ pattern }) => pattern.test(name.toLowerCase())) : undefined;
    if (target === undefined) return pass;
    const message = `Service ${object.name} leads to ${name}: ${target.says}`;
    return fail(message, ['spec', 'externalName'], { severity: target.severity });
  },
  examples: {
    fail: [
      'localhost',
      'metadata.google.internal',
      'kubernetes.default.svc',
      'kube-dns.kube-system.svc.cluster.local',
    ].map((name) => service(`type: ExternalName, externalName: ${name}`)),
    pass: ['db.example.com', 'cache.shop.svc.cluster.local', 'kubernetes.example.com'].map((name) =>
      service(`type: ExternalName, externalName: ${name}`),
    ),
  },
});
