import type { ExceptionOrigin } from '../model/exception.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { type Accountable, accountable } from './configuration-exceptions.ts';
import { idsNamed, unknownControl } from './control-names.ts';
import { readExceptionText } from './exception-text.ts';
import type { AttachedException } from './exceptions.ts';

/** Of an object, or of the pod template in it: a line for each decision, written as `readExceptionText` reads it. */
const ignoreAnnotation = 'bulwark.dev/ignore';

/** An exception in the evidence that cannot be followed; what it was to cover stays a finding. */
export interface InlineMistake {
  readonly place: string;
  readonly message: string;
}

export interface InlineExceptions {
  readonly exceptions: readonly AttachedException[];
  readonly mistakes: readonly InlineMistake[];
}

export interface InlineOptions {
  /** Ids of all controls there are. */
  readonly controls: readonly string[];
  /** What each must say of itself; reason, owner and expiry where nobody said otherwise. */
  readonly required?: readonly Accountable[];
}

/** Lines of one annotation that are read: an annotation has room for 256 KiB. */
const maxLines = 1000;

const longestName = 120;

/** Templates that pods take their annotations from, by their path. */
const templates: readonly (readonly string[])[] = [
  [],
  ['spec', 'template'],
  ['spec', 'jobTemplate', 'spec', 'template'],
];

/** The exceptions that stand on objects: in annotations, and in comments of their manifests. */
export function inlineExceptions(objects: readonly KubeObject[], options: InlineOptions): InlineExceptions {
  const reader = new InlineReader(options);
  for (const object of objects) {
    for (const metadata of metadataOf(object)) {
      const annotations = own(metadata, 'annotations');
      const text = isObject(annotations) ? own(annotations, ignoreAnnotation) : undefined;
      if (typeof text === 'string') reader.annotation(object, text);
    }
    if (object.ignoreComments !== undefined) reader.comments(object);
  }
  return reader;
}

/** Metadata of an object and of the pod template in it: where tools put what they are told. */
export function* metadataOf({ value }: KubeObject): Generator<JsonObject> {
  for (const path of templates) {
    let here: JsonObject | undefined = value;
    for (const step of path) {
      const next: unknown = here === undefined ? undefined : own(here, step);
      here = isObject(next as JsonObject) ? (next as JsonObject) : undefined;
    }
    const metadata = here === undefined ? undefined : own(here, 'metadata');
    if (isObject(metadata)) yield metadata;
  }
}

/** `Deployment shop/web`. */
export function nameOfObject({ kind, namespace, name }: KubeObject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

class InlineReader implements InlineExceptions {
  readonly exceptions: AttachedException[] = [];
  readonly mistakes: InlineMistake[] = [];
  private readonly controls: readonly string[];
  private readonly required: readonly Accountable[];
  private hints = 50;

  constructor({ controls, required = accountable }: InlineOptions) {
    this.controls = controls;
    this.required = required;
  }

  annotation(object: KubeObject, text: string): void {
    const place = `${nameOfObject(object)}, annotation ${ignoreAnnotation}`;
    const lines = text.split('\n', maxLines + 1).filter((line) => line.trim() !== '');
    if (lines.length > maxLines) this.mistakes.push({ place, message: `only its first ${maxLines} lines are read` });
    for (const line of lines.slice(0, maxLines)) this.read(line, { on: object, origin: { by: 'annotation', place } });
  }

  comments(object: KubeObject): void {
    for (const { text, line, path } of object.ignoreComments ?? []) {
      const { rendered, file } = object.source;
      const place = rendered === undefined ? `${file}:${line}` : `${rendered.template ?? file}, comment`;
      if (path === undefined) this.mistakes.push({ place, message: 'nothing follows it that it could be about' });
      else {
        const about = path.length === 0 ? {} : { path: formatPath(path) };
        this.read(text, { on: object, origin: { by: 'comment', place }, ...about });
      }
    }
  }

  private read(text: string, { on, origin, path }: Bearer): void {
    const { controls, mistakes, container, reason, owner, expires } = readExceptionText(text);
    const said = { reason, owner, expires };
    const missing = this.required.filter((key) => said[key] === undefined);
    const problems = [
      ...mistakes,
      ...missing.map((key) => `it needs ${key === 'expires' ? 'until=' : `${key}=`}`),
      ...controls.filter((name) => idsNamed(name, this.controls).length === 0).map((name) => this.unknown(name)),
    ];
    if (problems.length > 0) {
      this.mistakes.push({ place: origin.place, message: problems.join('; ') });
      return;
    }
    for (const control of controls) {
      this.exceptions.push({
        control: this.controls.includes(control) || control.includes('*') ? control : `${control.replace(/\/$/, '')}/*`,
        ...(container !== undefined && { container }),
        ...(path !== undefined && { path }),
        reason: reason ?? '',
        owner: owner ?? '',
        expires,
        origin,
        on,
      });
    }
  }

  /** Looking for what was meant takes time, and the first few show what is wrong. */
  private unknown(name: string): string {
    if (this.hints === 0 || name.length > longestName) return 'it names an unknown control';
    this.hints -= 1;
    return unknownControl(name, this.controls).join('; ');
  }
}

interface Bearer {
  readonly on: KubeObject;
  readonly origin: ExceptionOrigin;
  readonly path?: string;
}
