import type { Facts } from '../../facts/facts.ts';
import { isObject } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { formatPath } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { file } from '../node-examples.ts';
import { documentFailure, namedDocuments, notKnown } from './named-file.ts';
import { apiServer, serverControls } from './server-control.ts';

const withConfig = (...lines: readonly string[]): string =>
  apiServer('--authentication-config=/etc/kubernetes/authn.yaml') +
  file(
    '/etc/kubernetes/authn.yaml',
    `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n${lines.map((line) => `${line}\n`).join('')}`,
  );

const jwt = (mappings: string, issuer = 'url: https://id.example.com, audiences: [a]'): readonly string[] => [
  'jwt:',
  `- issuer: {${issuer}}`,
  `  claimMappings: {${mappings}}`,
];

/** Source: KEP-3331 and KEP-4633; staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go. */
export default serverControls([
  {
    name: 'authentication-config',
    title: 'The authenticators of the API server are configured as it loads them',
    severity: 'high',
    why: 'The API server does not start with a configuration that it refuses; while it runs, it keeps the one from before.',
    check: judgeConfig,
    examples: {
      fail: [
        withConfig(...jwt('username: {claim: sub}')),
        withConfig(...jwt('username: {claim: sub, prefix: "", expression: claims.sub}')),
        withConfig(...jwt('username: {claim: sub, prefix: "a:"}, groups: {claim: groups}')),
        withConfig(...jwt(''), ...jwt('username: {claim: sub, prefix: ""}').slice(1)),
        withConfig('anonymous: {enabled: false, conditions: [{path: /livez}]}'),
        withConfig('anonymous: {enabled: true, conditions: [{path: livez}]}'),
      ],
      pass: [
        withConfig(...jwt('username: {claim: sub, prefix: "oidc:"}, groups: {expression: claims.roles}')),
        withConfig('anonymous: {enabled: true, conditions: [{path: /livez}]}'),
      ],
    },
  },
]);

type Report = (reader: Reader, field: string, message: string) => void;

function judgeConfig(server: NodeComponent, facts: Facts): Verdict | readonly Failure[] {
  const document = facts.get(namedDocuments)(server, 'authentication-config');
  if (document.kind === 'unset') return notApplicable('there is no AuthenticationConfiguration');
  if (document.kind === 'unusable') return notKnown(document.verdict);
  const { value } = document;
  if (!isObject(value)) return documentFailure(document, [], { message: 'the file holds no configuration' });
  const failures: Failure[] = [];
  const report: Report = (reader, field, message) => {
    const at = reader.at(field);
    const says = `${message}, and the server does not load it`;
    failures.push(documentFailure(document, at, { message: says, key: `${formatPath(at)} ${message}` }));
  };
  const config = new Reader(value, [], []);
  const issuers = new Set<string>();
  for (const each of config.objects('jwt')) {
    const url = each.object('issuer').string('url') ?? '';
    if (url !== '' && issuers.has(url)) report(each.object('issuer'), 'url', `issuer ${url} is there twice`);
    issuers.add(url);
    checkMappings(each, url || '(no url)', report);
  }
  if (config.has('anonymous')) checkAnonymous(config.object('anonymous'), report);
  return failures;
}

function checkMappings(each: Reader, url: string, report: Report): void {
  const mappings = each.object('claimMappings');
  for (const name of ['username', 'groups']) {
    const mapping = mappings.object(name);
    const claim = mapping.string('claim') ?? '';
    const expression = mapping.string('expression') ?? '';
    if (claim === '' && expression === '' && name === 'username')
      report(mappings, name, `issuer ${url} says no claim for user names`);
    if (claim !== '' && expression !== '') report(mappings, name, `issuer ${url} has claim and expression for ${name}`);
    if (claim !== '' && expression === '' && !mapping.has('prefix'))
      report(mappings, name, `issuer ${url} says no prefix for the claim of ${name}, not even an empty one`);
    if (expression !== '' && mapping.has('prefix'))
      report(mappings, name, `issuer ${url} has a prefix beside the expression of ${name}`);
  }
}

function checkAnonymous(anonymous: Reader, report: Report): void {
  const conditions = anonymous.objects('conditions');
  if (anonymous.boolean('enabled') !== true && conditions.length > 0)
    report(anonymous, 'conditions', 'anonymous has conditions and is not enabled');
  for (const condition of conditions) {
    const path = condition.string('path') ?? '';
    if (!path.startsWith('/')) report(condition, 'path', `the path ${path || '(none)'} does not begin with a slash`);
  }
}
