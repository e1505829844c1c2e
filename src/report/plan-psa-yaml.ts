import { dump } from 'js-yaml';
import type { PodSecurityPlan } from '../admission/plan-pod-security.ts';
import { labelSteps } from './plan-psa-steps.ts';

/**
 * The steps as YAML documents for kubectl apply --server-side: for each namespace the labels of one step. Steps of a
 * number belong together; a comment says what each is for.
 */
export function planPsaYaml(plan: PodSecurityPlan): string {
  const documents: string[] = [];
  for (const namespace of plan.namespaces) {
    const steps = labelSteps(namespace, plan.minor).filter(({ labels }) => labels.size > 0);
    for (const [index, { why, labels }] of steps.entries()) {
      const value = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace.name, labels: Object.fromEntries(labels) },
      };
      documents.push(`# step ${index + 1}: ${why}\n${dump(value, { lineWidth: -1 })}`);
    }
  }
  return documents.length === 0 ? '' : `---\n${documents.join('---\n')}`;
}
