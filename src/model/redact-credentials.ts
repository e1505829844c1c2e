import { credentialInHeader } from './credential-commands.ts';
import { namedArgument } from './credential-lines.ts';
import { isSuspectName } from './credential-names.ts';
import { credentialUnder, isMarker, markerOf, nothingTold } from './credential-shapes.ts';
import { isList, isObject, type Json, type JsonObject, own } from './json.ts';
import { redactSecret } from './redact.ts';
import { redactCommand, redactLines, redactText } from './redact-text.ts';

/**
 * A copy of an object without the credentials that people write where they do not belong: values of variables and keys
 * with a telling name, keys and tokens of a known shape in any text, Secrets inside other objects, and the annotation
 * in which kubectl keeps the object once more. For what leaves this process, such as a saved snapshot. Where controls
 * call a text a credential, its kind and length stay (`markerOf`), so that they find it in the copy as well.
 */
export function redactCredentials(value: JsonObject): JsonObject {
  const redacted = redactObject(value, 0) as JsonObject;
  const binaryData = own(value, 'kind') === 'ConfigMap' ? own(value, 'binaryData') : undefined;
  return isObject(binaryData) ? { ...redacted, binaryData: redactBinary(binaryData) } : redacted;
}

/** Deeper than anything that the API server takes apart. */
const maxDepth = 400;

function redactJson(value: Json, depth: number): Json {
  if (typeof value === 'string') return redactText(value);
  if (depth > maxDepth) return nothingTold;
  if (isList(value)) return value.map((item, at) => redactItem(item, value[at - 1], depth + 1));
  return isObject(value) ? redactObject(value, depth) : value;
}

/** An item of a list, which may be a word of a command line: `--db-password=…`, or `0123…` after `--admin-token`. */
function redactItem(item: Json, before: Json | undefined, depth: number): Json {
  if (typeof item !== 'string') return redactJson(item, depth);
  const { name, prefix, value } = namedArgument(item, typeof before === 'string' ? before : undefined);
  if (name !== undefined && isSuspectName(name)) return prefix + redactValue(name, value);
  return redactCommand(item, prefix);
}

function redactObject(value: JsonObject, depth: number): Json {
  if (depth > 0 && own(value, 'kind') === 'Secret' && !('redacted' in value)) return redactSecret(value);
  const name = own(value, 'name');
  const variable = typeof name === 'string' && isSuspectName(name) ? name : undefined;
  const entries = Object.entries(value).map(([key, field]): [string, Json] => {
    if (typeof field !== 'string') return [key, redactJson(field, depth + 1)];
    if (key === 'kubectl.kubernetes.io/last-applied-configuration') return [key, appliedVersion(field)];
    if (key === 'value' && variable !== undefined) return [key, redactValue(variable, field)];
    if (key === 'value' && typeof name === 'string') return [key, redactCommand(field)];
    return [key, redactField(key, field)];
  });
  return Object.fromEntries(entries);
}

/** A field by its own name, as keys of a ConfigMap have one. */
function redactField(key: string, text: string): string {
  if (!isSuspectName(key)) return redactText(text);
  return text.includes('\n') ? redactLines(text) : redactValue(key, text);
}

/** All of a text: under its name it is a credential. */
function redactValue(name: string, text: string): string {
  if (isReference(text)) return text;
  const found = credentialUnder(name, text) ?? credentialInHeader(name, text);
  return found === undefined ? nothingTold : markerOf(found);
}

/** Text that somebody has put where bytes belong. */
function redactBinary(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([key, encoded]) => {
      if (typeof encoded !== 'string') return [key, redactJson(encoded, 1)];
      const text = Buffer.from(encoded, 'base64').toString('latin1');
      const redacted = redactField(key, text);
      return [key, redacted === text ? encoded : Buffer.from(redacted, 'latin1').toString('base64')];
    }),
  );
}

/** Of the object that kubectl apply was given: the version of the API that it was written in. */
function appliedVersion(text: string): string {
  const apiVersion = /^\s*\{\s*"apiVersion":\s*"([a-z0-9][a-z0-9./-]{0,252})"/.exec(text)?.[1];
  return apiVersion === undefined ? nothingTold : JSON.stringify({ apiVersion });
}

/** `$(OTHER)` names another variable, an empty value and a switch name nothing, and a path names a file. */
function isReference(text: string): boolean {
  if (/^(?:true|false)$/i.test(text)) return true;
  return text === '' || isMarker(text) || /^\$\([A-Za-z_][A-Za-z0-9_.-]*\)$/.test(text) || /^\/[\w./-]+$/.test(text);
}
