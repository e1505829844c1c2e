import type { Facts } from '../../facts/facts.ts';
import { isObject } from '../../model/json.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Path } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';
import type { Failure, Verdict } from '../../model/verdict.ts';
import { settingFailure } from '../setting-control.ts';
import { documentFailure, namedDocuments, notKnown } from './named-file.ts';
import { listOf, settingOf, textOf } from './server-control.ts';

/** A claim that a name is taken from. `expression`: CEL decides, and `prefix` says nothing. */
export interface ClaimMapping {
  readonly claim: string;
  /** Undefined: the flag is not set. */
  readonly prefix: string | undefined;
  readonly expression: string;
}

/** One OIDC issuer, whether flags or an AuthenticationConfiguration say it. */
export interface OidcIssuer {
  readonly url: string;
  readonly audiences: readonly string[];
  /** Of what stands for "any of the audiences"; empty where it is not said. */
  readonly audienceMatchPolicy: string;
  readonly username: ClaimMapping;
  readonly groups: ClaimMapping;
  /** Whether something beyond issuer and audience must hold of a token: required claims, rules for claims. */
  readonly restricted: boolean;
  /** CEL of `userValidationRules`. */
  readonly userRules: readonly string[];
  /** A failure at one of its settings, under the flag's name. */
  readonly fail: (flag: string, says: string) => Failure;
}

/** The issuers whose tokens are accepted; a verdict where they are not known. */
export function oidcIssuersOf(server: NodeComponent, facts: Facts): readonly OidcIssuer[] | Verdict {
  const document = facts.get(namedDocuments)(server, 'authentication-config');
  if (document.kind === 'unusable') return notKnown(document.verdict);
  if (document.kind === 'unset') return fromFlags(server);
  const { value } = document;
  if (!isObject(value)) return [];
  const failAt = (jwt: Reader) => (flag: string, says: string) => {
    const at: Path = jwt.at(...(fieldOf.get(flag) ?? []));
    return documentFailure(document, at, { message: `${issuerName(jwt)} ${says}`, key: `${issuerName(jwt)} ${flag}` });
  };
  return new Reader(value, [], []).objects('jwt').map((jwt) => fromJwt(jwt, failAt(jwt)));
}

const fieldOf: ReadonlyMap<string, Path> = new Map<string, Path>([
  ['oidc-issuer-url', ['issuer', 'url']],
  ['oidc-client-id', ['issuer', 'audiences']],
  ['oidc-username-prefix', ['claimMappings', 'username']],
  ['oidc-groups-prefix', ['claimMappings', 'groups']],
  ['oidc-required-claim', ['claimValidationRules']],
]);

function issuerName(jwt: Reader): string {
  return `issuer ${jwt.object('issuer').string('url') ?? '(no url)'}`;
}

function fromFlags(server: NodeComponent): readonly OidcIssuer[] {
  const url = textOf(server, 'oidc-issuer-url');
  if (url === '') return [];
  const clientId = textOf(server, 'oidc-client-id');
  const required = server.config.get('oidc-required-claim')?.value;
  return [
    {
      url,
      audiences: clientId === '' ? [] : [clientId],
      audienceMatchPolicy: '',
      username: {
        claim: textOf(server, 'oidc-username-claim'),
        prefix: textOf(server, 'oidc-username-prefix') || undefined,
        expression: '',
      },
      groups: {
        claim: textOf(server, 'oidc-groups-claim'),
        prefix: textOf(server, 'oidc-groups-prefix') || undefined,
        expression: '',
      },
      restricted: isObject(required) && Object.keys(required).length > 0,
      userRules: [],
      fail: (flag, says) => settingFailure(server, settingOf(server, flag), { says }),
    },
  ];
}

function fromJwt(jwt: Reader, fail: OidcIssuer['fail']): OidcIssuer {
  const issuer = jwt.object('issuer');
  const mappings = jwt.object('claimMappings');
  return {
    url: issuer.string('url') ?? '',
    audiences: issuer.strings('audiences'),
    audienceMatchPolicy: issuer.string('audienceMatchPolicy') ?? '',
    username: mapping(mappings.object('username')),
    groups: mapping(mappings.object('groups')),
    restricted: jwt.objects('claimValidationRules').length > 0,
    userRules: jwt.objects('userValidationRules').map((rule) => rule.string('expression') ?? ''),
    fail,
  };
}

function mapping(reader: Reader): ClaimMapping {
  return {
    claim: reader.string('claim') ?? '',
    prefix: reader.string('prefix'),
    expression: reader.string('expression') ?? '',
  };
}

/** The algorithms that the server takes for tokens of the flags' issuer. */
export function signingAlgorithms(server: NodeComponent): readonly string[] {
  return listOf(server, 'oidc-signing-algs');
}
