import type { Container } from '../../model/container.ts';
import { type CommandCredential, credentialInHeader, credentialsInCommand } from '../../model/credential-commands.ts';
import { namedArgument } from '../../model/credential-lines.ts';
import { isSuspectName } from '../../model/credential-names.ts';
import {
  credentialShape,
  credentialUnder,
  describeCredential,
  type FoundCredential,
} from '../../model/credential-shapes.ts';
import { isList, isObject, type Json, own } from '../../model/json.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: 'secrets/arguments-credential',
  title: 'No credential is written into the commands and probes of a container',
  severity: 'high',
  subject: 'container',
  why: 'Arguments show in the manifest, in the list of processes of the node, and in logs of whatever starts and watches programs.',
  remedy: 'Put it into a Secret, let the program read it from a file, and change it: it has been seen.',
  check: ({ container }) => [
    ...(['command', 'args'] as const).flatMap((field) =>
      failuresIn(container[field], { container, at: [field], says: field }),
    ),
    ...handlers.flatMap((at) => handlerFailures(container, at)),
  ],
  examples: {
    fail: [
      inContainer('args: ["--db-password=correct-horse"]'),
      inContainer('args: ["--admin-token", "0123456789abcdef"]'),
      inContainer('command: [sh, -c, "curl https://robot:correct-horse@api.example/v1"]'),
      inContainer('command: [sh, -c, "export PGPASSWORD=correct-horse; exec psql -h db"]'),
      inContainer('command: [sh, -c]\nargs: ["curl -su admin -u admin:correct-horse https://api.example"]'),
      inContainer(
        'livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: Authorization, value: Bearer 0123456789abcdef }] } }',
      ),
    ],
    pass: [
      inContainer('args: ["--password-file=/etc/db/password", "--token=$(TOKEN)", "--token-ttl=24h"]'),
      inContainer('args: ["--secret", "--verbose"]'),
      inContainer('args: ["--cookie-secret=$(COOKIE_SECRET)", "--dump-password=false"]'),
      inContainer(
        `command: [sh, -c, 'mysql -p"$PASSWORD" --password="\${PASSWORD}"; curl -u "admin:$(cat /run/pw)" http://a']`,
      ),
      inContainer('readinessProbe: { httpGet: { port: 80, httpHeaders: [{ name: Authorization, value: "" }] } }'),
    ],
  },
});

/** Where a container has commands and headers besides its own command. */
const handlers = [
  ['livenessProbe'],
  ['readinessProbe'],
  ['startupProbe'],
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
];

interface Place {
  readonly container: Container;
  readonly at: readonly string[];
  readonly says: string;
}

function failuresIn(words: readonly string[], { container, at, says }: Place): Failure[] {
  const failures = new Map<string, Failure>();
  for (const { index, found, name } of credentialsIn(words)) {
    const argument = `argument ${index + 1} of ${says}`;
    const where =
      name === undefined ? argument : name.isWhole ? `argument ${name.text}` : `${name.text} in ${argument}`;
    const message = `${where} of container ${container.name} holds ${describeCredential(found)}`;
    const key = `${at.join('.')} ${name === undefined ? index : name.isWhole ? name.text : `${index} ${name.text}`}`;
    if (!failures.has(key)) failures.set(key, fail(message, container.at(...at, index), { key }));
  }
  return [...failures.values()];
}

interface FoundArgument {
  readonly index: number;
  readonly found: FoundCredential;
  /** What calls it so: the argument itself, or a word of the command line that the argument is. */
  readonly name?: { readonly text: string; readonly isWhole: boolean };
}

function* credentialsIn(words: readonly string[]): Generator<FoundArgument> {
  for (const [index, word] of words.entries()) {
    const { name, value } = namedArgument(word, words[index - 1]);
    if (name !== undefined && isSuspectName(name)) {
      const found = credentialUnder(name, value);
      if (found !== undefined) yield { index, found, name: { text: name, isWhole: true } };
      continue;
    }
    const inside = credentialsInCommand(word);
    for (const { found, name: text } of inside) yield { index, found, name: { text, isWhole: false } };
    const found = inside.some(isByShape) ? undefined : credentialShape(word);
    if (found !== undefined) yield { index, found };
  }
}

function isByShape({ byShape }: CommandCredential): boolean {
  return byShape;
}

function handlerFailures(container: Container, at: readonly string[]): readonly Failure[] {
  let handler: Json | undefined = container.raw;
  for (const step of at) handler = isObject(handler) ? own(handler, step) : undefined;
  if (!isObject(handler)) return [];
  const says = at.at(-1) ?? '';
  const exec = own(handler, 'exec');
  const command = isObject(exec) ? own(exec, 'command') : undefined;
  const words = isList(command) ? command.map((word) => (typeof word === 'string' ? word : '')) : [];
  const failures = failuresIn(words, { container, at: [...at, 'exec', 'command'], says });
  const get = own(handler, 'httpGet');
  const headers = isObject(get) ? own(get, 'httpHeaders') : undefined;
  if (!isList(headers)) return failures;
  for (const [index, header] of headers.entries()) {
    const name = isObject(header) ? own(header, 'name') : undefined;
    const value = isObject(header) ? own(header, 'value') : undefined;
    const found = typeof name === 'string' && typeof value === 'string' ? credentialInHeader(name, value) : undefined;
    if (found === undefined) continue;
    const message = `header ${String(name)} of ${says} of container ${container.name} holds ${describeCredential(found)}`;
    const path = container.at(...at, 'httpGet', 'httpHeaders', index, 'value');
    failures.push(fail(message, path, { key: `${at.join('.')} ${String(name)}` }));
  }
  return failures;
}
