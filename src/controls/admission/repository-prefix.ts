import { isList } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';

/** Source: the policy library of Gatekeeper: an image is allowed where its name begins with one of the entries. */
export default control({
  id: 'admission/repository-prefix',
  title: 'Allowed repositories end with a slash',
  severity: 'high',
  subject: 'object',
  kinds: ['K8sAllowedRepos'],
  why: 'Gatekeeper compares the beginning of the text: docker.io/team also allows docker.io/team-of-somebody-else, and registry.example allows registry.example.attacker.org.',
  remedy: 'End each entry with a slash, or use the constraint template K8sAllowedReposv2, which compares whole names.',
  check: ({ object }) => {
    if (!object.apiVersion.startsWith('constraints.gatekeeper.sh/') || object.kind !== 'K8sAllowedRepos') {
      return notApplicable('it is no constraint on repositories');
    }
    const repositories = valueAt(object.value, ['spec', 'parameters', 'repos']);
    const failures: Failure[] = [];
    for (const [index, text] of (isList(repositories) ? repositories : []).entries()) {
      if (typeof text !== 'string' || isWhole(text)) continue;
      const message =
        text === '' ? 'the empty text allows every image' : `${text} also allows every name that begins so`;
      failures.push(fail(message, ['spec', 'parameters', 'repos', index], { key: text }));
    }
    return failures;
  },
  examples: {
    fail: [
      constraint('docker.io/team'),
      constraint('registry.example'),
      constraint('registry.example:5000'),
      constraint('""'),
    ],
    pass: [
      constraint('docker.io/team/'),
      constraint('registry.example/app:1.0'),
      constraint('registry.example/app@sha256:'),
    ],
  },
});

/** Up to a slash, or to the tag or the digest of one image. */
function isWhole(text: string): boolean {
  if (text.endsWith('/') || text.includes('@')) return true;
  const last = text.lastIndexOf('/');
  return last !== -1 && text.includes(':', last);
}

function constraint(repository: string): string {
  return `apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: repositories}
spec: {match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}, parameters: {repos: [${repository}]}}
`;
}
