import { defineFact } from '../../facts/facts.ts';
import { imageOf } from '../../facts/image-references.ts';
import { findComponent } from '../../facts/platform-components.ts';
import { eachPodSubject } from '../../facts/workloads.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { annotated } from './examples.ts';
import { ingressControl, nginxAnnotation } from './ingress-control.ts';

/** Annotations of ingress-nginx whose values its template has written into the configuration as they were. */
const written: ReadonlySet<string> = new Set([
  'auth-url',
  'auth-signin',
  'auth-tls-match-cn',
  'auth-tls-error-page',
  'auth-method',
  'auth-realm',
  'auth-secret',
  'auth-proxy-set-headers',
  'mirror-target',
  'mirror-host',
  'mirror-request-body',
  'permanent-redirect',
  'proxy-redirect-from',
  'proxy-redirect-to',
  'rewrite-target',
  'secure-verify-ca-secret',
  'server-alias',
  'temporal-redirect',
  'upstream-hash-by',
  'x-forwarded-prefix',
]);

/** What ends a directive or opens a block. `#` begins the fragment of a URL. */
const syntax = /[\n\r;"`{}]/;

/** `${variable}` of nginx, and how often in a regular expression. */
const harmless = /\$\{\w{1,64}\}|\{\d{1,4}(?:,\d{0,4})?\}/g;

/** Whether a controller runs that is known to write such values into its configuration as they stand. */
const hasVulnerableController = defineFact('vulnerable-ingress-nginx', (facts): boolean => {
  const image = facts.get(imageOf);
  const component = facts.get(findComponent);
  for (const { pod } of eachPodSubject(facts)) {
    for (const container of pod.containers) {
      const reference = image(container);
      if ('kind' in reference) continue;
      if (component(reference)?.problem?.says.startsWith('CVE-2025-1974') === true) return true;
    }
  }
  return false;
});

/**
 * Source: CVE-2025-1097, CVE-2025-1098, CVE-2025-24513, CVE-2025-24514 (with CVE-2025-1974). The version of the
 * controller is judged by its image: `container-runtime/image-eol-component`.
 */
export default ingressControl({
  id: 'ingresses/injected-annotations',
  title: 'Annotations of Ingresses hold values, not configuration',
  severity: 'high',
  why: 'Versions of ingress-nginx wrote these values into the configuration as they stood: with a semicolon or a line break somebody runs code in the controller, which may read every Secret.',
  remedy: 'Take the value out, find out who wrote it, and move to a controller that is maintained.',
  judge: ({ annotations }, facts) => {
    const failures: Failure[] = [];
    for (const [key, text] of annotations) {
      const name = nginxAnnotation(key);
      if (name === undefined || !written.has(name) || !syntax.test(text.trim().replace(harmless, ''))) continue;
      const isRun = facts.get(hasVulnerableController);
      const more = isRun ? ', and the controller that runs here takes it' : '';
      const message = `the value of ${name} holds configuration of nginx${more}`;
      failures.push(
        fail(message, ['metadata', 'annotations', key], { key: name, ...(isRun && { severity: 'critical' as const }) }),
      );
    }
    return failures;
  },
  examples: {
    fail: [
      annotated('nginx.ingress.kubernetes.io/auth-url: "http://example.com/#;}}}\\n\\nssl_engine /proc/1/fd/7"'),
      annotated('nginx.ingress.kubernetes.io/mirror-target: "http://a; return 200"'),
    ],
    pass: [
      annotated('nginx.ingress.kubernetes.io/auth-url: "https://$host/oauth2/auth?rd=$escaped_request_uri"'),
      annotated('nginx.ingress.kubernetes.io/auth-tls-match-cn: "CN=(web|api)-[a-z]{2,8}"'),
      annotated('nginx.ingress.kubernetes.io/rewrite-target: /$2'),
    ],
  },
});
