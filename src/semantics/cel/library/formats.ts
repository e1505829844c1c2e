import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { Opaque, Optional, type Value } from '../value.ts';
import { parseUrl } from './urls.ts';

type Problems = readonly string[];

/** A named kind of text, with what is wrong with a text that is not of it. */
class NamedFormat extends Opaque {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly problems: (text: string) => Problems;

  constructor(name: string, problems: (text: string) => Problems) {
    super();
    this.name = name;
    this.problems = problems;
  }

  equals(other: Value): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const oldLabel =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const namePart =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const tooManyParts =
  "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

const labelPattern = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const oldLabelPattern = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const namePattern = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValuePattern = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

function tooLong(most: number): string {
  return `must be no more than ${most} characters`;
}

/** Texts are measured in bytes, as Go does. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function check(text: string, most: number, isWellFormed: boolean, message: string): Problems {
  const problems: string[] = [];
  if (byteLength(text) > most) problems.push(tooLong(most));
  if (!isWellFormed) problems.push(message);
  return problems;
}

/** Label by label: the pattern for all of it would take quadratic time in a text without dots. */
function isSubdomain(text: string): boolean {
  return text.split('.').every((part) => labelPattern.test(part));
}

/** A prefix is completed by a generated name, so a dash at its end is fine. */
function asPrefix(text: string): string {
  return text.length > 1 && text.endsWith('-') ? `${text.slice(0, -1)}a` : text;
}

function qualifiedName(text: string): Problems {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    return [tooManyParts];
  }
  const problems: string[] = [];
  if (second !== undefined) {
    if (first === '') problems.push('prefix part must be non-empty');
    else problems.push(...check(first, 253, isSubdomain(first), subdomain).map((problem) => `prefix part ${problem}`));
  }
  const name = second ?? first;
  if (name === '') problems.push('name part must be non-empty');
  else if (byteLength(name) > 63) problems.push(`name part ${tooLong(63)}`);
  if (!namePattern.test(name)) problems.push(`name part ${namePart}`);
  return problems;
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

function isDate(text: string): boolean {
  const match = date.exec(text);
  if (match === null) return false;
  const day = new Date(0);
  day.setUTCFullYear(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return day.getUTCMonth() === Number(match[2]) - 1 && day.getUTCDate() === Number(match[3]);
}

function isDateTime(text: string): boolean {
  const match = dateTime.exec(text);
  if (match === null || !isDate(match[1] ?? '')) return false;
  return Number(match[2]) < 24 && Number(match[3]) < 60 && Number(match[4]) < 60;
}

function uriProblems(text: string): Problems {
  try {
    parseUrl(text);
    return [];
  } catch (error) {
    const message = (error as { readonly message: string }).message;
    return [message.replace('URL parse error during conversion from string: ', '')];
  }
}

const rules: readonly (readonly [name: string, problems: (text: string) => Problems])[] = [
  ['dns1123Label', (text) => check(text, 63, labelPattern.test(text), label)],
  ['dns1123Subdomain', (text) => check(text, 253, isSubdomain(text), subdomain)],
  ['dns1035Label', (text) => check(text, 63, oldLabelPattern.test(text), oldLabel)],
  ['qualifiedName', qualifiedName],
  ['dns1123LabelPrefix', (text) => check(text, 63, labelPattern.test(asPrefix(text)), label)],
  ['dns1123SubdomainPrefix', (text) => check(text, 253, isSubdomain(asPrefix(text)), subdomain)],
  ['dns1035LabelPrefix', (text) => check(text, 63, oldLabelPattern.test(asPrefix(text)), oldLabel)],
  ['labelValue', (text) => check(text, 63, labelValuePattern.test(text), labelValue)],
  ['uri', uriProblems],
  ['uuid', (text) => (uuid.test(text) ? [] : ['does not match the UUID format'])],
  ['byte', (text) => (text !== '' && base64.test(text) ? [] : ['invalid base64'])],
  ['date', (text) => (isDate(text) ? [] : ['invalid date'])],
  ['datetime', (text) => (isDateTime(text) ? [] : ['invalid datetime'])],
];

const formats: ReadonlyMap<string, NamedFormat> = new Map(
  rules.map(([name, problems]) => [name, new NamedFormat(name, problems)]),
);

function validate({ problems }: NamedFormat, text: string): Optional {
  const found = problems(text);
  return found.length === 0 ? Optional.none : new Optional(found);
}

/** Kubernetes 1.31. Source: apiserver pkg/cel/library/format.go, apimachinery util/validation. */
export const namedFormats: Library = {
  name: 'format',
  since: 31,
  overloads: [
    overload('format.named(string): optional<kubernetes.NamedFormat>', {
      run: (name: string) => new Optional(formats.get(name)),
    }),
    ...[...formats.keys()].map((name) =>
      overload(`format.${name}(): kubernetes.NamedFormat`, { run: () => formats.get(name) ?? fail('no such format') }),
    ),
    overload('kubernetes.NamedFormat..validate(string): optional<list<string>>', {
      run: validate,
      cost: (_format, text) => (typeof text === 'string' ? Math.ceil((1 + text.length) * 0.1) * 15 : 1),
    }),
  ],
};
