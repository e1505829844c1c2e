import { isObject, own } from '../../model/json.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, notApplicable } from '../../model/verdict.ts';
import { settingFailure } from '../setting-control.ts';
import { apiServer, apiServerOf, isSince, serverControls } from './server-control.ts';

interface WeakGate {
  readonly gate: string;
  /** The value that weakens. */
  readonly value: boolean;
  readonly severity: Severity;
  readonly says: string;
  /** Versions that have the gate unlocked: the first, and the first that has not. */
  readonly versions: readonly [since: number, until: number];
}

/** Gates that take a protection away where someone sets them; what a version does by default is not blamed on a gate. */
const weakGates: readonly WeakGate[] = [
  {
    gate: 'BoundServiceAccountTokenVolume',
    value: false,
    severity: 'medium',
    says: 'tokens in pods never expire',
    versions: [13, 22],
  },
  {
    gate: 'LegacyServiceAccountTokenNoAutoGeneration',
    value: false,
    severity: 'medium',
    says: 'each service account gets a token that never expires',
    versions: [24, 27],
  },
  {
    gate: 'LegacyServiceAccountTokenTracking',
    value: false,
    severity: 'low',
    says: 'nobody sees which tokens that never expire are still used',
    versions: [26, 28],
  },
  {
    gate: 'ServiceAccountTokenNodeBindingValidation',
    value: false,
    severity: 'low',
    says: 'tokens of a deleted node go on working',
    versions: [29, 32],
  },
  {
    gate: 'ServiceAccountTokenJTI',
    value: false,
    severity: 'low',
    says: 'a use of a token cannot be traced to when it was given out',
    versions: [29, 32],
  },
  {
    gate: 'AuthorizeNodeWithSelectors',
    value: false,
    severity: 'medium',
    says: 'a kubelet may read the pods of all nodes',
    versions: [31, 34],
  },
  {
    gate: 'ServiceAccountNodeAudienceRestriction',
    value: false,
    severity: 'medium',
    says: 'a kubelet may ask for tokens for any audience',
    versions: [32, 99],
  },
  {
    gate: 'UnauthenticatedHTTP2DOSMitigation',
    value: false,
    severity: 'medium',
    says: 'clients without credentials can flood the server with HTTP/2 streams (CVE-2023-44487)',
    versions: [25, 99],
  },
  {
    gate: 'PodSecurity',
    value: false,
    severity: 'high',
    says: 'labels of namespaces do not restrict pods',
    versions: [22, 25],
  },
  { gate: 'KMSv1', value: true, severity: 'low', says: 'the deprecated KMS v1 is on again', versions: [29, 99] },
  {
    gate: 'AllAlpha',
    value: true,
    severity: 'medium',
    says: 'everything that is being tried out is on',
    versions: [0, 99],
  },
];

export default serverControls([
  {
    name: 'feature-gates',
    title: 'No feature gate takes a protection away',
    severity: 'medium',
    why: 'Gates turn off protections that every other cluster of the version has, and are forgotten after what they were set for.',
    remedy: 'Take the gate out of --feature-gates.',
    check: (server) => {
      const setting = server.config.get('feature-gates');
      if (setting === undefined || !isObject(setting.value)) return notApplicable('feature gates are not known');
      const failures: Failure[] = [];
      for (const { gate, value, severity, says, versions } of weakGates) {
        if (own(setting.value, gate) !== value) continue;
        if (!isSince(server, versions[0]) || isSince(server, versions[1])) continue;
        const message = `feature gate ${gate}=${value}: ${says}`;
        failures.push({ ...settingFailure(server, setting, { says, key: gate, severity }), message });
      }
      return failures;
    },
    examples: {
      fail: [
        apiServer('--feature-gates=AllAlpha=true'),
        apiServerOf('1.20', '--feature-gates=BoundServiceAccountTokenVolume=false'),
        apiServer('--feature-gates=AuthorizeNodeWithSelectors=false,UnauthenticatedHTTP2DOSMitigation=false'),
      ],
      pass: [apiServer(), apiServer('--feature-gates=AllAlpha=false')],
    },
  },
]);
