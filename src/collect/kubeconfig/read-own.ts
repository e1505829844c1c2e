import type { Json } from '../../model/json.ts';
import type { KubeconfigEvidence, TokenEvidence } from '../../model/kubeconfig.ts';
import type { FileEvidence } from '../../model/node.ts';
import { Reader } from '../../model/reader.ts';
import { isKubeconfig } from '../../semantics/kubeconfig/parse.ts';
import { tokenClaims } from '../../semantics/kubeconfig/token.ts';
import { parseYaml, YamlError } from '../../yaml/parse.ts';
import type { Holds } from '../node/layout.ts';
import { redactFile } from '../node/redact-file.ts';
import { isSecretName } from '../node/redact-words.ts';

/** What is kept of a kubeconfig, and the files that it names. */
export interface OwnFile {
  readonly text?: string;
  readonly secret?: NonNullable<FileEvidence['secret']>;
  readonly problem?: string;
  readonly isKubeconfig: boolean;
  readonly tokens: readonly TokenEvidence[];
  readonly variables: KubeconfigEvidence['variables'];
  readonly references: readonly OwnReference[];
}

export interface OwnReference {
  /** As it is written: relative to the kubeconfig's folder. */
  readonly path: string;
  readonly holds: Holds;
  /** Whose token the file holds. */
  readonly user?: string;
}

const nothing = { isKubeconfig: false, tokens: [], variables: [], references: [] } as const;

/** Reads a kubeconfig of the user's own: its credentials become what they say of themselves, and are dropped. */
export function readOwn(file: string, content: Buffer): OwnFile {
  const { text, secret, problem } = redactFile(content, 'yaml');
  const kept = {
    ...(text !== undefined && { text }),
    ...(secret !== undefined && { secret }),
    ...(problem !== undefined && { problem: problem.reason }),
  };
  let value: Json;
  try {
    value = parseYaml(content.toString('utf8'), 1).value;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { ...nothing, ...kept };
  }
  if (!isKubeconfig(value)) return { ...nothing, ...kept };
  const root = new Reader(value, [], []);
  const tokens: TokenEvidence[] = [];
  const variables: KubeconfigEvidence['variables'][number][] = [];
  const references: OwnReference[] = [];
  const refer = (path: string | undefined, holds: Holds, user?: string): void => {
    if (path !== undefined && path !== '' && !path.includes('\0')) {
      references.push({ path, holds, ...(user !== undefined && { user }) });
    }
  };
  for (const entry of root.objects('clusters')) refer(entry.object('cluster').string('certificate-authority'), 'pem');
  for (const entry of root.objects('users')) {
    const name = entry.string('name') ?? '';
    const user = entry.object('user');
    const token = user.string('token') ?? '';
    if (token !== '') tokens.push({ file, user: name, claims: tokenClaims(token) });
    // The file's token wins over the one beside it.
    refer(user.string('tokenFile'), 'token', name);
    refer(user.string('client-certificate'), 'pem');
    refer(user.string('client-key'), 'pem');
    for (const variable of user.object('exec').objects('env')) {
      const called = variable.string('name') ?? '';
      if (isSecretName(called) && (variable.string('value') ?? '') !== '')
        variables.push({ file, user: name, name: called });
    }
  }
  return { ...kept, isKubeconfig: true, tokens, variables, references };
}
