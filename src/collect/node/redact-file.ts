import type { FileEvidence } from '../../model/node.ts';
import { decodeText } from '../manifests/read-text.ts';
import type { FileProblem } from './file-problem.ts';
import type { Holds } from './layout.ts';
import { redactArguments, redactHostName, redactJsonLines, redactToml, redactUnit } from './redact-lines.ts';
import { redactKeys, redactPem } from './redact-pem.ts';
import { redacted } from './redact-words.ts';
import { redactYaml, type Secret } from './redact-yaml.ts';

export interface RedactedFile {
  readonly text?: string;
  readonly secret?: NonNullable<FileEvidence['secret']>;
  readonly problem?: FileProblem;
}

/** What may be kept of a file's content: text without credentials, and the kind of what was taken out. */
export function redactFile(content: Buffer, holds: Holds): RedactedFile {
  if (content.length === 0) return holds in textRules || holds === 'pem' ? { text: '' } : {};
  try {
    return redactContent(content, holds);
  } catch (error) {
    // The engine's regular expressions give up on texts that no one writes. Then nothing of them is kept.
    if (!(error instanceof RangeError)) throw error;
    return { problem: { kind: 'malformed', reason: 'too intricate to take its secrets out: its text is not kept' } };
  }
}

function redactContent(content: Buffer, holds: Holds): RedactedFile {
  switch (holds) {
    case 'none':
    case 'folder':
    case 'accounts':
    case 'sudoers':
    case 'sshd':
    case 'selinux':
    case 'keys':
      return {};
    case 'token':
    case 'password':
      return { secret: holds };
    case 'pem':
      return readPem(content);
    default:
      return readText(content, holds);
  }
}

const textRules = {
  yaml: redactYaml,
  manifest: redactYaml,
  unit: redactUnit,
  variables: redactUnit,
  arguments: redactArguments,
  toml: redactToml,
  policy: redactJsonLines,
  name: redactHostName,
} as const;

/** Anything may lie in a folder of certificates: what holds no PEM is not text of ours, and not broken either. */
function readPem(content: Buffer): RedactedFile {
  if (!content.includes('-----BEGIN ')) return {};
  const { text, hasPrivateKey, broken } = redactPem(content.toString('latin1'));
  return {
    ...(text !== undefined && { text }),
    ...(hasPrivateKey && { secret: 'private-key' as const }),
    ...(broken !== undefined && { problem: { kind: 'malformed' as const, reason: `broken PEM: ${broken}` } }),
  };
}

type TextHolds = keyof typeof textRules;

const redactedBefore: Partial<Record<TextHolds, Secret>> = {
  yaml: 'password',
  manifest: 'password',
  unit: 'token',
  variables: 'token',
  arguments: 'token',
  toml: 'password',
};

function readText(content: Buffer, holds: TextHolds): RedactedFile {
  const decoded = decodeText(content, '');
  if ('gap' in decoded) return { problem: { kind: 'malformed', reason: decoded.gap.reason } };
  const { text, secret, problem } = textRules[holds](decoded.text);
  if (text === undefined) return { problem: { kind: 'malformed', reason: problem ?? 'its text is not kept' } };
  const keys = redactKeys(text);
  // What a script took out on the node, for the rules above to find nothing more.
  const before = decoded.text.includes(redacted) ? redactedBefore[holds] : undefined;
  const held = secret ?? (keys.found ? 'private-key' : before);
  return { text: keys.text, ...(held !== undefined && { secret: held }) };
}
