import { credentialsInCommand, standIn } from './credential-commands.ts';
import { credentialAssigned, isComment, isRead, namedArgument } from './credential-lines.ts';
import { isSuspectName } from './credential-names.ts';
import {
  credentialShape,
  isLiteral,
  markedUnderName,
  markerOf,
  nothingTold,
  passwordInUrl,
  privateKey,
  shapeMarkersIn,
  shapes,
  userInfo,
} from './credential-shapes.ts';

/** Without one of these a text holds nothing that anything here looks for. */
const cue =
  /-----BEGIN|:\/\/|A[KS]IA|gh[pousr]_|glpat-|xox|AIza|_live_|sk-|SG\.|npm_|hf_|hvs\.|dop_v1_|eyJ|bearer|basic|pass|pwd|token|secret|key|"auth"|auth /i;

const ofShape = shapes
  .filter(({ says }) => says !== privateKey)
  .map(({ says, pattern }) => ({ says, pattern: new RegExp(pattern.source, `${pattern.flags}g`) }));

const holdsSecret = /(?:^|\n)\s*["']?kind["']?:\s*["']?Secret\b/;

/** More than controls call a credential: what may be one is not to leave this process. The first group is kept. */
const suspects: readonly RegExp[] = [
  /(:\/\/[^\s/:@]{0,256}:)(?!\[redacted)[^\s/@]{1,512}(?=@)/g,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /()\bgh[pousr]_[A-Za-z0-9]{20,255}\b/g,
  /()\bgithub_pat_[A-Za-z0-9_]{20,255}\b/g,
  /()\bglpat-[A-Za-z0-9_-]{20,64}/g,
  /()\bAIza[A-Za-z0-9_-]{35}/g,
  /()\b(?:npm|hf)_[A-Za-z0-9]{30,64}\b/g,
  /()\bhvs\.[A-Za-z0-9_-]{24,255}/g,
  /()\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g,
  /()\bxox[abeprs]-[A-Za-z0-9-]{10,255}/g,
  /()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /\b((?:Bearer|Basic)\s+)[A-Za-z0-9+/._~=-]{8,}/gi,
  /((?:pass(?:word|wd|phrase)|pwd|token|secret|(?:api|access|private|secret|signing|encryption)[_-]?key)["']?\s{0,4}[=:]\s{0,4}["']?)(?!\[redacted)[^\s"',;&$({]{3,}/gi,
];

/**
 * A text without the credentials in it. It keeps its lines, and the kind and length of each credential that controls
 * find in it.
 */
export function redactText(text: string): string {
  if (text.length < 8 || !cue.test(text)) return text;
  const redacted = redactSuspects(redactAssigned(redactShapes(text)));
  // All values of a Secret are secret, whatever they are called.
  return holdsSecret.test(text) ? markersOf(redacted) : redacted;
}

/** Of a text that is not to be shown at all: where in its lines the credentials are. */
export function redactLines(text: string): string {
  return markersOf(redactText(text));
}

/**
 * A command line, or what may be one. Lines of a shell are no lines of a configuration file: what it hands to its
 * programs is marked instead, and nothing else is called a credential that controls do not call one.
 */
export function redactCommand(text: string, prefix = ''): string {
  if (text.length < 8) return text;
  const marked = markCommand(text);
  // What stands before a value may be what makes it a suspect.
  const value = redactSuspects(redactShapes(marked.slice(prefix.length)));
  const redacted = redactSuspects(redactShapes(prefix + value));
  // What is taken out may leave quotes that mean something else, and of a Secret nothing is kept.
  return holdsSecret.test(text) || toldOf(redacted) !== toldOf(text) ? standInFor(text) : redacted;
}

/** What controls tell of a text that is a word of a command line. */
function toldOf(text: string): string {
  const { name } = namedArgument(text, undefined);
  const inside = credentialsInCommand(text).map((each) => [each.name, each.found]);
  return JSON.stringify([name !== undefined && isSuspectName(name), inside, credentialShape(text)]);
}

/** A command line of which controls tell the same, and that does nothing. */
function standInFor(text: string): string {
  const inside = credentialsInCommand(text);
  const shape = inside.some(({ byShape }) => byShape) ? undefined : credentialShape(text);
  const words = [...inside.map(standIn), ...(shape === undefined ? [] : [markerOf(shape)])];
  return words.length === 0 ? nothingTold : `${words.join(' ; ')} ; :`;
}

function markCommand(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const { found, start, end, prefix, byShape } of credentialsInCommand(text)) {
    if (byShape || start < from) continue;
    parts.push(text.slice(from, start), prefix, markerOf(found));
    from = end;
  }
  return `${parts.join('')}${text.slice(from)}`;
}

function redactShapes(text: string): string {
  let result = redactPrivateKeys(text);
  for (const { says, pattern } of ofShape) {
    result = result.replace(pattern, (found) => markerOf({ says, length: found.length }));
  }
  return result.replace(userInfo, (whole: string, user: string, password: string) => {
    if (password.startsWith('[redacted') || !isLiteral(password)) return whole;
    const before = whole.slice(0, whole.length - password.length - 1);
    return user === undefined ? whole : `${before}${markerOf({ says: passwordInUrl, length: password.length })}@`;
  });
}

const begin = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/g;

/** Keys in PEM, with as many lines as they had. What controls call a key has something behind its first line. */
function redactPrivateKeys(text: string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  const parts: string[] = [];
  let from = 0;
  for (const { 0: head, index } of text.matchAll(begin)) {
    const body = index + head.length;
    const rest = text.slice(body, body + 4096);
    if (index < from || !/^\s*[A-Za-z0-9+/=]/.test(rest)) continue;
    const next = endOfKey(text, body);
    const isInLine = /^[^\S\n]*[A-Za-z0-9+/=]/.test(rest);
    const lines = '\n'.repeat(text.slice(index, next).split('\n').length - 1);
    const found = { says: privateKey, length: undefined };
    parts.push(text.slice(from, index), markerOf(found, isInLine ? 'line' : 'block'), lines);
    from = next;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** Longer than any key. */
const longestKey = 16_384;

/** Words of base64 on one line, and lines of nothing else. */
const base64 =
  /(?:[ \t]*(?:\\n)?[A-Za-z0-9+/]+={0,2}(?=[\s\\"',;]|$))*(?:\r?\n[ \t]*[A-Za-z0-9+/]+={0,2}[ \t\r]*(?=\n|$))*/y;

/** Behind the line that ends a key; where there is none, behind what looks like a part of it. */
function endOfKey(text: string, body: number): number {
  const another = text.indexOf('-----BEGIN ', body);
  const mine = text.slice(body, another === -1 ? undefined : another);
  const last = mine.indexOf('-----END ');
  if (last !== -1) {
    const closed = mine.indexOf('-----', last + 9);
    return body + (closed === -1 ? mine.length : closed + 5);
  }
  base64.lastIndex = 0;
  return body + (base64.exec(mine.slice(0, longestKey))?.[0].length ?? 0);
}

/** `name: value` in the lines of a configuration file. A line that shows a credential by its shape is told by that. */
function redactAssigned(text: string): string {
  if (!text.includes('\n')) return text;
  return text
    .split('\n')
    .map((line) => {
      if (!isRead(line) || shapeMarkersIn(line, 'line').length > 0) return line;
      const assigned = credentialAssigned(line);
      if (assigned === undefined) return line;
      const { found, start, end: stop } = assigned;
      return `${line.slice(0, start)}${markerOf(found)}${line.slice(stop)}`;
    })
    .join('\n');
}

function redactSuspects(text: string): string {
  let result = text;
  for (const suspect of suspects) {
    result = result.replace(suspect, (whole: string, kept: string) => {
      return `${kept}${nothingTold}${shapeMarkersIn(whole.slice(kept.length), 'any').join('')}`;
    });
  }
  return result;
}

/** The markers of a text that is redacted, each in its line, and nothing else. */
function markersOf(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const markers = shapeMarkersIn(line, 'any').join(' ');
      if (markers !== '') return isComment(line) ? `# ${markers}` : markers;
      const assigned = isRead(line) ? credentialAssigned(line) : undefined;
      const value = assigned === undefined ? undefined : line.slice(assigned.start, assigned.end);
      return value !== undefined && markedUnderName(value) !== undefined ? `${assigned?.name}: ${value}` : '';
    })
    .join('\n');
}
