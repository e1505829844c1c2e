import type { Facts } from '../../facts/facts.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import { file } from '../node-examples.ts';
import { settingFailure } from '../setting-control.ts';
import { type OidcIssuer, oidcIssuersOf, signingAlgorithms } from './oidc-issuers.ts';
import { apiServer, serverControls, settingOf, textOf } from './server-control.ts';

const issuer = ['--oidc-issuer-url=https://id.example.com', '--oidc-client-id=kubernetes'];

const structured = (...lines: readonly string[]): string =>
  apiServer('--authentication-config=/etc/kubernetes/authn.yaml') +
  file(
    '/etc/kubernetes/authn.yaml',
    `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n${lines.map((line) => `${line}\n`).join('')}`,
  );

const goodIssuer = '- issuer: {url: https://id.example.com, audiences: [kubernetes]}';

/** OIDC by flags and by AuthenticationConfiguration. Sources: KEP-3331; pkg/kubeapiserver/options/authentication.go. */
export default serverControls([
  {
    name: 'oidc-issuer',
    title: 'Every OIDC issuer is an https URL',
    severity: 'high',
    why: "The issuer's keys are fetched from its URL: over plain http anyone on the way can put in keys of their own. The API server does not start with such a URL.",
    check: eachIssuer(({ url, fail }) =>
      url.startsWith('https://')
        ? undefined
        : fail('oidc-issuer-url', 'is no https URL, and the server does not start with it'),
    ),
    examples: {
      fail: [
        apiServer('--oidc-issuer-url=http://id.example.com', '--oidc-client-id=kubernetes'),
        structured('- issuer: {url: "http://id.example.com", audiences: [a]}'),
      ],
      pass: [apiServer(...issuer), structured(goodIssuer)],
    },
  },
  {
    name: 'oidc-audience',
    title: 'Every OIDC issuer is asked for tokens that are meant for this cluster',
    severity: 'high',
    why: 'Without an audience, a token that the issuer gave out for any other program would be good for the cluster.',
    check: eachIssuer(({ audiences, audienceMatchPolicy, fail }) => {
      if (audiences.length === 0)
        return fail('oidc-client-id', 'names no audience, and the server does not start with it');
      if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny')
        return fail(
          'oidc-client-id',
          'names several audiences without audienceMatchPolicy: MatchAny, and the server does not start with it',
        );
      return undefined;
    }),
    examples: {
      fail: [
        apiServer('--oidc-issuer-url=https://id.example.com'),
        structured('- issuer: {url: https://id.example.com}'),
        structured('- issuer: {url: https://id.example.com, audiences: [a, b]}'),
      ],
      pass: [apiServer(...issuer), structured(goodIssuer)],
    },
  },
  {
    name: 'oidc-username-prefix',
    title: 'User names of an OIDC issuer carry a prefix',
    severity: 'medium',
    why: 'Without a prefix the issuer decides who is who: a user named system:admin there is system:admin here.',
    remedy: 'Set a prefix such as oidc:, and name users with it in role bindings.',
    check: eachIssuer((each) => {
      const { claim, prefix, expression } = each.username;
      if (expression !== '') return keepsSystemOut(each, 'oidc-username-prefix', 'takes user names from an expression');
      // By flags, the issuer's URL is the prefix of every claim but email.
      const flags = each.fail('oidc-username-prefix', 'gives user names no prefix');
      if (prefix === '-' || prefix === '') return guarded(each) ? undefined : flags;
      if (prefix === undefined && claim === 'email') return guarded(each) ? undefined : flags;
      return undefined;
    }),
    examples: {
      fail: [
        apiServer(...issuer, '--oidc-username-prefix=-'),
        apiServer(...issuer, '--oidc-username-claim=email'),
        structured(goodIssuer, '  claimMappings: {username: {claim: sub, prefix: ""}}'),
      ],
      pass: [
        apiServer(...issuer),
        apiServer(...issuer, '--oidc-username-claim=email', '--oidc-username-prefix=oidc:'),
        structured(goodIssuer, '  claimMappings: {username: {claim: sub, prefix: "oidc:"}}'),
        structured(
          goodIssuer,
          '  claimMappings: {username: {claim: sub, prefix: ""}}',
          '  userValidationRules: [{expression: "!user.username.startsWith(\'system:\')"}]',
        ),
      ],
    },
  },
  {
    name: 'oidc-groups-prefix',
    title: 'Groups of an OIDC issuer carry a prefix',
    severity: 'high',
    why: 'Without a prefix, whoever may make groups at the issuer may make system:masters, which nothing in the cluster can refuse.',
    remedy: 'Set a prefix such as oidc:, and name groups with it in role bindings.',
    check: eachIssuer((each) => {
      const { claim, prefix, expression } = each.groups;
      if (expression !== '') return keepsSystemOut(each, 'oidc-groups-prefix', 'takes groups from an expression');
      if (claim === '' || (prefix !== undefined && prefix !== '') || guarded(each)) return undefined;
      return each.fail(
        'oidc-groups-prefix',
        'gives groups no prefix: a group system:masters of the issuer is that of the cluster',
      );
    }),
    examples: {
      fail: [
        apiServer(...issuer, '--oidc-groups-claim=groups'),
        structured(goodIssuer, '  claimMappings: {groups: {claim: groups, prefix: ""}}'),
      ],
      pass: [
        apiServer(...issuer),
        apiServer(...issuer, '--oidc-groups-claim=groups', '--oidc-groups-prefix=oidc:'),
        structured(
          goodIssuer,
          '  claimMappings: {groups: {claim: groups, prefix: ""}}',
          '  userValidationRules: [{expression: "user.groups.all(group, !group.startsWith(\'system:\'))"}]',
        ),
      ],
    },
  },
  {
    name: 'oidc-required-claims',
    title: 'Of an OIDC issuer that serves everyone, only some tokens are accepted',
    severity: 'high',
    why: 'A public issuer signs tokens for the whole world, at some of them with an audience that the caller chooses: what tells your users apart is another claim.',
    remedy: 'Require a claim that only your organisation has: hd, tid, repository_owner, namespace_id.',
    check: eachIssuer((each) =>
      publicIssuers.test(each.url) && !each.restricted && each.userRules.length === 0
        ? each.fail('oidc-required-claim', `asks for no claim, and ${each.url} signs tokens for everyone`)
        : undefined,
    ),
    examples: {
      fail: [
        apiServer('--oidc-issuer-url=https://accounts.google.com', '--oidc-client-id=a'),
        structured('- issuer: {url: https://token.actions.githubusercontent.com, audiences: [a]}'),
      ],
      pass: [
        apiServer(
          '--oidc-issuer-url=https://accounts.google.com',
          '--oidc-client-id=a',
          '--oidc-required-claim=hd=example.com',
        ),
        apiServer(...issuer),
        structured(
          '- issuer: {url: https://token.actions.githubusercontent.com, audiences: [a]}',
          '  claimValidationRules: [{claim: repository_owner, requiredValue: example}]',
        ),
      ],
    },
  },
  {
    name: 'oidc-signing-algs',
    title: 'OIDC tokens are signed with an algorithm that the API server knows',
    severity: 'medium',
    why: 'The server verifies signatures with public keys only. With another algorithm in the list it does not start.',
    check: (server) => {
      if (textOf(server, 'oidc-issuer-url') === '') return notApplicable('no OIDC issuer is set by flags');
      const wrong = signingAlgorithms(server).filter((name) => !/^(?:RS|ES|PS)(?:256|384|512)$/.test(name));
      if (wrong.length === 0) return [];
      const says = `${wrong.join(', ')} is no algorithm that it takes, and the server does not start with it`;
      return settingFailure(server, settingOf(server, 'oidc-signing-algs'), { says });
    },
    examples: {
      fail: [apiServer(...issuer, '--oidc-signing-algs=none'), apiServer(...issuer, '--oidc-signing-algs=RS256,HS256')],
      pass: [apiServer(...issuer), apiServer(...issuer, '--oidc-signing-algs=ES256')],
    },
  },
]);

/** Issuers where anyone may have an account, or a job that gets tokens. */
const publicIssuers =
  /^https:\/\/(?:accounts\.google\.com|login\.microsoftonline\.com\/(?:common|organizations|consumers)\b|token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|agent\.buildkite\.com|oidc\.circleci\.com)/;

/** Asks each issuer; an issuer for which only a person can tell makes the whole verdict `manual`. */
function eachIssuer(
  judge: (issuer: OidcIssuer) => Failure | Verdict | undefined,
): (server: NodeComponent, facts: Facts) => Verdict | readonly Failure[] {
  return (server, facts) => {
    const issuers = oidcIssuersOf(server, facts);
    if ('kind' in issuers) return issuers;
    if (issuers.length === 0) return notApplicable('no OIDC issuer is configured');
    const failures: Failure[] = [];
    let open: Verdict | undefined;
    for (const each of issuers) {
      const verdict = judge(each);
      if (verdict?.kind === 'fail') failures.push(verdict);
      else open ??= verdict;
    }
    return failures.length === 0 && open !== undefined ? open : failures;
  };
}

/** Whether a rule keeps names that begin with `system:` out. */
function guarded({ userRules }: OidcIssuer): boolean {
  return userRules.some((rule) => rule.includes('system:'));
}

function keepsSystemOut(issuer: OidcIssuer, flag: string, says: string): Verdict | undefined {
  if (guarded(issuer)) return undefined;
  return {
    kind: 'manual',
    reason: `issuer ${issuer.url} ${says}: whether it keeps system: out must be read (${flag})`,
  };
}
