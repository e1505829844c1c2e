import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { credentialsInCommand } from '../../model/credential-commands.ts';
import { describeCredential } from '../../model/credential-shapes.ts';
import { redactCredentials } from '../../model/redact-credentials.ts';
import { shellWords } from '../../model/shell-words.ts';
import argumentsCredential from './arguments-credential.ts';
import configMapCredential from './config-map-credential.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;

const inCommand = (text: string): string[] =>
  credentialsInCommand(text).map(({ name, found }) => `${name}: ${describeCredential(found)}`);

describe('a command line', () => {
  it.each<[text: string, found: readonly string[]]>([
    ['mysql --password=hunter2secret', ['password: a password of 13 characters']],
    ['mysql -u root -phunter2secret shop', ['-p: a password of 13 characters']],
    ['export AWS_SECRET_ACCESS_KEY=abcdefghijklmnop', ['AWS_SECRET_ACCESS_KEY: a key of 16 characters']],
    ["set -e; export PGPASSWORD='correct horse-1' ; psql", []],
    ["set -e; export PGPASSWORD='correct-horse' ; psql", ['PGPASSWORD: a password of 13 characters']],
    ['PGPASSWORD=correct-horse psql -h db && echo done', ['PGPASSWORD: a password of 13 characters']],
    ['curl -s -u admin:correct-horse https://a', ['-u: a password of 13 characters']],
    ['curl -uadmin:correct-horse https://a', ['-u: a password of 13 characters']],
    ['curl -H "Authorization: Bearer abcdef123456" https://a', ['Authorization: a token of 12 characters']],
    ['exec redis-server --requirepass correct-horse', ['requirepass: a password of 13 characters']],
    ['redis-cli -a correct-horse ping', ['-a: a password of 13 characters']],
    ['java -Ddb.password=correct-horse -jar a.jar', ['db.password: a password of 13 characters']],
    ['su app -c "vault login --token correct-horse"', ['token: a token of 13 characters']],
    [
      'kubectl create secret generic a --from-literal=password=correct-horse',
      ['password: a password of 13 characters'],
    ],
    [`git clone x && GITHUB_TOKEN=${token} gh pr`, ['GITHUB_TOKEN: a token of GitHub of 40 characters']],
    ['echo a\n# PASSWORD=correct-horse\nTOKEN=$(cat /run/token)\nPASSWORD="$1"', []],
    ['mysql -p"$PASSWORD" --password="${PASSWORD}" -h db', []],
    ['curl -u "admin:$PASSWORD" https://a; curl -u $(cat /run/pw) https://a', []],
    ['mysql -p -h db; ssh -p 2222 a; mkdir -p correct-horse', []],
    ['sed -i "s/password=.*/password=$1/" a.conf; grep password= a.conf', []],
    ['if [ -z "$PASSWORD" ]; then exit 1; fi; for token in a b c; do echo $token; done', []],
    ['kubectl get secret a -o jsonpath={.data.password}', []],
    ['app --password-file /run/pw --token-ttl 24h --secret-name database', []],
    ["python -c 'password = getpass(); token=request.headers[0]'", []],
    ['--password=<password> --token={{ .Values.token }} --secret=/run/secret', []],
  ])('%s', (text, expected) => expect(inCommand(text)).toEqual(expected));

  it('is split as a shell does', () => {
    const words = (text: string) => [...shellWords(text)].map((word) => `${word.isFirst ? '^' : ''}${word.text}`);
    expect(words(`a 'b c' "d \\"e" f\\ g;h|i&&j #k\nl "" m#n 2>&1 o`)).toEqual([
      '^a',
      'b c',
      'd "e',
      'f g',
      '^h',
      '^i',
      '^j',
      '^l',
      '',
      'm#n',
      '2',
      '1',
      'o',
    ]);
  });

  it('is nothing that throws, and its credentials stand where they are said to', () => {
    const part = fc.constantFrom(
      ...'\'"\\$`;&|()<> #\n=-:',
      'PASSWORD=',
      '--token ',
      'curl -u a:',
      'correct-horse',
      ' sh -c "',
      token,
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        for (const { found, start, end } of credentialsInCommand(text)) {
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          if (found.length !== undefined) expect(end - start).toBeGreaterThanOrEqual(found.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is read in time that grows with its length alone', () => {
    const started = performance.now();
    for (const part of ['a ', '"a ', "'", '$(', 'curl -u a:b ', ' ', 'PASSWORD=', '\\"a '])
      credentialsInCommand(part.repeat(190_000 / part.length));
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

const pod = (container: string): string => `apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: d, image: a, ${container}}]}
`;
const messages = (text: string): string[] => judgeExample(argumentsCredential, text).map(({ message }) => message);

describe('a container', () => {
  it.each<[container: string, message: string]>([
    [
      `command: [sh, -c, "git clone https://x; T=${token}"]`,
      'argument 3 of command of container d holds a token of GitHub of 40 characters',
    ],
    ['args: [-Ddb.password=correct-horse]', 'argument db.password of container d holds a password of 13 characters'],
    [
      'command: [sh, -c], args: ["export PGPASSWORD=correct-horse; psql"]',
      'PGPASSWORD in argument 1 of args of container d holds a password of 13 characters',
    ],
    [
      'livenessProbe: {exec: {command: [sh, -c, "redis-cli -a correct-horse ping"]}}',
      '-a in argument 3 of livenessProbe of container d holds a password of 13 characters',
    ],
    [
      'readinessProbe: {httpGet: {httpHeaders: [{name: Authorization, value: Bearer correct-horse}]}}',
      'header Authorization of readinessProbe of container d holds a token of 13 characters',
    ],
  ])('%s', (container, message) => expect(messages(pod(container))).toEqual([message]));

  it('has the same findings in a saved snapshot, which holds none of the values', () => {
    const value = 'correct-horse';
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: {
        containers: [
          {
            name: 'd',
            image: 'a',
            command: ['sh', '-c', `PGPASSWORD=${value} psql; curl -u admin:${value} https://a; mysql -p'${value}' x`],
            args: [`redis-server --requirepass ${value}`, `su -c "app --token ${value}"`, `-Ddb.password=${value}`],
            livenessProbe: { httpGet: { httpHeaders: [{ name: 'Authorization', value: `Bearer ${value}` }] } },
          },
        ],
      },
    });
    const saved = JSON.stringify(redactCredentials(JSON.parse(text)));
    expect(saved).not.toContain(value);
    expect(messages(text)).toHaveLength(7);
    expect(messages(saved)).toEqual(messages(text));
    expect(JSON.stringify(redactCredentials(JSON.parse(saved)))).toBe(saved);
  });
});

describe('a ConfigMap', () => {
  const configMap = (data: object): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data });
  const auths = '{"auths":{"https://index.docker.io/v1/":{"auth":"cm9ib3Q6Y29ycmVjdC1ob3JzZQ=="}}}';
  const kubeconfig = 'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: correct-horse\n';
  it.each<[data: Record<string, string>, message: string]>([
    [{ 'config.json': auths }, 'key config.json of ConfigMap c holds a password of a registry of 28 characters'],
    [
      { 'config.json': JSON.stringify(JSON.parse(auths), null, 2) },
      'line 4 of config.json of ConfigMap c holds a password of a registry of 28 characters',
    ],
    [{ config: kubeconfig }, 'line 6 (token) of config of ConfigMap c holds a token of 13 characters'],
    [
      { 'fluent-bit.conf': '[OUTPUT]\n    Name es\n    HTTP_User fluent\n    HTTP_Passwd correct-horse\n' },
      'line 4 (HTTP_Passwd) of fluent-bit.conf of ConfigMap c holds a password of 13 characters',
    ],
    [
      { 'redis.conf': 'port 6379\nrequirepass correct-horse\n' },
      'line 2 (requirepass) of redis.conf of ConfigMap c holds a password of 13 characters',
    ],
  ])('%j', (data, message) => {
    const found = (text: string) => judgeExample(configMapCredential, text).map((each) => each.message);
    const text = configMap(data);
    expect(found(text)).toEqual([message]);
    expect(found(JSON.stringify(redactCredentials(JSON.parse(text))))).toEqual([message]);
  });

  it.each([
    { 'config.json': '{"auth":"kubernetes"}' },
    { 'fluent-bit.conf': '[OUTPUT]\n    HTTP_Passwd ${ES_PASSWORD}\n    HTTP_User fluent\n' },
    { 'redis.conf': 'requirepass replace-default-auth\n# requirepass foobared\nrequirepass\nport 6379\n' },
  ])('%j has none', (data) => expect(judgeExample(configMapCredential, configMap(data))).toEqual([]));
});
