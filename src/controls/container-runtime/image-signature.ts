import { imageOf } from '../../facts/image-references.ts';
import { verifiesImage } from '../../facts/image-verification.ts';
import { refusedImage } from '../../facts/image-verification-reports.ts';
import { fail, pass, type Verdict } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-signature',
  title: 'Admission takes only images with a good signature',
  severity: 'medium',
  subject: 'container',
  why: 'A signature ties an image to who built it. Without a check at admission, whoever can push to the registry, or edit a manifest, chooses what runs.',
  remedy:
    'Sign images when they are built, and verify them at admission with Kyverno verifyImages, sigstore policy-controller or Ratify, set to enforce for every namespace.',
  // Signatures are in the registry, which is not asked: only what a policy engine has reported is a failure.
  check: ({ container, object }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    const report = facts.get(refusedImage)(object, image);
    if (report === undefined) return facts.get(verifiesImage)(image, object.namespace) ? pass : notVerified;
    const { policy, rule } = report;
    return fail(
      `container ${container.name} runs ${container.image}, which fails rule ${rule} of policy ${policy}`,
      container.at('image'),
    );
  },
  examples: {
    fail: [withReport('quay.io/team/app:1.4')],
    pass: [withVerification(), withReport('quay.io/team/other:1.4'), withImage('quay.io/team/app:1.4')],
  },
});

const notVerified: Verdict = {
  kind: 'manual',
  reason: 'no policy in the evidence is sure to verify the signature of this image, and registries are not asked',
};

function withVerification(): string {
  return `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: signed }
spec:
  rules:
    - name: signed
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - failureAction: Enforce
          imageReferences: ["*"]
          attestors: [{ entries: [{ keyless: { issuer: https://ci.example, subject: "*" } }] }]
---
${withImage('quay.io/team/app:1.4')}`;
}

function withReport(image: string): string {
  return `apiVersion: wgpolicyk8s.io/v1alpha2
kind: PolicyReport
metadata: { name: example, namespace: shop }
scope: { apiVersion: v1, kind: Pod, name: example, namespace: shop }
results:
  - policy: signed
    rule: signed
    result: fail
    source: kyverno
    message: 'failed to verify image ${image}: no signatures found'
---
${withVerification()}`;
}
