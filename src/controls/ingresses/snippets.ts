import { isIngress } from '../../facts/routes.ts';
import { isObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { annotated } from './examples.ts';
import { nginxAnnotation } from './ingress-control.ts';

/** Directives that read files of the controller, run code in it or pass requests on to where it can go. */
const reaching = /lua_|_by_lua|\balias\s|\broot\s|\bproxy_pass\s|\binclude\s|serviceaccount|\/var\/run|\/etc\//;

/** Source: CVE-2021-25742; the annotations of ingress-nginx that end in `-snippet`. */
export default control({
  id: 'ingresses/snippets',
  title: 'No Ingress writes into the configuration of its controller',
  severity: 'high',
  subject: 'object',
  kinds: ['Ingress', 'ConfigMap'],
  why: 'A snippet becomes part of the configuration of the controller: whoever may write Ingresses reads the controller’s token with it, and so every Secret that has a certificate (CVE-2021-25742).',
  remedy:
    'Use the annotation or the setting that is made for the purpose, and set allow-snippet-annotations: "false" in the controller’s ConfigMap.',
  check: ({ object }) => {
    if (isIngress(object)) return ofIngress(object);
    return isControllerConfig(object) ? ofController(object) : notApplicable('it configures no ingress controller');
  },
  examples: {
    fail: [
      annotated('nginx.ingress.kubernetes.io/configuration-snippet: "more_set_headers \'x-a: b\';"'),
      annotated('nginx.ingress.kubernetes.io/server-snippet: "location /t { alias /var/run/secrets/; }"'),
      controllerConfig('allow-snippet-annotations: "true"'),
      controllerConfig('annotations-risk-level: Critical'),
    ],
    pass: [
      annotated('nginx.ingress.kubernetes.io/proxy-body-size: 8m'),
      annotated('nginx.ingress.kubernetes.io/configuration-snippet: ""'),
      controllerConfig('allow-snippet-annotations: "false"'),
    ],
  },
});

function ofIngress({ value }: KubeObject): readonly Failure[] {
  const annotations = valueAt(value, ['metadata', 'annotations']);
  if (!isObject(annotations)) return [];
  const failures: Failure[] = [];
  for (const [key, text] of Object.entries(annotations)) {
    const name = nginxAnnotation(key);
    if (name?.endsWith('-snippet') !== true || typeof text !== 'string' || text.trim() === '') continue;
    const isReaching = reaching.test(text);
    const more = isReaching ? ', with directives that reach files or code of the controller' : '';
    failures.push(
      fail(`${name} is put into the configuration of the controller${more}`, ['metadata', 'annotations', key], {
        key: name,
        ...(isReaching ? { severity: 'critical' as const } : {}),
      }),
    );
  }
  return failures;
}

/** The ConfigMap of ingress-nginx, by the label that its chart and its manifests give to it. */
function isControllerConfig({ apiVersion, kind, value }: KubeObject): boolean {
  if (apiVersion !== 'v1' || kind !== 'ConfigMap') return false;
  return valueAt(value, ['metadata', 'labels', 'app.kubernetes.io/name']) === 'ingress-nginx';
}

function ofController({ value }: KubeObject): readonly Failure[] {
  const data = own(value, 'data');
  if (!isObject(data)) return [];
  const failures: Failure[] = [];
  if (own(data, 'allow-snippet-annotations') === 'true') {
    const message = 'every Ingress may write snippets into the configuration of the controller';
    failures.push(fail(message, ['data', 'allow-snippet-annotations'], { key: 'allowed', severity: 'medium' }));
  }
  if (own(data, 'annotations-risk-level') === 'Critical') {
    const message = 'annotations of the gravest risk are taken, snippets among them';
    failures.push(fail(message, ['data', 'annotations-risk-level'], { key: 'risk', severity: 'medium' }));
  }
  return failures;
}

function controllerConfig(data: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx, labels: {app.kubernetes.io/name: ingress-nginx}}
data: {${data}}
`;
}
