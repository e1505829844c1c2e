import { type ApiTarget, apiTarget } from '../../facts/api-version.ts';
import { edit } from '../../model/edit.ts';
import { isObject } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable, pass } from '../../model/verdict.ts';
import {
  type ApiLifecycle,
  agingKinds,
  lifecycleOf,
  replacementOf,
  servedIn,
} from '../../semantics/api-lifecycle/index.ts';
import { type WrittenVersion, writtenVersions } from '../../semantics/api-lifecycle/written-version.ts';
import { control } from '../control.ts';

const unseen = notApplicable('no evidence shows in which version of the API it is written');

/**
 * Sources: lifecycle tags of kubernetes/api, and the deprecation policy (kubernetes.io/docs/reference/using-api/
 * deprecation-policy). Known mistake of others: a live object is blamed for the version that the server answers in.
 */
export default control({
  id: 'api-lifecycle/served-version',
  title: 'Objects are written in versions of the API that stay',
  severity: 'medium',
  subject: 'object',
  why: 'What is written in a version that the API server no longer has is refused: the next deployment of it fails, a policy or a fix of it included.',
  remedy: 'Write the object in the version that takes its place, and test it against a cluster of the next version.',
  coveredBy: ['admission/pod-security-policy'],
  check: ({ object }, facts) => {
    if (!agingKinds.has(object.kind)) return pass;
    const written = writtenVersions(object);
    if (written.length === 0) return unseen;
    let failures: Failure[] | undefined;
    const seen = new Set<string>();
    for (const each of written) {
      const lifecycle = lifecycleOf(each.apiVersion, object.kind);
      if (lifecycle === undefined || seen.has(each.apiVersion)) continue;
      seen.add(each.apiVersion);
      const problem = problemOf(lifecycle, facts.get(apiTarget));
      if (problem === undefined) continue;
      const message = `${object.kind} ${object.name} ${how(each)} ${each.apiVersion}, which ${problem.says}`;
      failures ??= [];
      failures.push(
        fail(message, each.at, {
          key: each.apiVersion,
          severity: problem.severity,
          remedy: capitalised(replacementOf(lifecycle)),
        }),
      );
    }
    return failures ?? pass;
  },
  fix: {
    safety: 'safe',
    edits: ({ object }, { key = '' }, facts) => {
      const lifecycle = lifecycleOf(key, object.kind);
      if (lifecycle?.to === undefined || object.apiVersion !== key) return [];
      return isSameIn(lifecycle, object, facts.get(apiTarget)) ? [edit.set(['apiVersion'], lifecycle.to)] : [];
    },
  },
  examples: {
    fail: [
      'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: sync}\nspec: {schedule: "@daily"}\n',
      'apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: web}\nspec: {backend: {serviceName: web, servicePort: 80}}\n',
      'apiVersion: cert-manager.io/v1alpha2\nkind: Certificate\nmetadata: {name: web}\nspec: {secretName: web}\n',
    ],
    pass: [
      'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec: {schedule: "@daily"}\n',
      // The API server answers in any version that it has: this one says nothing of who wrote it.
      'apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web, uid: 0c1a, annotations: {kubectl.kubernetes.io/last-applied-configuration: "{\\"apiVersion\\":\\"policy/v1\\"}"}}\nspec: {maxUnavailable: 1}\n',
    ],
  },
});

interface Problem {
  readonly severity: Severity;
  /** Goes on "…, which". */
  readonly says: string;
}

function problemOf(lifecycle: ApiLifecycle, { minor, maintained }: ApiTarget): Problem | undefined {
  const { of, removedIn, removed, deprecated } = lifecycle;
  if (of !== undefined) return { severity: 'low', says: `${of} ${removedIn} and later do not have` };
  const gone = `is not served from v1.${removed} on`;
  if (minor !== undefined) {
    const cluster = `the cluster is v1.${minor}`;
    switch (servedIn(lifecycle, minor)) {
      case 'not-served':
        return { severity: 'medium', says: `${gone}: ${cluster}` };
      case 'removed-next':
        return { severity: 'low', says: `${gone}: ${cluster}, and the next version has it no more` };
      case 'deprecated':
        return { severity: 'info', says: `is deprecated since v1.${deprecated} and ${gone}` };
      default:
        return undefined;
    }
  }
  const [oldest, newest] = maintained;
  if (servedIn(lifecycle, oldest) === 'not-served') {
    return { severity: 'low', says: `${gone}, and so by no version that gets fixes` };
  }
  if (removed !== undefined && removed <= newest + 1) return { severity: 'low', says: gone };
  if (servedIn(lifecycle, newest) !== 'deprecated') return undefined;
  return { severity: 'info', says: `is deprecated since v1.${deprecated} and ${gone}` };
}

function how({ from, by, time }: WrittenVersion): string {
  if (from === 'manifest') return 'is written in';
  if (from === 'last-applied') return 'was last applied as';
  const day = time === undefined ? undefined : /^\d{4}-\d{2}-\d{2}/.exec(time)?.[0];
  return day === undefined ? `is written by ${by ?? 'a client'} in` : `was written by ${by ?? 'a client'} on ${day} in`;
}

/** Whether only `apiVersion` has to change, and the versions in question serve the new one. */
function isSameIn({ sameShape, toSince = 0 }: ApiLifecycle, object: KubeObject, target: ApiTarget): boolean {
  if (sameShape !== true || toSince > (target.minor ?? target.maintained[0])) return false;
  const selector = valueAt(object.value, ['spec', 'selector']);
  // An empty selector selects nothing in policy/v1beta1, and everything in policy/v1.
  if (object.kind === 'PodDisruptionBudget') return isObject(selector) && Object.keys(selector).length > 0;
  return object.apiVersion !== 'apps/v1beta2' || object.kind === 'ControllerRevision' || isObject(selector);
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
