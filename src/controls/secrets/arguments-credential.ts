import type { Container } from '../../model/container.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';
import { credentialShape, credentialUnder, describeCredential, type FoundCredential } from './credential-shapes.ts';

/** `--db-password=value`, `-Dpassword=value`, `PASSWORD=value`. */
const inOne = /^(?:-{1,2}|-D)?([A-Za-z][\w.-]{0,127})=(.{3,})$/s;
const flag = /^-{1,2}([A-Za-z][\w.-]{0,127})$/;

export default control({
  id: 'secrets/arguments-credential',
  title: 'No credential is written into the command of a container',
  severity: 'high',
  subject: 'container',
  why: 'Arguments show in the manifest, in the list of processes of the node, and in logs of whatever starts and watches programs.',
  remedy: 'Put it into a Secret, let the program read it from a file, and change it: it has been seen.',
  check: ({ container }) => {
    const failures: Failure[] = [];
    for (const field of ['command', 'args'] as const) {
      for (const { index, found, name } of credentialsIn(container[field])) {
        const where = name === undefined ? `argument ${index + 1} of ${field}` : `argument ${name}`;
        const message = `${where} of container ${container.name} holds ${describeCredential(found)}`;
        failures.push(fail(message, container.at(field, index), { key: `${field} ${name ?? index}` }));
      }
    }
    return failures;
  },
  examples: {
    fail: [
      inContainer('args: ["--db-password=correct-horse"]'),
      inContainer('args: ["--admin-token", "0123456789abcdef"]'),
      inContainer('command: [sh, -c, "curl https://robot:correct-horse@api.example/v1"]'),
    ],
    pass: [
      inContainer('args: ["--password-file=/etc/db/password", "--token=$(TOKEN)", "--token-ttl=24h"]'),
      inContainer('args: ["--secret", "--verbose"]'),
      inContainer('args: ["--cookie-secret=$(COOKIE_SECRET)", "--dump-password=false"]'),
    ],
  },
});

interface FoundArgument {
  readonly index: number;
  readonly found: FoundCredential;
  readonly name: string | undefined;
}

function* credentialsIn(words: Container['args']): Generator<FoundArgument> {
  for (const [index, word] of words.entries()) {
    const [, named, value] = inOne.exec(word) ?? [];
    const before = flag.exec(words[index - 1] ?? '')?.[1];
    const name = named ?? (word.startsWith('-') ? undefined : before);
    const found = name === undefined ? credentialShape(word) : credentialUnder(name, value ?? word);
    if (found !== undefined) yield { index, found, name };
  }
}
