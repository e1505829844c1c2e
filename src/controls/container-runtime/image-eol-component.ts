import { imageOf } from '../../facts/image-references.ts';
import { findComponent } from '../../facts/platform-components.ts';
import { fail, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-eol-component',
  title: 'Platform components are maintained versions',
  severity: 'high',
  subject: 'container',
  why: 'Ingress controllers, network plugins and dashboards are reached by many and may do much. When nobody mends them any more, the next hole in them stays open.',
  remedy: 'Move to a release that is maintained; where the project has ended, to what takes its place.',
  check: ({ container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    const component = facts.get(findComponent)(image);
    if (component === undefined) return pass;
    const { problem, reason } = component;
    if (problem !== undefined) {
      const { severity, says } = problem;
      return fail(`container ${container.name} runs ${container.image}: ${says}`, container.at('image'), { severity });
    }
    return reason === undefined ? pass : unknown(reason);
  },
  examples: {
    fail: [
      'registry.k8s.io/ingress-nginx/controller:v1.15.1',
      'gcr.io/kubernetes-helm/tiller:v2.16.1',
      'kubernetesui/dashboard:v2.7.0',
      'quay.io/argoproj/argocd:v2.9.3',
      'ghcr.io/kyverno/kyverno:v1.8.4',
    ].map((image) => withImage(image)),
    pass: [
      'registry.example/team/ingress-controller:v0.1.0',
      'registry.example/tiller:v2.16.1',
      'quay.io/argoproj/argocd:v99.0.0',
      'quay.io/argoproj/argocd:latest',
      'ghcr.io/kyverno/kyverno:v1.8.10',
    ].map((image) => withImage(image)),
  },
});
