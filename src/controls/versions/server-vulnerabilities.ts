import { apiComponents } from '../../facts/api-components.ts';
import { clusterVersion } from '../../facts/cluster-told-version.ts';
import { readNode } from '../../facts/nodes.ts';
import { exposureOf } from '../../facts/vulnerable-programs.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { programOf } from '../../semantics/cves/index.ts';
import { control } from '../control.ts';
import { standsForCluster } from '../namespaces/whole-cluster.ts';
import { clusterOf } from './examples.ts';
import { openIds, openSeverity, openWords, undecidedWords, upgradeRemedy } from './vulnerability-words.ts';

/** Of API servers that neither a Pod nor a node shows, as providers run them: by the version alone. */
export default control({
  id: 'versions/server-vulnerabilities',
  title: 'The API server has no vulnerability that is known',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Everyone who works with the cluster reaches the API server, and the fix of a hole in it tells everyone where to look.',
  remedy: 'Upgrade the control plane, or have its provider do so.',
  check: ({ object }, facts) => {
    if (!standsForCluster(object)) return notApplicable('it does not stand for the cluster');
    const { nodes = [] } = facts.snapshot;
    const seen = [...facts.get(apiComponents), ...nodes.flatMap((node) => facts.get(readNode)(node).components)];
    if (seen.some(({ component, image }) => component === 'kube-apiserver' && image !== undefined)) {
      return notApplicable('what runs the API server tells it');
    }
    const told = facts.get(clusterVersion);
    const program = programOf('kubernetes', 'kube-apiserver');
    if (told === undefined || program === undefined) return unknown('the version of the API server is not known');
    const exposure = facts.get(exposureOf)(program, told.text);
    if (typeof exposure === 'string') return unknown(exposure);
    if (exposure.open.length === 0) {
      if (exposure.undecided.length === 0) return pass;
      return unknown(`kube-apiserver ${told.text} is open to none, ${undecidedWords(exposure.undecided)}`);
    }
    return fail(`kube-apiserver ${told.text} ${openWords(exposure)}`, [], {
      severity: openSeverity(exposure),
      items: openIds(exposure),
      remedy: upgradeRemedy('the control plane', exposure),
    });
  },
  examples: {
    fail: [clusterOf('v1.20.2')],
    pass: [clusterOf('v1.36.1')],
  },
});
