import { credentialsInCommand } from '../../model/credential-commands.ts';
import { isSuspectName } from '../../model/credential-names.ts';
import { credentialUnder, describeCredential } from '../../model/credential-shapes.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: 'secrets/environment-credential',
  title: 'No credential is written into the environment of a container',
  severity: 'high',
  subject: 'container',
  why: 'Whoever may read pods or their manifests has it: it lies in the repository, in etcd outside of what is encrypted, and in every copy of the object.',
  remedy: 'Put it into a Secret or a store outside the cluster, mount it as a file, and change it: it has been seen.',
  check: ({ container }) => {
    const failures: Failure[] = [];
    for (const { name, value, path } of container.env) {
      if (value === undefined) continue;
      const found = credentialUnder(name, value);
      if (found === undefined) {
        if (isSuspectName(name)) continue;
        for (const { name: option, found: given } of credentialsInCommand(value)) {
          const message = `${option} in variable ${name} of container ${container.name} holds ${describeCredential(given)}`;
          failures.push(fail(message, [...path, 'value'], { key: `${name} ${option}` }));
        }
        continue;
      }
      const message = `variable ${name} of container ${container.name} holds ${describeCredential(found)}`;
      failures.push(fail(message, [...path, 'value'], { key: name }));
    }
    return failures;
  },
  examples: {
    fail: [
      inContainer('env: [{ name: DB_PASSWORD, value: correct-horse }]'),
      inContainer('env: [{ name: DATABASE, value: "postgres://shop:correct-horse@db.shop:5432/shop" }]'),
      inContainer('env: [{ name: AWS, value: AKIAIOSFODNN7EXAMPLE }]'),
      inContainer('env: [{ name: JAVA_OPTS, value: "-Xmx1g -Ddb.password=correct-horse" }]'),
    ],
    pass: [
      inContainer('env: [{ name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }]'),
      inContainer('env: [{ name: DB_PASSWORD_FILE, value: /run/secrets/db }, { name: TOKEN, value: $(OTHER) }]'),
      inContainer('env: [{ name: DISABLE_TOKEN, value: "true" }, { name: URL, value: "https://example.com/a:b@c" }]'),
      inContainer('env: [{ name: DB, value: "postgres://$(USER):$(PASSWORD)@db/shop" }, { name: TOKEN, value: "" }]'),
      inContainer('env: [{ name: JAVA_OPTS, value: "-Ddb.password=$(DB_PASSWORD) -Dtoken.ttl=24h" }]'),
    ],
  },
});
