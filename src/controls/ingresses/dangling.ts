import { defineFact } from '../../facts/facts.ts';
import { backendKinds, backendsOf } from '../../facts/routes.ts';
import { readService, type Service } from '../../facts/services.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { ingress, rule } from './examples.ts';

const servicesByName = defineFact('services-by-name', ({ snapshot }): ReadonlyMap<string, Service> => {
  const found = new Map<string, Service>();
  for (const object of snapshot.objects) {
    const service = readService(object);
    if (service !== undefined) found.set(`${object.namespace ?? ''}/${object.name}`, service);
  }
  return found;
});

export default control({
  id: 'ingresses/dangling',
  title: 'Ingresses and routes lead to Services that exist',
  severity: 'low',
  profile: 'reliability',
  subject: 'object',
  kinds: backendKinds,
  why: 'Requests are answered with an error, and whoever makes a Service of that name gets them, with everything that users send along.',
  remedy: 'Name a Service and a port that exist, or take the rule out.',
  check: ({ object }, facts) => {
    const backends = backendsOf(object);
    if (backends.length === 0) return notApplicable('it leads to no Service');
    const services = facts.get(servicesByName);
    // Manifests rarely hold everything; a cluster does.
    const isWhole = facts.snapshot.cluster !== undefined && facts.snapshot.cluster.namespaces === undefined;
    const failures = new Map<string, Failure>();
    for (const { namespace, name, port, path } of backends) {
      const service = services.get(`${namespace ?? ''}/${name}`);
      const key = `${name}:${port}`;
      if (service === undefined) {
        if (isWhole) failures.set(key, fail(`there is no Service ${name}`, [...path, 'name'], { key }));
        continue;
      }
      const isThere = port === undefined || service.type === 'ExternalName' || hasPort(service, port);
      if (!isThere) failures.set(key, fail(`Service ${name} has no port ${port}`, [...path, 'port'], { key }));
    }
    return [...failures.values()];
  },
  examples: {
    fail: [`${ingress(`rules: [${rule('web.example.com')}]`)}---\n${webService(8080)}`],
    pass: [`${ingress(`rules: [${rule('web.example.com')}]`)}---\n${webService(80)}`],
  },
});

function hasPort({ ports }: Service, port: number | string): boolean {
  return ports.some((each) => each.port === port || each.name === port);
}

function webService(port: number): string {
  return `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: ${port}}]}
`;
}
