import type { Container } from '../../model/container.ts';
import { isList, isObject, own } from '../../model/json.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

/** Source: CIS Kubernetes Benchmark 1.12, 5.4.1. */
export default control({
  id: 'secrets/environment',
  title: 'Secrets reach programs as files, not as environment variables',
  severity: 'low',
  subject: 'container',
  why: 'The environment is inherited by every program that is started, shows in crash reports and debug pages, and keeps its old value when the Secret changes.',
  remedy: 'Mount the Secret as a volume and let the program read the file.',
  check: ({ container }) => {
    const names = variablesOf(container);
    if (names.length === 0) return pass;
    const [first, ...more] = names;
    const text =
      more.length > 1 ? `${first?.says} and ${more.length} more` : names.map(({ says }) => says).join(' and ');
    return fail(`container ${container.name} gets ${text}`, first?.at ?? container.path, {
      items: names.map(({ says }) => says),
    });
  },
  examples: {
    fail: [
      inContainer('env: [{ name: PASSWORD, valueFrom: { secretKeyRef: { name: database, key: password } } }]'),
      inContainer('envFrom: [{ secretRef: { name: database } }]'),
    ],
    pass: [
      inContainer('env: [{ name: HOST, valueFrom: { configMapKeyRef: { name: database, key: host } } }]'),
      inContainer('envFrom: [{ configMapRef: { name: database } }]'),
      inPod('volumes: [{ name: database, secret: { secretName: database } }]'),
    ],
  },
});

interface Variable {
  readonly says: string;
  readonly at: readonly (string | number)[];
}

function variablesOf(container: Container): readonly Variable[] {
  const found: Variable[] = [];
  for (const { name, secretKeyRef, path } of container.env) {
    if (secretKeyRef)
      found.push({ says: `variable ${name} from a Secret`, at: [...path, 'valueFrom', 'secretKeyRef'] });
  }
  const sources = own(container.raw, 'envFrom');
  if (!isList(sources)) return found;
  for (const [index, source] of sources.entries()) {
    const reference = isObject(source) ? own(source, 'secretRef') : undefined;
    if (!isObject(reference)) continue;
    const name = own(reference, 'name');
    found.push({
      says: typeof name === 'string' ? `all of Secret ${name} as variables` : 'all of a Secret as variables',
      at: container.at('envFrom', index, 'secretRef'),
    });
  }
  return found;
}
