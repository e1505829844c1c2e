import { exposureOf } from '../../facts/exposure.ts';
import { imageOf } from '../../facts/image-references.ts';
import { scanResults } from '../../facts/vulnerability-reports.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-vulnerabilities-exposed',
  title: 'What can be reached from outside has no critical vulnerabilities',
  severity: 'high',
  subject: 'container',
  why: 'A critical vulnerability in a workload that takes traffic from outside is how most intrusions begin: no foothold in the cluster is needed.',
  remedy:
    'Move to an image with the fixes, or take the workload off the net until there is one. The scanner says which version has them.',
  check: ({ pod, container, object }, facts) => {
    const results = facts.get(scanResults);
    if (results.isEmpty) return noResults;
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    const result = results.of(image);
    if (result === undefined) return notScanned;
    if (result.criticalCount === 0) return pass;
    const how = facts.get(exposureOf)(pod, object.namespace);
    if (how === undefined) return notExposed;
    const count =
      result.criticalCount === 1 ? 'a critical vulnerability' : `${result.criticalCount} critical vulnerabilities`;
    const named = result.critical.length === 0 ? '' : ` (${shorten(result.critical)})`;
    return fail(`container ${container.name} has ${count}${named} and is exposed by ${how}`, container.at('image'), {
      items: result.critical,
    });
  },
  examples: {
    fail: [withReport('{ criticalCount: 1 }', 'NodePort')],
    pass: [
      withReport('{ criticalCount: 0 }', 'NodePort'),
      withReport('{ criticalCount: 1 }', 'ClusterIP'),
      withImage('nginx'),
    ],
  },
});

const noResults = unknown('no image scan results in the evidence');
const notScanned = unknown('the evidence has no scan result for this image');
const notExposed = notApplicable('nothing in the evidence exposes the pod outside the cluster');

function shorten(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;
}

function withReport(summary: string, serviceType: string): string {
  const pod = withImage('quay.io/team/app:1.4').replace('metadata:\n', 'metadata:\n  labels: { app: shop }\n');
  return `apiVersion: aquasecurity.github.io/v1alpha1
kind: VulnerabilityReport
metadata: { name: pod-example-app, namespace: shop }
report:
  registry: { server: quay.io }
  artifact: { repository: team/app, tag: "1.4" }
  summary: ${summary}
---
apiVersion: v1
kind: Service
metadata: { name: shop, namespace: shop }
spec: { type: ${serviceType}, selector: { app: shop } }
---
${pod}`;
}
