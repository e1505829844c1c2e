import type {
  AdmissionDecision,
  AdmissionOperation,
  AdmissionRequest,
  AdmissionUser,
  Denial,
  JsonPatchOperation,
} from '../model/admission.ts';
import { describeType, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { type Malformed, Reader } from '../model/reader.ts';
import { withShortLists } from './short-lists.ts';
import { shortWarnings } from './warnings.ts';

/** A body that cannot be answered as a review. `uid` is that of its request, where it shows one. */
export interface ReviewProblem {
  /** What is wrong with it, as a clause: "the body is not JSON". */
  readonly problem: string;
  readonly uid: string | undefined;
}

/** Which of the two calls is answered: the API server takes a patch from a mutating webhook alone. */
export type ReviewStage = 'validating' | 'mutating';

const apiVersion = 'admission.k8s.io/v1';
const kind = 'AdmissionReview';
const operations: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/**
 * The request of an admission.k8s.io/v1 AdmissionReview: from the bytes of a body (UTF-8), or from what JSON.parse made
 * of them. Never throws. Source: apiserver, admission/plugin/webhook/request/admissionreview.go.
 */
export function readReview(input: unknown): AdmissionRequest | ReviewProblem {
  const parsed = input instanceof Uint8Array ? parse(input) : { value: input as Json };
  if ('problem' in parsed) return { ...parsed, uid: undefined };
  const { value } = parsed;
  if (!isObject(value)) return { problem: `the body is ${describeType(value ?? null)}, not an object`, uid: undefined };
  const request = own(value, 'request');
  const given = isObject(request) ? own(request, 'uid') : undefined;
  const uid = typeof given === 'string' && given !== '' ? given : undefined;
  const refuse = (problem: string): ReviewProblem => ({ problem, uid });
  const itsKind = own(value, 'kind');
  if (itsKind !== kind) return refuse(`the body is no AdmissionReview: its kind is ${quoted(itsKind)}`);
  const version = own(value, 'apiVersion');
  if (version !== apiVersion)
    return refuse(`the review is of ${quoted(version)}, and only ${apiVersion} is understood`);
  if (!isObject(request)) return refuse('the review has no request');
  if (uid === undefined) return refuse('the request has no uid');
  const malformed: Malformed[] = [];
  const read = readRequest(request, uid, malformed);
  const [first] = malformed;
  if (first !== undefined) return refuse(`request.${first.message}`);
  return read ?? refuse(`request.operation is ${quoted(own(request, 'operation'))}`);
}

function parse(bytes: Uint8Array): { readonly value: Json } | { readonly problem: string } {
  try {
    return { value: JSON.parse(new TextDecoder().decode(bytes)) as Json };
  } catch {
    return { problem: bytes.length === 0 ? 'the body is empty' : 'the body is not JSON' };
  }
}

function readRequest(raw: JsonObject, uid: string, malformed: Malformed[]): AdmissionRequest | undefined {
  const reader = new Reader(raw, [], malformed);
  const operation = reader.string('operation') ?? '';
  if (!isOperation(operation)) return undefined;
  const ofKind = reader.object('kind');
  const ofResource = reader.object('resource');
  return {
    uid,
    kind: {
      group: ofKind.string('group') ?? '',
      version: ofKind.string('version') ?? '',
      kind: ofKind.string('kind') ?? '',
    },
    resource: {
      group: ofResource.string('group') ?? '',
      version: ofResource.string('version') ?? '',
      resource: ofResource.string('resource') ?? '',
    },
    subResource: reader.string('subResource') ?? '',
    name: reader.string('name') ?? '',
    namespace: reader.string('namespace') ?? '',
    operation,
    userInfo: readUser(reader.object('userInfo')),
    object: objectAt(reader, 'object'),
    oldObject: objectAt(reader, 'oldObject'),
    options: objectAt(reader, 'options'),
    dryRun: reader.boolean('dryRun') ?? false,
    value: raw,
  };
}

function isOperation(text: string): text is AdmissionOperation {
  return operations.has(text);
}

function objectAt(reader: Reader, key: string): JsonObject | undefined {
  return reader.has(key) ? reader.object(key).raw : undefined;
}

function readUser(reader: Reader): AdmissionUser {
  const extra = reader.object('extra');
  return {
    username: reader.string('username') ?? '',
    uid: reader.string('uid') ?? '',
    groups: reader.strings('groups'),
    extra: new Map(Object.keys(extra.raw).map((key) => [key, extra.strings(key)])),
  };
}

function quoted(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : describeType(value);
}

/**
 * The AdmissionReview that answers a request. Every reason is in the message, each policy named; warnings are cut to
 * what HTTP headers carry. A mutating answer carries the patch of an allowed request; a validating one never does: the
 * API server takes a patch there for a failed call.
 */
export function answerReview(request: AdmissionRequest, decision: AdmissionDecision, stage: ReviewStage): JsonObject {
  const { allowed, denials, auditAnnotations, patch } = decision;
  const warnings = shortWarnings(decision.warnings);
  const annotations = new Map<string, string>();
  for (const [key, value] of auditAnnotations) annotations.set(annotationKey(key), shortened(value));
  return {
    apiVersion,
    kind,
    response: {
      uid: request.uid,
      allowed,
      ...(!allowed && { status: statusOf(denials) }),
      ...(warnings.length > 0 && { warnings }),
      ...(annotations.size > 0 && { auditAnnotations: Object.fromEntries(annotations) }),
      ...(stage === 'mutating' && allowed && patch.length > 0 && { patchType: 'JSONPatch', patch: encodePatch(patch) }),
    },
  };
}

function statusOf(denials: readonly Denial[]): JsonObject {
  const first = denials[0];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: denialMessage(denials),
    reason: first?.reason ?? 'Forbidden',
    code: first?.code ?? 403,
  };
}

/**
 * Every reason in one text: a lone one as it is, several on a line each. Those about the same container stand
 * together, below its name.
 */
export function denialMessage(denials: readonly Denial[]): string {
  if (denials.length === 0) return 'refused without a reason';
  const lines: string[] = [];
  const byContainer = new Map<string, string[]>();
  for (const denial of denials) {
    const text = denialText(denial);
    const { container } = denial;
    if (container === undefined) {
      lines.push(text);
      continue;
    }
    // Its name stands before all of them, and most begin with it.
    const about = text.replace(`container ${container}`, '').replace(/^:? /, '');
    const said = text.startsWith(`container ${container}`) ? about : text;
    const before = byContainer.get(container);
    if (before === undefined) byContainer.set(container, [said]);
    else before.push(said);
  }
  for (const [container, texts] of byContainer) lines.push(`container ${container}: ${texts.join('; ')}`);
  const isLong = lines.reduce((length, line) => length + line.length + 1, 0) > longest;
  return withinReason(isLong ? lines.map(withShortLists) : lines).join('\n');
}

/** Characters of a message or an annotation: a pod of a thousand containers gives as many reasons. */
const longest = 32_768;

function withinReason(lines: readonly string[]): readonly string[] {
  let length = 0;
  for (const [index, line] of lines.entries()) {
    length += line.length + 1;
    if (length > longest && index > 0)
      return [...lines.slice(0, index), `and ${lines.length - index} more lines of reasons`];
  }
  return lines.map(shortened);
}

function shortened(text: string): string {
  if (text.length <= longest) return text;
  const short = withShortLists(text);
  return short.length > longest ? `${short.slice(0, longest)}...` : short;
}

/** The message, with the policy where the message does not name it itself. */
function denialText({ message, policy }: Denial): string {
  return message.includes(policy) ? message : `${message} (${policy})`;
}

/** The API server puts the webhook's name and a slash before it, and what follows must be a name without one. */
function annotationKey(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1).replace(/[^A-Za-z0-9_.-]/g, '-');
  return name.slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'note';
}

function encodePatch(patch: readonly JsonPatchOperation[]): string {
  return Buffer.from(JSON.stringify(patch)).toString('base64');
}
